"""What no request of ours ever leaves to Stripe, whatever it is asked for.

Stripe fills in what a request does not say, and its defaults charge, credit, hide pages of lists
and change with the API version. One run through everything that the processor can do is looked at
as a whole, so that a request added later is looked at, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from accrue_core.contracts.changes import PauseSubscription, ResumeSubscription, SetTrialEnd
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    PlannedPhase,
    ReleaseSchedule,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import COMP_COUPON, CancelSubscription, NewItem
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import API_VERSION
from tests.stripe.account.app import Account, Asked
from tests.stripe.asking import OTHER_PRICE, PRICE, StripeBench, asking, bench_of, furnished
from tests.stripe.test_secrets import everything

LISTS = (
    "/v1/customers",
    "/v1/subscriptions",
    "/v1/subscription_schedules",
    "/v1/checkout/sessions",
)
COUNTS_TIME = ("items", "phases", "trial_end", "cancel_at", "billing_cycle_anchor", "backdate")
"""How parameters begin that make Stripe count the rest of a period."""

REMOVED = ("payment_method_types", "iterations", "coupon", "promotion_code", "plan", "prorate]")
"""Names that Stripe has taken away, at the top of a request or at the end of a path."""


async def the_rest(processor: StripeProcessor, bench: StripeBench) -> None:
    """Use the commands that ``everything`` does not."""
    payer = await bench.payer(processor)
    running = await processor.subscriptions.create(bench.subscription(payer), key=bench.key())
    ref = running.main.ref
    await processor.subscriptions.pause(
        PauseSubscription(ref=ref, behavior="void"), key=bench.key()
    )
    await processor.subscriptions.resume(ResumeSubscription(ref=ref), key=bench.key())
    await processor.subscriptions.pause(
        PauseSubscription(ref=ref, behavior="none"), key=bench.key()
    )
    await processor.subscriptions.resume(ResumeSubscription(ref=ref), key=bench.key())
    at = bench.now() + timedelta(days=9)
    later = CancelSubscription(ref=ref, when="at", at=at)
    await processor.subscriptions.cancel(later, key=bench.key())
    trial = replace(
        bench.subscription(payer),
        trial_days=14,
        trial_without_card="pause",
        coupon=COMP_COUPON,
    )
    started = await processor.subscriptions.create(trial, key=bench.key())
    await processor.subscriptions.set_trial_end(SetTrialEnd(ref=started.main.ref), key=bench.key())
    plan = CreateSchedule(
        customer=payer,
        phases=(
            PlannedPhase(items=(NewItem(price=PRICE),), periods=1),
            PlannedPhase(items=(NewItem(price=OTHER_PRICE),), periods=1),
        ),
    )
    planned = await processor.schedules.create(plan, key=bench.key())
    again = UpdateSchedule(ref=planned.main.ref, phases=plan.phases)
    await processor.schedules.update(again, key=bench.key())
    await processor.schedules.release(ReleaseSchedule(ref=planned.main.ref), key=bench.key())
    other = await processor.schedules.create(plan, key=bench.key())
    await processor.schedules.cancel(CancelSchedule(ref=other.main.ref), key=bench.key())
    for request in (plan, trial):
        await processor.find_created(request, key=bench.key(), since=bench.now())


async def asked_for_everything() -> list[Asked]:
    """Return every request that everything comes to."""
    account: Account = furnished()
    async with asking(account) as processor:
        await everything(processor, account)
        await the_rest(processor, replace(bench_of(account), run="rest"))
    return account.asked


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return asyncio.run(asked_for_everything())


def where(asked: list[Asked], wrong: Callable[[Asked], bool]) -> list[str]:
    """Name the requests that are wrong."""
    return [f"{one.method} {one.path} {sorted(one.values)}" for one in asked if wrong(one)]


def says(one: Asked, word: str) -> bool:
    return any(word in name for name in one.values)


def test_what_counts_time_says_what_becomes_of_the_rest_of_a_period(asked: list[Asked]) -> None:
    counting = [
        one
        for one in asked
        if one.method == "POST"
        and "checkout" not in one.path
        and any(
            name.removeprefix("subscription_details[").startswith(COUNTS_TIME)
            for name in one.values
        )
    ]
    assert {one.path.split("/")[2] for one in counting} == {
        "subscriptions", "invoices", "subscription_schedules",
    }  # fmt: skip
    assert where(counting, lambda one: not says(one, "proration_behavior")) == []


def test_an_end_now_says_that_nothing_is_billed_and_nothing_credited(asked: list[Asked]) -> None:
    ends = [one for one in asked if one.method == "DELETE" or one.path.endswith("/cancel")]
    assert len(ends) == 2
    assert where(ends, lambda one: not {"invoice_now", "prorate"} <= one.values.keys()) == []


def test_whatever_starts_a_subscription_says_how_it_is_billed(asked: list[Asked]) -> None:
    starts = [
        one
        for one in asked
        if one.method == "POST"
        and one.path in ("/v1/subscriptions", "/v1/subscription_schedules", "/v1/checkout/sessions")
    ]
    assert len({one.path for one in starts}) == 3
    assert where(starts, lambda one: not says(one, "billing_mode")) == []
    charged = [one for one in starts if one.path == "/v1/subscriptions"]
    assert where(charged, lambda one: "payment_behavior" not in one.values) == []


def test_no_invoice_is_made_or_edited_by_hand(asked: list[Asked]) -> None:
    edited = [one for one in asked if one.method == "POST" and one.path.startswith("/v1/invoice")]
    assert {one.path.split("/")[-1] for one in edited} == {"create_preview"}


def test_lists_are_read_in_whole_pages_and_nothing_is_searched_for(asked: list[Asked]) -> None:
    lists = [one for one in asked if one.method == "GET" and one.path in LISTS]
    assert {one.path for one in lists} >= {*LISTS} - {"/v1/checkout/sessions"}
    assert where(lists, lambda one: one.values.get("limit") != "100") == []
    assert where(asked, lambda one: one.path.endswith("/search")) == []


def test_nothing_that_stripe_has_taken_away_is_sent(asked: list[Asked]) -> None:
    assert where(asked, lambda one: bool(set(REMOVED) & one.values.keys())) == []
    assert where(asked, lambda one: says(one, "payment_method_types")) == []
    assert where(asked, lambda one: says(one, "iterations")) == []


def test_every_request_names_our_version_and_no_machine(asked: list[Asked]) -> None:
    assert where(asked, lambda one: one.headers["stripe-version"] != API_VERSION) == []
    assert (
        where(asked, lambda one: "uname" in str(one.headers) or "telemetry" in str(one.headers))
        == []
    )


def keys(asked: list[Asked]) -> list[tuple[str, str]]:
    """Return under which keys something was changed; a preview changes nothing."""
    return [
        (f"{one.method} {one.path}", one.key)
        for one in asked
        if one.method != "GET" and not one.path.endswith("create_preview")
    ]


async def test_keys_are_made_of_operations_and_of_nothing_else(asked: list[Asked]) -> None:
    assert keys(asked) == keys(await asked_for_everything())
    assert len({key for _, key in keys(asked)}) == len(keys(asked))
    assert all(key for _, key in keys(asked))
