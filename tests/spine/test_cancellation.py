"""A caller that goes away leaves neither a lock nor a connection behind."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from sqlalchemy import insert, select

from accrue_core.db import sqlite
from accrue_core.db.numbers import counters, draw
from tests.spine.database import Spine

LOOK = select(counters.c.value)


async def assert_nothing_is_kept(spine: Spine) -> None:
    async with asyncio.timeout(10):
        async with spine.transaction() as tx:
            await draw(tx)
    await asyncio.sleep(0.1)
    for engine in (spine.engines.reading, spine.engines.writing):
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert await spine.scalar("SELECT count(*) FROM accrue_counters WHERE name = 'x'") == 0


@pytest.mark.parametrize("how", ["reading", "snapshot", "transaction"])
async def test_a_cancelled_scope_gives_its_connection_back(spine: Spine, how: str) -> None:
    for _ in range(3):
        with anyio.CancelScope() as scope:
            async with getattr(spine, how)() as connection:
                await connection.scalar(LOOK)
                if how == "transaction":
                    await connection.execute(insert(counters).values(name="x", value=1))
                scope.cancel()
                await anyio.sleep(1)
        assert scope.cancelled_caught
    await assert_nothing_is_kept(spine)


@pytest.mark.parametrize("how", ["reading", "snapshot", "transaction"])
async def test_a_cancelled_task_gives_its_connection_back(spine: Spine, how: str) -> None:
    async def hang(started: asyncio.Event) -> None:
        async with getattr(spine, how)() as connection:
            await connection.scalar(LOOK)
            if how == "transaction":
                await connection.execute(insert(counters).values(name="x", value=1))
            started.set()
            await asyncio.sleep(60)

    for _ in range(3):
        started = asyncio.Event()
        task = asyncio.create_task(hang(started))
        await started.wait()
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await assert_nothing_is_kept(spine)


@pytest.fixture
def locked_file(tmp_path: Path) -> Iterator[Path]:
    """A database file that somebody else writes to, for as long as the test takes."""
    path = tmp_path / "locked.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as somebody_else:
        somebody_else.execute("BEGIN IMMEDIATE")
        yield path


async def test_a_cancelled_statement_is_waited_for_only_so_long(
    locked_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", 0.3)
    connection = await sqlite.connect(str(locked_file), timeout=3)
    task = asyncio.create_task(connection.execute("BEGIN IMMEDIATE"))
    await asyncio.sleep(0.1)
    began = asyncio.get_running_loop().time()

    task.cancel()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert 0.2 < asyncio.get_running_loop().time() - began < 2
    assert not connection.is_idle
    await connection.close()


async def test_a_cancelled_statement_that_ends_in_time_is_finished(tmp_path: Path) -> None:
    connection = await sqlite.connect(str(tmp_path / "free.sqlite3"), isolation_level=None)
    task = asyncio.create_task(connection.execute("CREATE TABLE kept (number INTEGER)"))
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert connection.is_idle
    await connection.cursor().execute("INSERT INTO kept VALUES (1)")
    await connection.close()
