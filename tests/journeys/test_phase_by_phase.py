"""Schedules: what a subscription will be for, and that it is so when the day comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core import Phase
from accrue_core.contracts.schedules import ScheduleStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import IllegalTransition
from tests.stage import TEAM, Stage

CARD = "pm_card_visa"
HALF_A_YEAR_CHEAP = [Phase(plan="basic", periods=6), Phase(plan="pro", periods=6)]


async def test_half_a_year_at_one_price_and_then_another(stage: Stage) -> None:
    billing = stage.billing

    outcome = await billing.subscribe_via_schedule(TEAM, HALF_A_YEAR_CHEAP, payment_method=CARD)
    [subscription] = await billing.subscriptions(TEAM)
    assert outcome.next_action is None
    assert (outcome.value.status, outcome.value.current_phase) == (ScheduleStatus.ACTIVE, 0)
    assert outcome.value.subscription_id == subscription.id
    assert (subscription.status, subscription.is_scheduled) == (SubscriptionStatus.ACTIVE, True)
    assert await billing.entitled(TEAM, "export")
    assert not await billing.entitled(TEAM, "reports")

    await stage.advance(days=190)
    schedule = await billing.schedule(outcome.value.id)
    assert schedule.current_phase == 1
    assert await billing.entitled(TEAM, "reports")
    amounts = [one.total_minor for one in (await billing.invoices(TEAM)).items]
    assert amounts == [2000, *[500] * 6]

    await stage.advance(days=190)
    schedule = await billing.schedule(outcome.value.id)
    subscription = await billing.subscription(subscription.id)
    assert schedule.is_over
    assert (subscription.is_scheduled, subscription.status.value) == (False, "active")
    assert await stage.ledger(schedule.id) == [
        "schedule.created",
        "schedule.phase_entered",
        "schedule.phase_entered",
        "schedule.completed",
    ]
    assert (await billing.verify_ledger()).is_intact


async def test_what_begins_later_grants_nothing_until_then(stage: Stage) -> None:
    start = stage.engine.clock.now() + timedelta(days=10)
    await stage.billing.add_payment_method(TEAM, CARD)

    outcome = await stage.billing.subscribe_via_schedule(
        TEAM, [Phase(plan="pro", periods=1)], starts_at=start, end_behavior="cancel"
    )
    await stage.settle()
    assert outcome.value.status == ScheduleStatus.NOT_STARTED
    assert outcome.value.next_phase_at == start
    assert await stage.billing.subscriptions(TEAM) == []
    assert not await stage.billing.entitled(TEAM, "reports")

    await stage.advance(days=11)
    assert await stage.billing.entitled(TEAM, "reports")

    await stage.advance(days=40)
    assert not await stage.billing.entitled(TEAM, "reports")
    [subscription] = await stage.billing.subscriptions(TEAM)
    assert subscription.is_ended
    assert (await stage.billing.schedule(outcome.value.id)).status == ScheduleStatus.COMPLETED


async def test_the_plan_changes_on_the_way(stage: Stage) -> None:
    billing, now = stage.billing, stage.engine.clock.now()
    outcome = await billing.subscribe_via_schedule(
        TEAM,
        [
            Phase(plan="basic", until=now + timedelta(days=30)),
            Phase(plan="pro", until=now + timedelta(days=90)),
        ],
        payment_method=CARD,
    )
    planned = await billing.update_schedule(
        outcome.value.id,
        [
            Phase(plan="basic", until=now + timedelta(days=60)),
            Phase(plan="pro", quantity=2, until=now + timedelta(days=120)),
        ],
    )
    assert [phase.ends_at for phase in planned.planned] == [
        now + timedelta(days=60),
        now + timedelta(days=120),
    ]

    await stage.advance(days=31)
    assert not await billing.entitled(TEAM, "reports")
    await stage.advance(days=30)
    [subscription] = await billing.subscriptions(TEAM)
    assert [item.quantity for item in subscription.items] == [2]
    assert "schedule.planned" in await stage.ledger(outcome.value.id)


async def test_what_a_schedule_drives_is_changed_through_it(stage: Stage) -> None:
    billing = stage.billing
    outcome = await billing.subscribe_via_schedule(TEAM, HALF_A_YEAR_CHEAP, payment_method=CARD)
    [subscription] = await billing.subscriptions(TEAM)

    for refused in (
        billing.swap_plan(subscription.id, "pro", proration="none"),
        billing.update_quantity(subscription.id, 2, proration="none"),
        billing.cancel(subscription.id),
        billing.keep(subscription.id),
    ):
        with pytest.raises(IllegalTransition, match="schedule"):
            await refused

    released = await billing.release_schedule(outcome.value.id)
    await stage.settle()
    assert released.status == ScheduleStatus.RELEASED
    changed = await billing.swap_plan(subscription.id, "pro", proration="none")
    assert not changed.value.is_scheduled
    with pytest.raises(IllegalTransition, match="released"):
        await billing.cancel_schedule(outcome.value.id)


async def test_a_schedule_that_ends_takes_its_subscription_along(stage: Stage) -> None:
    outcome = await stage.billing.subscribe_via_schedule(
        TEAM, HALF_A_YEAR_CHEAP, payment_method=CARD
    )
    ended = await stage.billing.cancel_schedule(outcome.value.id)

    [subscription] = await stage.billing.subscriptions(TEAM)
    assert (ended.status, subscription.is_ended) == (ScheduleStatus.CANCELED, True)
    assert not await stage.billing.entitled(TEAM, "export")
    await stage.settle()
    assert [one.id for one in await stage.billing.schedules(TEAM)] == [ended.id]


async def test_a_card_that_asks_for_the_customer_is_no_phase_paid(stage: Stage) -> None:
    outcome = await stage.billing.subscribe_via_schedule(
        TEAM, HALF_A_YEAR_CHEAP, payment_method="pm_card_authenticationRequired"
    )
    assert outcome.next_action is not None
    assert not await stage.billing.entitled(TEAM, "export")
    [subscription] = await stage.billing.subscriptions(TEAM)

    stage.engine.authenticate(subscription.ref)
    await stage.settle()

    assert await stage.billing.entitled(TEAM, "export")
