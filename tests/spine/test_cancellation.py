"""A caller that goes away leaves neither a lock nor a connection behind."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from sqlalchemy import insert, select

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
