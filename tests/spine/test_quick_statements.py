"""On SQLite, what is known to be quick runs on the loop itself, and nothing else does."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import IntegrityError

from accrue_core.db.numbers import counters, draw
from accrue_core.db.sqlite import MOST_IN_A_ROW
from accrue_core.db.transaction import Reading, Transaction
from tests.services.lanes import on_sqlite
from tests.spine.database import Spine

pytestmark = on_sqlite

LOOK = select(counters.c.value)
COUNT_TO = text(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :last)"
    " SELECT max(x), thread() FROM n"
)
THREAD = text("SELECT thread() FROM accrue_counters")


@pytest.fixture
def told(spine: Spine) -> Spine:
    """Teach every connection to say which thread it runs a statement in."""

    def teach(connection: Any, _record: Any) -> None:
        driver: sqlite3.Connection = connection.driver_connection._conn
        driver.create_function("thread", 0, threading.get_ident)

    for engine in (spine.engines.reading, spine.engines.writing):
        event.listen(engine.sync_engine, "connect", teach)
    return spine


async def on_the_loop(reading: Reading, statement: Any = THREAD, **given: Any) -> bool:
    row = await reading.first(statement, given)
    assert row is not None
    return bool(row["thread()"] == threading.get_ident())


@asynccontextmanager
async def ticking() -> AsyncIterator[Callable[[], int]]:
    """Count the turns that another task of the loop has."""
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(tick())
    try:
        yield lambda: turns
    finally:
        task.cancel()


async def test_a_statement_runs_on_the_loop_once_it_was_quick(told: Spine) -> None:
    async with told.reading() as reading:
        assert [await on_the_loop(reading) for _ in range(3)] == [False, True, True]


async def test_a_slow_one_never_does_and_others_have_their_turns_meanwhile(told: Spine) -> None:
    async with told.reading() as reading, ticking() as turns:
        for _ in range(3):
            before = turns()
            assert not await on_the_loop(reading, COUNT_TO, last=100_000)
            assert turns() > before


async def test_one_that_has_become_slow_leaves_the_loop_until_it_is_quick_again(
    told: Spine,
) -> None:
    sizes = (10, 10, 100_000, 10, 10)
    async with told.reading() as reading:
        here = [await on_the_loop(reading, COUNT_TO, last=size) for size in sizes]
    assert here == [False, True, True, False, True]


async def test_many_quick_ones_leave_the_others_their_turns(told: Spine) -> None:
    async with told.reading() as reading, ticking() as turns:
        before = turns()
        for _ in range(10 * MOST_IN_A_ROW):
            await reading.scalar(LOOK)
        assert turns() - before >= 8


async def test_a_transaction_begins_and_commits_off_the_loop(told: Spine) -> None:
    here, traced = threading.get_ident(), list[tuple[str, bool]]()

    def trace(sql: str) -> None:
        traced.append((sql.split()[0], threading.get_ident() == here))

    async with told.transaction() as tx:
        await draw(tx)
        raw: Any = await tx.connection.get_raw_connection()
        raw.driver_connection._conn.set_trace_callback(trace)
    traced.clear()
    async with told.transaction() as tx:
        for _ in range(3):
            await draw(tx)
    on_loop = {word for word, is_here in traced if is_here}
    assert {word for word, _ in traced} == {"BEGIN", "UPDATE", "COMMIT"}
    assert on_loop == {"UPDATE"}
    assert traced.count(("UPDATE", False)) == 1, "the first one goes along with the beginning"


async def test_a_quick_one_that_fails_says_so_and_the_next_works(spine: Spine) -> None:
    kept, again = ({"name": "x", "value": value} for value in (1, 2))
    async with spine.transaction() as tx:
        await tx.execute(insert(counters), kept)

    async def fail(tx: Transaction) -> None:
        await tx.scalar(LOOK)
        await tx.execute(insert(counters), again)

    for _ in range(2):
        with pytest.raises(IntegrityError):
            await spine.fail(fail)
        async with spine.transaction() as tx:
            await draw(tx)
    assert await spine.scalar("SELECT value FROM accrue_counters WHERE name = 'x'") == 1


async def test_a_cancelled_caller_leaves_the_connection_to_the_next(told: Spine) -> None:
    async def work() -> None:
        async with told.transaction() as tx:
            while True:
                await draw(tx)

    for _ in range(20):
        task = asyncio.create_task(work())
        await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with told.transaction() as tx:
        assert await draw(tx) > 0
