"""Starts that are not "now, one plan, a card": anchors, the past, several plans, gifts, coupons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accrue_core import Money, Price
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import IllegalTransition
from tests.stage import OTHER_TEAM, TEAM, Stage

CARD = "pm_card_visa"
YEARLY = Price("price_yearly")


async def test_an_anchor_lets_whole_periods_begin_on_a_day_of_choice(stage: Stage) -> None:
    anchor = stage.engine.clock.now() + timedelta(days=15)
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD, anchor=anchor)
    free = await stage.billing.subscribe(
        OTHER_TEAM, "pro", payment_method=CARD, anchor=anchor, proration="none"
    )

    [first] = (await stage.billing.invoices(TEAM)).items
    assert 0 < first.total_minor < 2000
    assert outcome.value.renews_at == anchor == free.value.renews_at
    assert sum(one.total_minor for one in (await stage.billing.invoices(OTHER_TEAM)).items) == 0

    await stage.advance(days=16)
    for owner in (TEAM, OTHER_TEAM):
        newest = (await stage.billing.invoices(owner)).items[0]
        assert (newest.total_minor, newest.status.value) == (2000, "paid")


async def test_a_start_in_the_past_charges_the_time_since(stage: Stage) -> None:
    begun = stage.engine.clock.now() - timedelta(days=45)
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD, backdated_to=begun)
    free = await stage.billing.subscribe(
        OTHER_TEAM, "pro", payment_method=CARD, backdated_to=begun, proration="none"
    )

    assert outcome.value.started_at == begun == free.value.started_at
    [charged] = (await stage.billing.invoices(TEAM)).items
    assert (await stage.billing.invoices(OTHER_TEAM)).items == ()
    assert charged.total_minor > 2000
    assert charged.amount_paid_minor == charged.total_minor


@pytest.mark.parametrize(
    ("choice", "status"),
    [
        ("cancel", SubscriptionStatus.CANCELED),
        ("pause", SubscriptionStatus.PAUSED),
        ("invoice", SubscriptionStatus.PAST_DUE),
    ],
)
async def test_a_trial_without_a_card_ends_as_was_said(
    stage: Stage, choice: str, status: SubscriptionStatus
) -> None:
    outcome = await stage.billing.subscribe(
        TEAM,
        "pro",
        trial=timedelta(days=14),
        trial_without_card=choice,  # type: ignore[arg-type]
    )
    assert await stage.billing.entitled(TEAM, "reports")

    await stage.advance(days=15)

    subscription = await stage.billing.subscription(outcome.value.id)
    assert subscription.status == status
    assert not await stage.billing.entitled(TEAM, "reports")
    assert "subscription.trial_ending" in await stage.ledger()


async def test_a_paused_trial_goes_on_when_there_is_a_card(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(
        TEAM, "pro", trial=timedelta(days=14), trial_without_card="pause"
    )
    await stage.advance(days=15)
    await stage.billing.add_payment_method(TEAM, CARD)

    resumed = await stage.billing.resume(outcome.value.id)

    assert resumed.status == SubscriptionStatus.ACTIVE
    assert await stage.billing.entitled(TEAM, "reports")
    assert (await stage.billing.invoices(TEAM)).items[0].amount_paid_minor == 2000
    with pytest.raises(IllegalTransition):
        await stage.billing.resume(outcome.value.id)


async def test_plans_of_other_intervals_keep_periods_of_their_own(stage: Stage) -> None:
    stage.engine.catalogue.add_price("price_yearly", Money(24_000, "usd"), interval="year")
    outcome = await stage.billing.subscribe(TEAM, "pro", also={YEARLY: 1}, payment_method=CARD)

    ends = {item.price: item.current_period_end for item in outcome.value.items}
    assert ends["price_yearly"] is not None
    assert ends["price_pro"] is not None
    assert ends["price_yearly"] > ends["price_pro"] == outcome.value.renews_at
    await stage.advance(days=32)
    totals = [one.total_minor for one in (await stage.billing.invoices(TEAM)).items]
    assert totals == [2000, 26_000]


async def test_a_gift_needs_no_card_and_grants_until_it_is_canceled(stage: Stage) -> None:
    given = await stage.billing.comp(TEAM, "pro")

    assert (given.status, given.is_comped) == (SubscriptionStatus.ACTIVE, True)
    assert await stage.billing.entitled(TEAM, "reports")
    await stage.advance(days=95)
    assert await stage.billing.entitled(TEAM, "reports")
    invoices = (await stage.billing.invoices(TEAM)).items
    assert len(invoices) == 4
    assert {one.total_minor for one in invoices} == {0}
    assert (await stage.ledger())[:4].count("subscription.comped") == 1

    await stage.billing.cancel(given.id, when="now", reason="unused")
    assert not await stage.billing.entitled(TEAM, "reports")
    assert (await stage.billing.subscription(given.id)).cancel_reason == "unused"


async def test_a_coupon_is_gone_when_its_time_is_up(stage: Stage) -> None:
    stage.engine.discounts.add_coupon("half", percent_off="50", duration="once")
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD, coupon="half")
    assert list(outcome.value.coupons) in (["half"], [])

    await stage.advance(days=32)

    assert [one.total_minor for one in (await stage.billing.invoices(TEAM)).items] == [2000, 1000]
    assert list((await stage.billing.subscription(outcome.value.id)).coupons) == []


async def test_what_is_left_is_billed_or_given_back_when_it_ends_now(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    await stage.advance(days=10)

    ended = await stage.billing.cancel(
        outcome.value.id, when="now", invoice_now=True, prorate=True, reason="too_expensive"
    )
    await stage.settle()

    assert (ended.is_ended, ended.cancel_reason) == (True, "too_expensive")
    newest = (await stage.billing.invoices(TEAM)).items[0]
    assert newest.total_minor < 0


async def test_the_end_of_january_stays_the_end_of_the_month(stage: Stage) -> None:
    stage.engine.advance_to(datetime(2026, 1, 31, 12, tzinfo=UTC))
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    ends = []
    for _ in range(3):
        subscription = await stage.billing.subscription(outcome.value.id)
        assert subscription.renews_at is not None
        ends.append((subscription.renews_at.month, subscription.renews_at.day))
        stage.engine.advance_to(subscription.renews_at + timedelta(hours=2))
        await stage.settle()

    assert ends == [(2, 28), (3, 31), (4, 30)]
