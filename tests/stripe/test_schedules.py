"""Schedules at Stripe: what is sent, and how a schedule is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.results import Key, UnreadableSnapshot
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    PlannedPhase,
    ReleaseSchedule,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import COMP_COUPON, NewItem
from accrue_core.errors import ProcessorRejected, UnknownVocabulary
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.translate.schedules import schedule, start_of_current
from tests.stripe.account.app import Account
from tests.stripe.asking import OTHER_PRICE, PRICE, asking, bench_of, furnished

KEY = Key("key-1", "aop_1")
YEARLY = "price_Yearly"
ITEMS = (NewItem(price=PRICE, quantity=2),)


@pytest.fixture
def account() -> Account:
    account = furnished()
    account.add_price(YEARLY, 10_000, interval="year")
    return account


async def planned(processor: StripeProcessor, account: Account, **terms: Any) -> CreateSchedule:
    payer = await bench_of(account).payer(processor)
    account.asked.clear()
    phases = (PlannedPhase(items=ITEMS, periods=3),)
    return replace(CreateSchedule(customer=payer, phases=phases), **terms)


async def test_a_schedule_says_everything_that_stripe_would_choose(account: Account) -> None:
    async with asking(account) as processor:
        start = bench_of(account).now() + timedelta(days=3)
        ends = start + timedelta(days=3 * 365)
        phases = (
            PlannedPhase(items=ITEMS, periods=3, is_trial=True, proration="none"),
            PlannedPhase(items=(NewItem(price=YEARLY),), ends_at=ends, coupon=COMP_COUPON),
        )
        request = await planned(
            processor,
            account,
            starts_at=start,
            phases=phases,
            end_behavior="cancel",
            metadata={"a": "b"},
        )
        answer = await processor.schedules.create(request, key=KEY)

    assert [(one.method, one.path) for one in account.asked] == [
        ("GET", f"/v1/coupons/{COMP_COUPON}"),
        ("POST", "/v1/coupons"),
        ("GET", f"/v1/prices/{PRICE}"),
        ("POST", "/v1/subscription_schedules"),
    ]
    asked = account.asked[-1]
    assert asked.key == "key-1"
    assert asked.values == {
        "customer": request.customer,
        "start_date": str(int(start.timestamp())),
        "end_behavior": "cancel",
        "billing_mode[type]": "flexible",
        "metadata[a]": "b",
        "metadata[accrue_operation]": "aop_1",
        "phases[0][items][0][price]": PRICE,
        "phases[0][items][0][quantity]": "2",
        "phases[0][proration_behavior]": "none",
        "phases[0][duration][interval]": "month",
        "phases[0][duration][interval_count]": "3",
        "phases[0][trial]": "true",
        "phases[1][items][0][price]": YEARLY,
        "phases[1][items][0][quantity]": "1",
        "phases[1][proration_behavior]": "create_prorations",
        "phases[1][end_date]": str(int(ends.timestamp())),
        "phases[1][discounts][0][coupon]": COMP_COUPON,
    }
    first, second = answer.main.phases
    assert (first.is_trial, first.coupon, first.items) == (True, None, ITEMS)
    assert (second.is_trial, second.coupon, second.ends_at) == (False, COMP_COUPON, ends)
    assert first.ends_at == start + timedelta(days=90)


async def test_the_running_phase_is_named_by_its_start(account: Account) -> None:
    async with asking(account) as processor:
        request = await planned(processor, account)
        made = (await processor.schedules.create(request, key=KEY)).main
        account.now += 86_400
        account.asked.clear()
        later = PlannedPhase(
            items=(NewItem(price=OTHER_PRICE),),
            ends_at=made.phases[0].ends_at + timedelta(days=30),
        )
        running = PlannedPhase(items=ITEMS, ends_at=made.phases[0].ends_at, proration="none")
        update = UpdateSchedule(ref=made.ref, phases=(running, later), end_behavior="cancel")
        answer = await processor.schedules.update(update, key=Key("key-2", "aop_2"))

    (asked,) = [one for one in account.asked if one.method == "POST"]
    values = asked.values
    assert (asked.key, values["end_behavior"], values["proration_behavior"]) == (
        "key-2",
        "cancel",
        "none",
    )
    assert values["phases[0][start_date]"] == str(int(made.phases[0].starts_at.timestamp()))
    assert "phases[1][start_date]" not in values
    assert update.is_met_by(answer.main)


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("release", ReleaseSchedule, {"preserve_cancel_date": "false"}),
        ("cancel", CancelSchedule, {"invoice_now": "false", "prorate": "false"}),
    ],
)
async def test_the_end_of_a_schedule_is_said_explicitly(
    account: Account, method: str, request_: Any, expected: dict[str, str]
) -> None:
    async with asking(account) as processor:
        made = (await processor.schedules.create(await planned(processor, account), key=KEY)).main
        account.asked.clear()
        ended = request_(ref=made.ref)
        answer = await getattr(processor.schedules, method)(ended, key=Key("key-2", "aop_2"))

    (asked,) = [one for one in account.asked if one.method == "POST"]
    assert asked.path == f"/v1/subscription_schedules/{made.ref}/{method}"
    assert asked.values == expected
    assert ended.is_met_by(answer.main)
    assert answer.main.subscription == made.subscription


async def test_a_schedule_is_read_or_refused_by_name(account: Account) -> None:
    async with asking(account) as processor:
        made = (await processor.schedules.create(await planned(processor, account), key=KEY)).main
    whole = account.books.at("subscription_schedule", made.ref)

    assert schedule(whole) == made
    assert start_of_current(whole) == made.phases[0].starts_at
    assert schedule(whole | {"status": "pondering"}) == UnreadableSnapshot(
        "schedule", made.ref, "pondering"
    )
    for key, wrong in (("end_behavior", "renew"), ("phases", None), ("customer", 7)):
        with pytest.raises(UnknownVocabulary, match=f"subscription_schedule.{key}"):
            schedule(whole | {key: wrong})
    with pytest.raises(UnknownVocabulary, match="phases"):
        start_of_current(whole | {"phases": [], "current_phase": None})


async def test_a_price_that_is_paid_once_has_no_periods(account: Account) -> None:
    account.books.named("price", PRICE, param="price").update(recurring=None, type="one_time")
    async with asking(account) as processor:
        request = await planned(processor, account)
        with pytest.raises(UnknownVocabulary, match=r"price\.recurring"):
            await processor.schedules.create(request, key=KEY)


async def test_a_schedule_needs_phases_that_end(account: Account) -> None:
    async with asking(account) as processor:
        endless = (PlannedPhase(items=ITEMS),)
        for phases in (endless, ()):
            update = UpdateSchedule(ref="sub_sched_1", phases=phases)
            made = await planned(processor, account, phases=phases)
            with pytest.raises(ProcessorRejected):
                await processor.schedules.create(made, key=KEY)
            with pytest.raises(ProcessorRejected):
                await processor.schedules.update(update, key=KEY)
