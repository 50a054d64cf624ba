"""Endings: now, with the period, at a date, taken back, and come too late to take back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core import Billing
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import IllegalTransition
from tests.stage import TEAM, Stage


async def subscribed(billing: Billing) -> Subscription:
    return (await billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")).value


async def test_a_subscription_ends_at_the_date_that_was_asked_for(stage: Stage) -> None:
    billing = stage.billing
    subscription = await subscribed(billing)
    last_day = stage.engine.clock.now() + timedelta(days=10)

    subscription = await billing.cancel(subscription.id, when=last_day)
    assert subscription.is_ending
    assert subscription.ends_at == last_day
    await stage.advance(days=9)
    assert await billing.entitled(TEAM, "reports")

    await stage.advance(days=2)
    subscription = await billing.subscription(subscription.id)
    assert subscription.status == SubscriptionStatus.CANCELED
    assert subscription.ended_at == last_day
    assert not await billing.entitled(TEAM, "reports")
    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.cancellation_scheduled",
        "subscription.ended",
    ]


async def test_the_gate_closes_on_the_day_even_if_nobody_says_so(stage: Stage) -> None:
    subscription = await subscribed(stage.billing)
    last_day = stage.engine.clock.now() + timedelta(days=10)
    await stage.billing.cancel(subscription.id, when=last_day)
    await stage.settle()

    stage.engine.advance(timedelta(days=10) - timedelta(seconds=1))
    assert await stage.billing.entitled(TEAM, "reports")
    stage.engine.advance(timedelta(seconds=1))

    assert not await stage.billing.entitled(TEAM, "reports")
    [grant, _] = (await stage.billing.explain_access(TEAM)).grants
    assert grant.reason == "the subscription was set to end, and that moment has passed"


async def test_the_end_can_be_moved(stage: Stage) -> None:
    billing = stage.billing
    subscription = await subscribed(billing)
    start = stage.engine.clock.now()

    await billing.cancel(subscription.id)
    subscription = await billing.cancel(subscription.id, when=start + timedelta(days=50))
    assert not subscription.cancel_at_period_end
    await stage.advance(days=45)
    assert await billing.entitled(TEAM, "reports")

    subscription = await billing.cancel(subscription.id, when="now")
    assert subscription.is_ended
    assert not subscription.is_ending


async def test_what_was_kept_renews(stage: Stage) -> None:
    billing = stage.billing
    subscription = await subscribed(billing)

    await billing.cancel(subscription.id)
    subscription = await billing.keep(subscription.id)
    assert (subscription.is_ending, subscription.ends_at) == (False, None)
    await stage.advance(days=40)

    subscription = await billing.subscription(subscription.id)
    assert subscription.status == SubscriptionStatus.ACTIVE
    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.cancellation_scheduled",
        "subscription.cancellation_undone",
        "subscription.renewed",
    ]


async def test_nothing_is_kept_once_the_end_has_come(stage: Stage) -> None:
    billing = stage.billing
    subscription = await subscribed(billing)
    await billing.cancel(subscription.id, when=stage.engine.clock.now() + timedelta(days=10))

    await stage.advance(days=11)

    with pytest.raises(IllegalTransition):
        await billing.keep(subscription.id)
    assert stage.processor.backend.calls["subscriptions.keep"] == 0


async def test_nothing_is_kept_once_the_end_has_come_even_if_nobody_said_so(
    stage: Stage,
) -> None:
    billing = stage.billing
    subscription = await subscribed(billing)
    await billing.cancel(subscription.id, when=stage.engine.clock.now() + timedelta(days=10))
    await stage.settle()

    stage.engine.advance(timedelta(days=11))

    with pytest.raises(IllegalTransition):
        await billing.keep(subscription.id)
    assert stage.processor.backend.calls["subscriptions.keep"] == 0


async def test_there_is_nothing_to_keep_where_no_end_is_pending(stage: Stage) -> None:
    subscription = await subscribed(stage.billing)

    with pytest.raises(IllegalTransition, match="not set to end"):
        await stage.billing.keep(subscription.id)


async def test_a_customer_deleted_at_the_processor_loses_access_and_may_come_back(
    stage: Stage,
) -> None:
    billing = stage.billing
    first = await subscribed(billing)
    customer = await billing.customer(TEAM)
    await stage.settle()

    stage.engine.customers.delete(customer.ref)
    await stage.settle()
    assert not await billing.entitled(TEAM, "reports")
    assert await billing.find_customer(TEAM) is None

    second = await subscribed(billing)
    await stage.settle()
    assert second.customer_id != first.customer_id
    assert await billing.entitled(TEAM, "reports")
    assert {s.id for s in await billing.subscriptions(TEAM)} == {first.id, second.id}
    assert (await billing.verify_ledger()).is_intact
