"""The customer changes their mind: plans, seats, trials, pauses, and what each costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core import Money
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.changes import Proration
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import (
    CardDeclined,
    IllegalTransition,
    InvalidRequest,
    OperationMismatch,
    PreviewStale,
    ProcessorUnavailable,
)
from tests.faults.evidence import asked, let_leases_end
from tests.stage import TEAM, Stage

GOOD = "pm_card_visa"


async def subscribed(stage: Stage, plan: str = "basic", **options: object) -> Subscription:
    outcome = await stage.billing.subscribe(
        TEAM,
        plan,
        payment_method=GOOD,
        **options,  # type: ignore[arg-type]
    )
    await stage.settle()
    return outcome.value


async def paid_in(stage: Stage) -> Money:
    total = Money(0, "usd")
    for invoice in (await stage.billing.invoices(TEAM, limit=500)).items:
        total += invoice.amount_paid
    return total


async def test_what_was_shown_is_what_is_charged(stage: Stage) -> None:
    subscription = await subscribed(stage)
    await stage.advance(days=10)
    before = await paid_in(stage)

    preview = await stage.billing.preview_change(subscription.id, "pro", proration="always_invoice")
    assert preview.due_now
    assert preview.amount_due == sum((line.amount for line in preview.lines), Money(0, "usd"))
    await stage.advance(hours=0.5)
    outcome = await stage.billing.swap_plan(
        subscription.id, "pro", proration="always_invoice", preview=preview
    )
    await stage.settle()

    assert outcome.next_action is None
    assert [item.price for item in outcome.value.items] == ["price_pro"]
    assert await stage.billing.entitled(TEAM, "reports")
    assert await paid_in(stage) - before == preview.amount_due
    assert preview.amount_due > Money(0, "usd")
    newest = (await stage.billing.invoices(TEAM)).items[0]
    assert sorted(line.amount.minor for line in newest.lines) == sorted(
        line.amount.minor for line in preview.lines
    )


async def test_a_preview_changes_nothing(stage: Stage) -> None:
    subscription = await subscribed(stage)
    books, ledger = stage.engine.dump(), await stage.ledger()

    await stage.billing.preview_change(subscription.id, quantity=7, proration="always_invoice")

    assert stage.engine.dump() == books
    assert await stage.ledger() == ledger


async def test_what_moved_is_not_committed(stage: Stage) -> None:
    subscription = await subscribed(stage)
    preview = await stage.billing.preview_change(subscription.id, "pro", proration="always_invoice")
    others: tuple[Proration, ...] = ("none", "create_prorations")
    for proration in others:
        with pytest.raises(PreviewStale):
            await stage.billing.swap_plan(
                subscription.id, "pro", proration=proration, preview=preview.token
            )
    with pytest.raises(PreviewStale):
        await stage.billing.swap_plan(
            subscription.id, "pro", quantity=2, proration="always_invoice", preview=preview
        )

    await stage.billing.update_quantity(subscription.id, 2, proration="none")
    before = asked(stage)["subscriptions.change"]
    with pytest.raises(PreviewStale):
        await stage.billing.swap_plan(
            subscription.id, "pro", proration="always_invoice", preview=preview
        )
    assert asked(stage)["subscriptions.change"] == before


async def test_an_old_preview_does_not_hold(stage: Stage) -> None:
    subscription = await subscribed(stage)
    preview = await stage.billing.preview_change(subscription.id, "pro", proration="always_invoice")
    await stage.advance(hours=2)

    with pytest.raises(PreviewStale, match="too long ago"):
        await stage.billing.swap_plan(
            subscription.id, "pro", proration="always_invoice", preview=preview
        )
    with pytest.raises(InvalidRequest, match="token"):
        await stage.billing.swap_plan(
            subscription.id, "pro", proration="always_invoice", preview="1.2"
        )


async def test_a_declined_upgrade_is_neither_an_upgrade_nor_a_lock_out(stage: Stage) -> None:
    subscription = await subscribed(stage)
    await stage.billing.add_payment_method(TEAM, "pm_card_chargeDeclined")
    await stage.settle()
    before = await stage.ledger(subscription.id)

    with pytest.raises(CardDeclined):
        await stage.billing.swap_plan(subscription.id, "pro", proration="always_invoice")
    await stage.settle()

    row = await stage.billing.subscription(subscription.id)
    assert [item.price for item in row.items] == ["price_basic"]
    assert row.status == SubscriptionStatus.ACTIVE
    assert await stage.billing.entitled(TEAM, "export")
    assert not await stage.billing.entitled(TEAM, "reports")
    assert await stage.ledger(subscription.id) == before
    open_ones = [i for i in (await stage.billing.invoices(TEAM)).items if i.is_collectable]
    assert open_ones == []


@pytest.mark.parametrize("answer", ["passes", "fails", "never comes"])
async def test_an_upgrade_waits_for_the_bank(stage: Stage, answer: str) -> None:
    subscription = await subscribed(stage)
    await stage.billing.add_payment_method(TEAM, "pm_card_authenticationRequired")
    await stage.settle()

    outcome = await stage.billing.swap_plan(
        subscription.id, "pro", proration="always_invoice", operation_id="upgrade-1"
    )
    assert outcome.value.is_pending
    assert outcome.next_action is not None
    assert [item.price for item in outcome.value.items] == ["price_basic"]
    assert await stage.billing.entitled(TEAM, "export")
    assert not await stage.billing.entitled(TEAM, "reports")
    again = await stage.billing.swap_plan(
        subscription.id, "pro", proration="always_invoice", operation_id="upgrade-1"
    )
    assert again.next_action is not None
    with pytest.raises(IllegalTransition, match="waiting for a change"):
        await stage.billing.update_quantity(subscription.id, 5, proration="none")

    if answer == "passes":
        stage.engine.authenticate(subscription.ref)
    elif answer == "fails":
        stage.engine.fail_authentication(subscription.ref)
    else:
        stage.engine.advance(timedelta(days=1))
    await stage.settle()

    row = await stage.billing.subscription(subscription.id)
    assert not row.is_pending
    assert row.status == SubscriptionStatus.ACTIVE
    assert await stage.billing.entitled(TEAM, "reports") == (answer == "passes")
    wanted = "subscription.items_changed" if answer == "passes" else "subscription.change_lapsed"
    assert wanted in await stage.ledger(subscription.id)


async def test_a_lost_answer_to_an_upgrade_is_found_again(stage: Stage) -> None:
    subscription = await subscribed(stage)
    stage.engine.scenarios.lose_next_answer("after", call="subscriptions.change")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.swap_plan(
            subscription.id, "pro", proration="always_invoice", operation_id="up"
        )
    charged = len(stage.engine.books.invoices)

    await let_leases_end(stage)
    await stage.billing.recover_operations()
    again = await stage.billing.swap_plan(
        subscription.id, "pro", proration="always_invoice", operation_id="up"
    )

    assert [item.price for item in again.value.items] == ["price_pro"]
    assert len(stage.engine.books.invoices) == charged


async def test_items_come_and_go(stage: Stage) -> None:
    subscription = await subscribed(stage, "pro")
    outcome = await stage.billing.add_item(
        subscription.id, "basic", quantity=2, proration="create_prorations", operation_id="add"
    )
    assert [(i.price, i.quantity) for i in outcome.value.items] == [
        ("price_pro", 1),
        ("price_basic", 2),
    ]
    repeated = await stage.billing.add_item(
        subscription.id, "basic", quantity=2, proration="create_prorations", operation_id="add"
    )
    assert repeated.value.items == outcome.value.items
    with pytest.raises(OperationMismatch):
        await stage.billing.add_item(
            subscription.id, "basic", quantity=3, proration="create_prorations", operation_id="add"
        )
    with pytest.raises(InvalidRequest, match="has an item with this price"):
        await stage.billing.add_item(subscription.id, "basic", proration="none")
    with pytest.raises(InvalidRequest, match="say which one with item_id"):
        await stage.billing.update_quantity(subscription.id, 4, proration="none")

    seats = outcome.value.items[1]
    await stage.billing.update_quantity(
        subscription.id, 5, item_id=seats.id, proration="create_prorations"
    )
    await stage.advance(days=32)
    renewal = (await stage.billing.invoices(TEAM)).items[0]
    assert renewal.status == InvoiceStatus.PAID
    assert sum(line.amount.minor for line in renewal.lines if not line.is_proration) == 4500
    assert any(line.is_proration for line in renewal.lines)

    left = await stage.billing.remove_item(subscription.id, seats.id, proration="none")
    assert [item.price for item in left.value.items] == ["price_pro"]
    with pytest.raises(InvalidRequest, match="cancel the subscription"):
        await stage.billing.remove_item(subscription.id, left.value.items[0].id, proration="none")


async def test_a_downgrade_leaves_a_credit_that_is_used_up(stage: Stage) -> None:
    subscription = await subscribed(stage, "pro")
    await stage.advance(days=15)
    preview = await stage.billing.preview_change(
        subscription.id, "basic", proration="always_invoice"
    )
    assert preview.total < Money(0, "usd")
    assert preview.amount_due == Money(0, "usd")

    await stage.billing.swap_plan(
        subscription.id, "basic", proration="always_invoice", preview=preview
    )
    await stage.advance(days=20)

    renewal = (await stage.billing.invoices(TEAM)).items[0]
    assert renewal.total == Money(500, "usd")
    assert renewal.amount_due < renewal.total


async def test_a_trial_is_extended_and_ended(stage: Stage) -> None:
    subscription = await subscribed(stage, "pro", trial=timedelta(days=7))
    assert subscription.trial_end is not None
    until = subscription.trial_end + timedelta(days=7)

    extended = (await stage.billing.extend_trial(subscription.id, until=until)).value
    assert extended.trial_end == until
    await stage.advance(days=8)
    row = await stage.billing.subscription(subscription.id)
    assert row.status == SubscriptionStatus.TRIALING

    ended = (await stage.billing.end_trial(subscription.id)).value
    assert ended.status == SubscriptionStatus.ACTIVE
    assert await paid_in(stage) == Money(2000, "usd")
    with pytest.raises(IllegalTransition):
        await stage.billing.end_trial(subscription.id)
    assert "subscription.trial_end_changed" in await stage.ledger(subscription.id)


async def test_a_pause_collects_nothing_and_opens_nothing(stage: Stage) -> None:
    subscription = await subscribed(stage, "pro")
    until = stage.engine.clock.now() + timedelta(days=45)

    paused = await stage.billing.pause(subscription.id, invoices="void", until=until)
    assert paused.is_paused
    assert paused.status == SubscriptionStatus.ACTIVE
    assert not await stage.billing.entitled(TEAM, "reports")
    with pytest.raises(IllegalTransition):
        await stage.billing.pause(subscription.id, invoices="void")
    with pytest.raises(IllegalTransition, match="paused"):
        await stage.billing.update_quantity(subscription.id, 9, proration="always_invoice")
    before = await paid_in(stage)
    await stage.advance(days=40)
    assert await paid_in(stage) == before
    await stage.advance(days=6)

    row = await stage.billing.subscription(subscription.id)
    assert not row.is_paused
    assert await stage.billing.entitled(TEAM, "reports")
    with pytest.raises(IllegalTransition):
        await stage.billing.resume(subscription.id)


async def test_a_summer_off_costs_nothing_and_loses_nothing(stage: Stage) -> None:
    subscription = await subscribed(stage, "pro")
    await stage.advance(days=10)
    before = await paid_in(stage)

    rests = await stage.billing.pause(subscription.id, invoices="none", operation_id="summer")
    again = await stage.billing.pause(subscription.id, invoices="none", operation_id="summer")
    assert (rests.status, again) == (SubscriptionStatus.PAUSED, rests)
    assert not await stage.billing.entitled(TEAM, "reports")
    await stage.advance(days=92)
    assert await paid_in(stage) == before
    assert len((await stage.billing.invoices(TEAM)).items) == 1

    resumed = await stage.billing.resume(subscription.id, operation_id="autumn")
    await stage.settle()

    assert resumed.status == SubscriptionStatus.ACTIVE
    assert await stage.billing.entitled(TEAM, "reports")
    newest = (await stage.billing.invoices(TEAM)).items[0]
    credit, period = sorted(line.amount for line in newest.lines)
    assert period == Money(2000, "usd")
    assert Money(-2000 * 22 // 31, "usd") < credit < Money(-2000 * 20 // 31, "usd")
    assert await paid_in(stage) - before == newest.total == period + credit
    await stage.advance(days=32)
    assert (await stage.billing.invoices(TEAM)).items[0].total == Money(2000, "usd")
    told = await stage.ledger(subscription.id)
    assert told.count("subscription.status_changed") == 1


async def test_what_is_not_simply_paid_for_does_not_rest(stage: Stage) -> None:
    trial = await subscribed(stage, "pro", trial=timedelta(days=7))
    with pytest.raises(IllegalTransition, match="cannot rest a subscription that is trialing"):
        await stage.billing.pause(trial.id, invoices="none")

    ending = (await stage.billing.end_trial(trial.id)).value
    await stage.billing.cancel(ending.id)
    with pytest.raises(IllegalTransition, match="keep it first"):
        await stage.billing.pause(ending.id, invoices="none")
    await stage.billing.keep(ending.id)

    await stage.billing.pause(ending.id, invoices="none")
    with pytest.raises(IllegalTransition, match="cannot pause a subscription that is paused"):
        await stage.billing.pause(ending.id, invoices="void")
    with pytest.raises(IllegalTransition, match="cannot change"):
        await stage.billing.update_quantity(ending.id, 3, proration="none")
    ended = await stage.billing.cancel(ending.id)
    assert ended.status == SubscriptionStatus.CANCELED


async def test_a_customer_is_reached_elsewhere(stage: Stage) -> None:
    await stage.billing.customer(TEAM)

    renamed = await stage.billing.update_customer(TEAM, name="Ann", email="ann@example.com")
    assert (renamed.name, renamed.email) == ("Ann", "ann@example.com")
    kept = await stage.billing.update_customer(TEAM, name="Bea")
    assert (kept.name, kept.email) == ("Bea", "ann@example.com")

    await stage.settle()
    entries = (await stage.billing.timeline_for(TEAM, limit=50)).items
    assert "customer.updated" in {entry.type for entry in entries}
    assert "Ann" not in repr(entries)
    assert "ann@example.com" not in repr(entries)
