"""Children and parents find each other, in whatever order they arrive."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from accrue_core.mirror.absorb import Told, absorb_many
from tests.services.lanes import on_postgres
from tests.spine.answers import (
    CARD,
    CUSTOMER,
    EVERYTHING,
    INVOICE,
    SESSION,
    SUB,
    held,
    history,
    tell,
    types,
)
from tests.spine.database import Spine

LINKS = [
    ("payment_method", "pm", "customer_id", "customer", "cus"),
    ("subscription", "sub", "customer_id", "customer", "cus"),
    ("invoice", "in", "customer_id", "customer", "cus"),
    ("invoice", "in", "subscription_id", "subscription", "sub"),
    ("checkout_session", "cs", "customer_id", "customer", "cus"),
    ("checkout_session", "cs", "subscription_id", "subscription", "sub"),
]


async def assert_linked(spine: Spine, tail: str = "1") -> None:
    for noun, ref, column, parent, parent_ref in LINKS:
        child = await held(spine, noun, f"{ref}_{tail}")
        of = await held(spine, parent, f"{parent_ref}_{tail}")
        assert getattr(child, column) == of.id, (noun, column)


async def test_a_child_that_came_first_is_linked_when_its_parent_arrives(spine: Spine) -> None:
    await tell(spine, SUB)
    waiting = await held(spine, "subscription", "sub_1")
    assert (waiting.customer_id, waiting.customer_ref) == (None, "cus_1")
    absorbed = await tell(spine, CUSTOMER)
    row = await held(spine, "subscription", "sub_1")
    customer = await held(spine, "customer", "cus_1")
    assert row.customer_id == customer.id
    assert absorbed.rows[("subscription", "fake", "sub_1")] == row
    linked = (await history(spine))[-1]
    assert (linked.type, linked.data) == (
        "subscription.updated",
        {"noun": "subscription", "changed": ["customer_id"]},
    )
    assert (linked.subject, linked.customer_id) == (row.id, customer.id)
    assert linked.after["customer_id"] == customer.id
    assert linked.after["items"]
    assert "metadata" not in linked.after


async def test_linking_says_nothing_twice(spine: Spine) -> None:
    await tell(spine, SUB)
    await tell(spine, CUSTOMER)
    count = len(await types(spine))
    await tell(spine, SUB)
    await tell(spine, CUSTOMER)
    assert len(await types(spine)) == count


@pytest.mark.parametrize("order", list(permutations(range(5)))[::3], ids=str)
async def test_every_order_of_arrival_ends_linked(spine: Spine, order: tuple[int, ...]) -> None:
    for place in order:
        await tell(spine, EVERYTHING[place])
    await assert_linked(spine)
    firsts = {"customer.created", "payment_method.attached", "subscription.started"}
    assert firsts | {"invoice.created", "invoice.paid"} <= set(await types(spine))


async def test_both_parents_of_an_invoice_in_one_answer(spine: Spine) -> None:
    await tell(spine, INVOICE)
    await tell(spine, SUB, CUSTOMER)
    row = await held(spine, "invoice", "in_1")
    assert row.customer_id is not None
    assert row.subscription_id is not None
    assert (await history(spine))[-1].after["subscription_id"] == row.subscription_id
    assert (await history(spine))[-1].after["customer_id"] == row.customer_id


async def test_a_parent_of_another_processor_is_no_parent(spine: Spine) -> None:
    await tell(spine, SUB)
    async with spine.transaction() as tx:
        told = Told(processor="other", asked=10**6, snapshots=(CUSTOMER,), cause="t:1")
        await absorb_many(tx, [told])
    assert (await held(spine, "subscription", "sub_1")).customer_id is None


async def test_a_child_that_moves_to_another_parent_is_linked_anew(spine: Spine) -> None:
    other = replace(CUSTOMER, ref="cus_2", owner=None)
    await tell(spine, CUSTOMER, other, CARD)
    await tell(spine, replace(CARD, customer="cus_2"))
    row = await held(spine, "payment_method", "pm_1")
    assert row.customer_id == (await held(spine, "customer", "cus_2")).id
    await tell(spine, replace(CARD, customer="cus_3"))
    assert (await held(spine, "payment_method", "pm_1")).customer_id is None
    await tell(spine, replace(other, ref="cus_3"))
    row = await held(spine, "payment_method", "pm_1")
    assert row.customer_id == (await held(spine, "customer", "cus_3")).id


def numbered(tail: str) -> list[Any]:
    return [
        replace(CUSTOMER, ref=f"cus_{tail}"),
        replace(CARD, ref=f"pm_{tail}", customer=f"cus_{tail}"),
        replace(SUB, ref=f"sub_{tail}", customer=f"cus_{tail}"),
        replace(INVOICE, ref=f"in_{tail}", customer=f"cus_{tail}", subscription=f"sub_{tail}"),
        replace(SESSION, ref=f"cs_{tail}", customer=f"cus_{tail}", subscription=f"sub_{tail}"),
    ]


@on_postgres
async def test_parents_and_children_that_arrive_at_once_never_miss_each_other(
    spine: Spine,
) -> None:
    async with asyncio.timeout(120):
        for number in range(50):
            snapshots = numbered(str(number))
            turned = snapshots[number % 5 :] + snapshots[: number % 5]
            await asyncio.gather(*(tell(spine, snapshot) for snapshot in turned))
            await assert_linked(spine, str(number))


async def test_the_same_thing_told_by_many_at_once_is_one_row_and_one_beginning(
    spine: Spine,
) -> None:
    await asyncio.gather(*(tell(spine, *EVERYTHING) for _ in range(20)))
    found = await types(spine)
    for first in ("customer.created", "payment_method.attached", "subscription.started"):
        assert found.count(first) == 1
    assert len(found) == 8
    await assert_linked(spine)


@on_postgres
async def test_batches_in_opposite_orders_do_not_deadlock(spine: Spine) -> None:
    async with asyncio.timeout(60):
        for number in range(20):
            snapshots = [one for tail in "abc" for one in numbered(f"{tail}{number}")]
            await asyncio.gather(
                tell(spine, *snapshots), tell(spine, *reversed(snapshots)), tell(spine, *snapshots)
            )
