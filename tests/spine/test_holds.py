"""Names that a transaction keeps to itself."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.services.lanes import on_postgres
from tests.spine.database import Spine


@on_postgres
async def test_a_second_holder_waits_until_the_first_transaction_ends(spine: Spine) -> None:
    order: list[str] = []
    held = asyncio.Event()

    async def first() -> None:
        async with spine.transaction() as tx:
            await tx.hold(["a", "b"])
            held.set()
            await asyncio.sleep(0.2)
            order.append("first is done")

    async def second() -> None:
        await held.wait()
        async with spine.transaction() as tx:
            await tx.hold(["b", "c"])
            order.append("second holds")

    async def stranger() -> None:
        await held.wait()
        async with spine.transaction() as tx:
            await tx.hold(["d"])
            order.append("stranger holds")

    await asyncio.gather(first(), second(), stranger())
    assert order == ["stranger holds", "first is done", "second holds"]


async def test_holding_many_names_in_any_order_never_deadlocks(spine: Spine) -> None:
    chance = random.Random(7)  # noqa: S311
    names = [f"name:{number}" for number in range(6)]
    inside: set[str] = set()

    async def hold(wanted: list[str]) -> None:
        async with spine.transaction() as tx:
            await tx.hold(wanted)
            await tx.hold(wanted[:1])
            assert tx.held == set(wanted)
            assert not inside & set(wanted), "a name was held twice at once"
            inside.update(wanted)
            await asyncio.sleep(0)
            inside.difference_update(wanted)

    async with asyncio.timeout(60):
        for _ in range(20):
            picks = [chance.sample(names, chance.randint(1, 5)) for _ in range(10)]
            await asyncio.gather(*(hold(pick) for pick in picks))


@on_postgres
async def test_a_hold_ends_with_its_transaction_also_when_it_fails(spine: Spine) -> None:
    with pytest.raises(KeyError):
        await spine.fail(lambda tx: tx.hold(["a"]))
    async with asyncio.timeout(5), spine.transaction() as tx:
        await tx.hold(["a"])
