"""Transactions, the writer and the readers."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from accrue_core import Accrue
from accrue_core.context import Context, verb
from accrue_core.db.database_clock import db_clock
from accrue_core.db.numbers import counters
from accrue_core.db.transaction import Transaction, refuse_inside
from accrue_core.errors import CalledInsideTransaction
from accrue_core.mirror.fetching import fetch_all
from accrue_core.operations.models import OperationRecord, OperationStatus
from accrue_core.operations.operation import Operation
from accrue_core.settings import Settings
from tests.services.lanes import on_sqlite
from tests.spine.database import Spine


def context_of(spine: Spine) -> Context:
    settings = Settings(
        database_url=spine.url,
        job_runner="inline",
        plugins_disabled=frozenset({"fake", "stripe"}),
    )
    return Accrue(settings, clock=spine.clock, announce=spine.announced.append).billing


def operation_of(spine: Spine) -> Operation:
    now = spine.clock.now()
    return Operation(
        OperationRecord(
            id="aop_00000000000000000000000000", key="k", method="customers.create", subject="s",
            processor="fake", request={}, personal=None, asked=1, status=OperationStatus.OPEN,
            actor="system", attempts=1, lease_until=now, started_at=now, ended_at=None,
            result_noun=None, result_ref=None, refusal=None,
        )
    )  # fmt: skip


@verb("test")
async def a_verb(ctx: Context) -> str:
    """Answer."""
    del ctx
    return "ran"


async def test_nothing_is_started_or_sent_inside_a_transaction(spine: Spine) -> None:
    ctx = context_of(spine)
    assert await a_verb(ctx) == "ran"
    try:
        async with ctx.transaction("outer"):
            with pytest.raises(CalledInsideTransaction, match="a transaction may not start"):
                async with ctx.transaction("inner"):
                    pytest.fail("a second transaction was opened")
            with pytest.raises(CalledInsideTransaction, match="the verb test may not start"):
                await a_verb(ctx)
            with pytest.raises(CalledInsideTransaction, match="a processor call may not start"):
                async with operation_of(spine).asking(ctx):
                    pytest.fail("a processor was asked")
            with pytest.raises(CalledInsideTransaction, match="a fetch may not start"):
                await fetch_all(ctx, [("customer", "fake", "cus_1")])
            with pytest.raises(CalledInsideTransaction):
                await asyncio.gather(a_verb(ctx))
        assert spine.announced == ["outer:before_commit", "outer:after_commit"]
        assert await a_verb(ctx) == "ran"
    finally:
        await ctx.runtime.close()


async def test_after_a_failed_transaction_the_next_one_may_start(spine: Spine) -> None:
    with pytest.raises(KeyError):
        await spine.fail(lambda tx: tx.db_now())
    refuse_inside("anything")
    async with spine.transaction():
        pass
    assert spine.announced == ["test:before_commit", "test:after_commit"]


async def test_two_tasks_have_a_transaction_each(spine: Spine) -> None:
    async def one() -> bool:
        async with spine.transaction() as tx:
            await tx.db_now()
            await asyncio.sleep(0.01)
        return True

    assert await asyncio.gather(*(one() for _ in range(5))) == [True] * 5


@pytest.mark.parametrize("where", ["in the block", "before the commit"])
async def test_a_rollback_leaves_nothing(spine: Spine, where: str) -> None:
    async def fail(tx: Any) -> None:
        del tx
        raise KeyError("flush")

    async def write(tx: Transaction) -> None:
        await tx.execute(insert(counters).values(name="x", value=1))
        await tx.hold(["a"])
        if where == "before the commit":
            tx.before_commit("x", 1, fail)
            await tx.flush()

    with pytest.raises(KeyError):
        await spine.fail(write)
    assert await spine.scalar("SELECT count(*) FROM accrue_counters WHERE name = 'x'") == 0
    assert spine.announced == []


async def test_what_is_buffered_is_flushed_once_before_the_commit(spine: Spine) -> None:
    flushed: list[Any] = []

    async def flush(tx: Any) -> None:
        flushed.append(list(tx.buffers["letters"]))
        assert spine.announced == []

    async with spine.transaction() as tx:
        tx.before_commit("letters", "a", flush)
        tx.before_commit("letters", "b", flush)
        assert flushed == []
    assert flushed == [["a", "b"]]


async def test_fifty_tasks_that_read_and_then_write_one_row_lose_nothing(spine: Spine) -> None:
    async with spine.transaction() as tx:
        await tx.execute(insert(counters).values(name="x", value=0))
    read = select(counters.c.value).where(counters.c.name == "x").with_for_update()

    async def twenty_times() -> None:
        for _ in range(20):
            async with spine.transaction() as tx:
                value = await tx.scalar(read)
                await asyncio.sleep(0)
                await tx.execute(
                    update(counters).where(counters.c.name == "x").values(value=value + 1)
                )

    await asyncio.gather(*(twenty_times() for _ in range(50)))
    assert await spine.scalar("SELECT value FROM accrue_counters WHERE name = 'x'") == 1000


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(hours=-5), timedelta(days=400)])
async def test_leases_are_measured_by_the_databases_clock(spine: Spine, shift: timedelta) -> None:
    real = datetime.now(UTC)  # noqa: TID251
    async with spine.transaction() as tx:
        now = await tx.db_now()
        shifted = await tx.scalar(select(db_clock(shift)))
        assert await tx.db_now() == now
    assert abs(now - real) < timedelta(seconds=30)
    assert abs(shifted - now - shift) < timedelta(seconds=5)
    assert spine.clock.now().year == 2001


async def test_a_reader_sees_only_what_is_committed(spine: Spine) -> None:
    statement = select(counters.c.value).where(counters.c.name == "x")
    async with spine.transaction() as tx:
        await tx.execute(insert(counters).values(name="x", value=1))
        async with spine.reading() as reading:
            assert await reading.scalar(statement) is None
    async with spine.reading() as reading:
        assert await reading.scalar(statement) == 1
        async with spine.transaction() as tx:
            await tx.execute(update(counters).where(counters.c.name == "x").values(value=2))
        assert await reading.scalar(statement) == 2


async def test_a_snapshot_sees_one_moment_while_writing_goes_on(spine: Spine) -> None:
    statement = select(counters.c.value).where(counters.c.name == "x")
    async with spine.transaction() as tx:
        await tx.execute(insert(counters).values(name="x", value=1))
    async with spine.snapshot() as moment:
        assert await moment.scalar(statement) == 1
        async with spine.transaction() as tx:
            await tx.execute(update(counters).where(counters.c.name == "x").values(value=2))
        assert await moment.scalar(statement) == 1
    async with spine.snapshot() as moment:
        assert await moment.scalar(statement) == 2
    async with spine.transaction() as tx:
        await tx.execute(update(counters).where(counters.c.name == "x").values(value=3))
        assert await tx.scalar(statement) == 3


@on_sqlite
async def test_sqlite_is_set_up_to_lose_nothing(spine: Spine) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 30000,
    }
    for engine, query_only in ((spine.engines.writing, 0), (spine.engines.reading, 1)):
        async with engine.connect() as connection:
            for pragma, value in (wanted | {"query_only": query_only}).items():
                found = (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar()
                assert found == value, pragma


@on_sqlite
async def test_a_reader_cannot_write(spine: Spine) -> None:
    async with spine.reading() as reading:
        with pytest.raises(OperationalError, match="readonly"):
            await reading.connection.exec_driver_sql("DELETE FROM accrue_counters")


@on_sqlite
async def test_a_transaction_is_the_writer_from_its_first_statement(spine: Spine) -> None:
    async with spine.transaction() as tx:
        await tx.scalar(select(counters.c.value))
        other = sqlite3.connect(spine.url.partition("///")[2], timeout=0)
        try:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        finally:
            other.close()
