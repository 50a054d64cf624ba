"""Many callers that go away at arbitrary moments leave a database that works at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from accrue_core.db.numbers import counters, draw
from tests.spine.database import Spine

LOOK = select(counters.c.value)
CALLERS = 60
QUICK = 4.0
"""Seconds: far more than a transaction takes, far less than the patience with a lost one."""


async def work_for_ever(spine: Spine) -> None:
    while True:
        async with spine.transaction() as tx:
            await draw(tx)
        async with spine.reading() as reading:
            await reading.scalar(LOOK)


@pytest.fixture
async def _quiet_driver() -> AsyncIterator[None]:
    """Ignore what asyncpg says of a connection whose opening was cancelled: nobody awaits it."""
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "connection_lost() call" not in str(context.get("exception")):
            (handler or asyncio.AbstractEventLoop.default_exception_handler)(loop, context)

    loop.set_exception_handler(handle)
    yield
    loop.set_exception_handler(handler)


@pytest.mark.usefixtures("_quiet_driver")
@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_of_cancellations_passes_quickly_and_leaves_whole_pools(
    spine: Spine, seed: int
) -> None:
    random = Random(seed)  # noqa: S311
    loop = asyncio.get_running_loop()
    slowest = 0.0
    for _ in range(CALLERS):
        task = asyncio.create_task(work_for_ever(spine))
        await asyncio.sleep(random.random() * 0.01)
        began = loop.time()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slowest = max(slowest, loop.time() - began)

    assert slowest < QUICK
    async with asyncio.timeout(QUICK):
        async with spine.transaction() as tx:
            await draw(tx)
    for engine in (spine.engines.reading, spine.engines.writing):
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
