"""The numbers that order questions and answers."""

from __future__ import annotations

import asyncio
import multiprocessing
from typing import Any

import pytest

from accrue_core.actors import SYSTEM
from accrue_core.app import MIRRORS
from accrue_core.clock import SystemClock
from accrue_core.db.engine import build
from accrue_core.db.numbers import draw
from accrue_core.db.transaction import Stamp, Transaction, transaction
from accrue_core.ids import TimeOrderedIds
from accrue_core.settings import Settings
from tests.spine.database import Spine


async def one(spine: Spine) -> int:
    async with spine.transaction() as tx:
        return await draw(tx)


async def test_each_number_is_larger_than_those_before(spine: Spine) -> None:
    drawn = [await one(spine) for _ in range(20)]
    async with spine.transaction() as tx:
        drawn += [await draw(tx) for _ in range(20)]
    assert drawn == sorted(set(drawn))
    assert drawn[0] > 0


async def test_a_number_drawn_after_a_rollback_is_larger_than_any_that_was_kept(
    spine: Spine,
) -> None:
    kept = await one(spine)
    lost: list[int] = []

    async def lose(tx: Transaction) -> None:
        lost.append(await draw(tx))

    with pytest.raises(KeyError):
        await spine.fail(lose)
    after = await one(spine)
    assert lost[0] > kept
    assert after > kept
    assert spine.is_sqlite or after > lost[0]


async def test_tasks_that_draw_at_once_never_share_a_number(spine: Spine) -> None:
    drawn = await asyncio.gather(*(one(spine) for _ in range(100)))
    assert len(set(drawn)) == 100
    assert await one(spine) > max(drawn)


def draw_in_a_process(url: str, times: int, gate: Any, results: Any) -> None:
    async def run() -> list[int]:
        engines = build(Settings(database_url=url))
        stamp = Stamp(SYSTEM, SystemClock(), TimeOrderedIds(), MIRRORS, lambda _: None)
        drawn = []
        for _ in range(times):
            async with transaction(engines, stamp, name="draw") as tx:
                drawn.append(await draw(tx))
        await engines.close()
        return drawn

    gate.wait(60)
    results.put(asyncio.run(run()))


def test_two_processes_never_share_a_number(prepared_database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(2), context.Queue()
    children = [
        context.Process(
            target=draw_in_a_process, args=(prepared_database_url, 100, gate, results), daemon=True
        )
        for _ in range(2)
    ]
    for child in children:
        child.start()
    drawn = [results.get(timeout=120) for _ in children]
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    for numbers in drawn:
        assert numbers == sorted(set(numbers))
    assert len({*drawn[0], *drawn[1]}) == 200
