"""From signing up to the last day: what a customer, an operator and an auditor see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core import Owner
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import IllegalTransition
from tests.stage import TEAM, Stage


async def test_a_year_of_one_subscription(stage: Stage) -> None:
    billing = stage.billing
    assert not await billing.entitled(TEAM, "reports")
    assert await billing.entitled(TEAM, "notes")

    outcome = await billing.subscribe(
        TEAM, "pro", trial=timedelta(days=14), payment_method="pm_card_visa"
    )
    subscription = outcome.value
    assert outcome.next_action is None
    assert subscription.status == SubscriptionStatus.TRIALING
    assert await billing.entitled(TEAM, "reports")
    assert not await billing.has_active_plan(Owner("team", "nobody"))

    await stage.advance(days=15)
    subscription = await billing.subscription(subscription.id)
    assert subscription.status == SubscriptionStatus.ACTIVE
    paid = [i for i in (await billing.invoices(TEAM)).items if i.total_minor]
    assert [(i.status, i.total_minor) for i in paid] == [(InvoiceStatus.PAID, 2000)]
    assert await billing.entitled(TEAM, "reports")

    await billing.add_payment_method(TEAM, "pm_card_chargeDeclined")
    await stage.advance(days=31)
    subscription = await billing.subscription(subscription.id)
    assert subscription.status == SubscriptionStatus.PAST_DUE
    assert not await billing.entitled(TEAM, "reports")
    assert await billing.entitled(TEAM, "notes")

    await billing.add_payment_method(TEAM, "pm_card_visa")
    await stage.advance(days=4)
    subscription = await billing.subscription(subscription.id)
    assert subscription.status == SubscriptionStatus.ACTIVE
    assert await billing.entitled(TEAM, "reports")

    subscription = await billing.cancel(subscription.id)
    assert subscription.is_ending
    assert await billing.entitled(TEAM, "reports")
    subscription = await billing.keep(subscription.id)
    assert not subscription.is_ending

    subscription = await billing.cancel(subscription.id, when="now")
    assert subscription.is_ended
    assert not await billing.entitled(TEAM, "reports")
    await stage.settle()
    with pytest.raises(IllegalTransition):
        await billing.cancel(subscription.id)

    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.trial_ending",
        "subscription.renewed",
        "subscription.activated",
        "subscription.renewed",
        "subscription.past_due",
        "subscription.activated",
        "subscription.cancellation_scheduled",
        "subscription.cancellation_undone",
        "subscription.ended",
    ]
    assert (await billing.verify_ledger()).is_intact
