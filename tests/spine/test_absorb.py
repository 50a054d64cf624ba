"""The one way in: what is believed, what is not, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from accrue_core.app import MIRRORS
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.mirror.absorb import Told, absorb_many
from accrue_core.owners import Owner
from tests.spine.answers import (
    CARD,
    CUSTOMER,
    EVERYTHING,
    INVOICE,
    SUB,
    T0,
    USD,
    ask,
    held,
    history,
    refreshes,
    stored_entries,
    tell,
    types,
)
from tests.spine.database import Spine
from tests.units.strategies import pairs

PAST_DUE = replace(SUB, status=SubscriptionStatus.PAST_DUE)
NOUNS = [mirror.noun for mirror in MIRRORS.mirrors]


async def test_a_first_answer_becomes_rows_links_and_entries(spine: Spine) -> None:
    absorbed = await tell(spine, SUB, INVOICE, CUSTOMER, CARD)
    customer, sub = (
        await held(spine, "customer", "cus_1"),
        await held(spine, "subscription", "sub_1"),
    )
    card, invoice = (
        await held(spine, "payment_method", "pm_1"),
        await held(spine, "invoice", "in_1"),
    )
    assert absorbed.rows == {
        ("customer", "fake", "cus_1"): customer,
        ("payment_method", "fake", "pm_1"): card,
        ("subscription", "fake", "sub_1"): sub,
        ("invoice", "fake", "in_1"): invoice,
    }
    assert card.customer_id == sub.customer_id == invoice.customer_id == customer.id
    assert invoice.subscription_id == sub.id
    assert (sub.items[0].price, invoice.lines[0].amount) == ("p_pro", USD)
    assert await types(spine) == [
        "customer.created",
        "payment_method.attached",
        "subscription.started",
        "invoice.created",
        "invoice.paid",
    ]
    assert {entry.customer_id for entry in await history(spine)} == {customer.id}
    assert {entry.cause for entry in await history(spine)} == {"webhook:evt_1"}


async def test_equal_content_is_accepted_in_silence_however_old(spine: Spine) -> None:
    old = await ask(spine)
    await tell(spine, *EVERYTHING)
    before = [await held(spine, noun, ref) for noun, ref in [("subscription", "sub_1")]]
    for asked in (None, old):
        absorbed = await tell(spine, *EVERYTHING, asked=asked)
        assert absorbed.overlapped == set()
    after = [await held(spine, noun, ref) for noun, ref in [("subscription", "sub_1")]]
    assert len(await types(spine)) == 8
    assert await refreshes(spine) == []
    assert [replace(row, seen=0) for row in after] == [replace(row, seen=0) for row in before]
    assert after[0].seen > before[0].seen


async def test_what_is_returned_is_what_is_stored(spine: Spine) -> None:
    for snapshot in (SUB, SUB, PAST_DUE, PAST_DUE):
        spine.clock.advance(hours=1)
        absorbed = await tell(spine, snapshot)
        row = absorbed.rows[("subscription", "fake", "sub_1")]
        assert row == await held(spine, "subscription", "sub_1")


async def test_an_answer_to_an_older_question_is_dropped_and_asked_again_once(
    spine: Spine,
) -> None:
    old, older = await ask(spine), await ask(spine)
    await tell(spine, SUB)
    for asked in (old, older, old):
        absorbed = await tell(spine, PAST_DUE, asked=asked)
        assert absorbed.overlapped == {("subscription", "fake", "sub_1")}
        assert absorbed.rows[("subscription", "fake", "sub_1")].status == "active"
    assert (await held(spine, "subscription", "sub_1")).status == "active"
    assert await refreshes(spine) == [{"noun": "subscription", "processor": "fake", "ref": "sub_1"}]
    assert await types(spine) == ["subscription.started"]
    await tell(spine, PAST_DUE)
    assert (await held(spine, "subscription", "sub_1")).status == "past_due"


async def test_a_question_asked_before_silence_was_absorbed_is_older_too(spine: Spine) -> None:
    await tell(spine, SUB)
    slow = await ask(spine)
    await tell(spine, SUB)
    assert (await tell(spine, PAST_DUE, asked=slow)).overlapped
    assert (await held(spine, "subscription", "sub_1")).status == "active"


@pytest.mark.parametrize(
    "late",
    [GoneSnapshot("subscription", "sub_1"), UnreadableSnapshot("subscription", "sub_1", "odd")],
)
async def test_an_old_deletion_or_unknown_word_is_not_believed_either(
    spine: Spine, late: Any
) -> None:
    old = await ask(spine)
    await tell(spine, SUB)
    await tell(spine, late, asked=old)
    row = await held(spine, "subscription", "sub_1")
    assert row.is_entitling
    assert len(await refreshes(spine)) == 1


async def test_only_the_overlapped_thing_of_an_answer_is_dropped(spine: Spine) -> None:
    old = await ask(spine)
    await tell(spine, SUB)
    await tell(spine, replace(SUB, status=SubscriptionStatus.UNPAID), CUSTOMER, asked=old)
    assert (await held(spine, "subscription", "sub_1")).status == "active"
    assert (await held(spine, "subscription", "sub_1")).customer_id is not None
    assert [p["noun"] for p in await refreshes(spine)] == ["subscription"]


async def test_two_different_answers_in_one_batch_are_taken_once_and_asked_again(
    spine: Spine,
) -> None:
    first, second = await ask(spine), await ask(spine)
    told = [
        Told(processor="fake", asked=first, snapshots=(INVOICE, PAST_DUE), cause="webhook:evt_1"),
        Told(processor="fake", asked=first, snapshots=(SUB,), cause="webhook:evt_2"),
        Told(processor="fake", asked=second, snapshots=(CARD, PAST_DUE), cause="webhook:evt_3"),
    ]
    async with spine.transaction() as tx:
        await absorb_many(tx, told)
    assert (await held(spine, "subscription", "sub_1")).status == "active"
    assert await refreshes(spine) == [{"noun": "subscription", "processor": "fake", "ref": "sub_1"}]
    assert (await types(spine)).count("subscription.started") == 1


async def test_the_same_answer_twice_in_one_batch_is_no_reason_for_doubt(spine: Spine) -> None:
    asked = await ask(spine)
    told = [
        Told(processor=name, asked=asked, snapshots=EVERYTHING, cause="webhook:evt_1")
        for name in ("fake", "fake", "other")
    ]
    async with spine.transaction() as tx:
        absorbed = await absorb_many(tx, told)
    assert len(absorbed.rows) == 12
    assert await refreshes(spine) == []
    assert (await types(spine)).count("subscription.started") == 2


async def test_an_orphan_is_kept_and_finds_its_owner_later(spine: Spine) -> None:
    await tell(spine, replace(CUSTOMER, owner=None), SUB)
    orphan = await held(spine, "customer", "cus_1")
    assert orphan.owner is None
    await tell(spine, CUSTOMER)
    await tell(spine, replace(CUSTOMER, owner=Owner("team", "stolen")))
    assert (await held(spine, "customer", "cus_1")).owner == Owner("team", "42")
    assert (await types(spine))[2:] == ["customer.updated"]
    assert (await history(spine))[-1].data["changed"] == ["owner_id", "owner_type"]


async def test_a_metered_line_may_count_billions(spine: Spine) -> None:
    line = InvoiceLineSnapshot(ref="il_1", amount=USD, quantity=5_000_000_000)
    await tell(spine, replace(INVOICE, lines=(line,)))
    assert (await held(spine, "invoice", "in_1")).lines[0].quantity == 5_000_000_000


async def test_detaching_a_payment_method_is_told_in_its_customers_history(spine: Spine) -> None:
    await tell(spine, CUSTOMER, CARD)
    await tell(spine, replace(CARD, customer=None))
    created, _, detached = await history(spine)
    assert detached.type == "payment_method.detached"
    assert detached.customer_id == created.subject


few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(pairs)
async def test_whatever_is_told_is_stored_and_every_change_is_an_entry(
    spine: Spine, pair: tuple[Any, Any]
) -> None:
    (first, second), noun = pair, pair[0].noun
    mark = len(await stored_entries(spine))
    first = replace(first, ref=f"x_{mark}_{await ask(spine)}")
    second = replace(second, ref=first.ref)
    for snapshot in (first, second, second):
        before = await held(spine, noun, first.ref)
        count = len(await stored_entries(spine))
        await tell(spine, snapshot)
        row = await held(spine, noun, first.ref)
        new = (await history(spine))[count:]
        is_changed = before is None or replace(row, seen=0, updated_at=T0) != replace(
            before, seen=0, updated_at=T0
        )
        assert bool(new) == is_changed
        for entry in new:
            assert entry.subject == row.id
            assert entry.type.startswith(f"{noun}.")
