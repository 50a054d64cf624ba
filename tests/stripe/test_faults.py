"""The line fails at every step of every command: the right error, and one effect in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
    PauseSubscription,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    PlannedPhase,
    ReleaseSchedule,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    CancelSubscription,
    KeepSubscription,
    NewItem,
)
from accrue_core.errors import (
    AccrueError,
    OperationInProgress,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
)
from accrue_core.owners import Owner
from accrue_stripe.errors import FailureRemembered
from accrue_stripe.processor import StripeProcessor
from tests.stripe.account.line import DAY, Fault
from tests.stripe.asking import (
    GOOD,
    OTHER_PRICE,
    PRICE,
    SETTINGS,
    StripeBench,
    asking,
    bench_of,
    furnished,
)
from tests.stripe.stand_in import problem

Call = partial[Coroutine[Any, Any, Any]]
Prepare = Callable[[StripeProcessor, StripeBench, Key], Awaitable[Call]]
SOON = replace(SETTINGS, request_timeout=0.4)
"""For answers that are too slow: long enough for a busy machine to give the others."""

HOME = "https://app.example.com/"


async def create_customer(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    request = CreateCustomer(owner=bench.owner(), name="Ada", email="ada@person.example")
    return partial(processor.customers.create, request, key=key)


async def attach(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    customer = await bench.customer(processor)
    request = AttachPaymentMethod(customer=customer, payment_method=GOOD)
    return partial(processor.payment_methods.attach, request, key=key)


async def subscribe(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    request = bench.subscription(await bench.payer(processor))
    return partial(processor.subscriptions.create, request, key=key)


def ending(when: Any) -> Prepare:
    async def prepare(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
        ref = (await bench.subscribed(processor)).main.ref
        at = bench.now() + timedelta(days=9) if when == "at" else None
        request = CancelSubscription(ref=ref, when=when, at=at)
        return partial(processor.subscriptions.cancel, request, key=key)

    return prepare


def keeping(when: Any) -> Prepare:
    async def prepare(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
        ref = (await bench.subscribed(processor)).main.ref
        at = bench.now() + timedelta(days=9) if when == "at" else None
        end = CancelSubscription(ref=ref, when=when, at=at)
        await processor.subscriptions.cancel(end, key=bench.key())
        return partial(processor.subscriptions.keep, KeepSubscription(ref=ref), key=key)

    return prepare


def of_a_subscription(method: str, request: Callable[[str, datetime], Any]) -> Prepare:
    """Prepare a command on a running subscription, from its ref and the account's time."""

    async def prepare(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
        ref = (await bench.subscribed(processor)).main.ref
        return partial(getattr(processor.subscriptions, method), request(ref, bench.now()), key=key)

    return prepare


async def change(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    before = (await bench.subscribed(processor)).main
    target = ItemTarget(ref=before.items[0].ref, price=OTHER_PRICE, quantity=2)
    request = ChangeSubscription(ref=before.ref, items=(target,), proration="always_invoice")
    return partial(processor.subscriptions.change, request, key=key)


async def end_trial(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    request = replace(bench.subscription(await bench.payer(processor)), trial_days=14)
    ref = (await processor.subscriptions.create(request, key=bench.key())).main.ref
    return partial(processor.subscriptions.set_trial_end, SetTrialEnd(ref=ref), key=key)


async def resume_resting(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    customer = await bench.customer(processor)
    request = replace(bench.subscription(customer), trial_days=14, trial_without_card="pause")
    ref = (await processor.subscriptions.create(request, key=bench.key())).main.ref
    await processor.subscriptions.set_trial_end(SetTrialEnd(ref=ref), key=bench.key())
    card = AttachPaymentMethod(customer=customer, payment_method=GOOD)
    await processor.payment_methods.attach(card, key=bench.key())
    return partial(processor.subscriptions.resume, ResumeSubscription(ref=ref), key=key)


def of_a_customer(method: str, request: Callable[[str], Any]) -> Prepare:
    async def prepare(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
        ref = await bench.customer(processor)
        return partial(getattr(processor.customers, method), request(ref), key=key)

    return prepare


async def comp(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    plain = bench.subscription(await bench.payer(processor))
    request = replace(plain, coupon=COMP_COUPON)
    return partial(processor.subscriptions.create, request, key=key)


async def schedule(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    return partial(processor.schedules.create, await planned(processor, bench), key=key)


def of_a_schedule(method: str, request: Callable[[str, datetime], Any]) -> Prepare:
    async def prepare(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
        asked = await planned(processor, bench)
        made = (await processor.schedules.create(asked, key=bench.key())).main
        wanted = request(made.ref, made.phases[0].ends_at)
        return partial(getattr(processor.schedules, method), wanted, key=key)

    return prepare


async def planned(processor: StripeProcessor, bench: StripeBench) -> CreateSchedule:
    phase = PlannedPhase(items=(NewItem(price=PRICE),), periods=1)
    return CreateSchedule(customer=await bench.payer(processor), phases=(phase,))


def longer(ref: str, ends_at: datetime) -> UpdateSchedule:
    phase = PlannedPhase(items=(NewItem(price=PRICE),), ends_at=ends_at + timedelta(days=30))
    return UpdateSchedule(ref=ref, phases=(phase,))


async def open_checkout(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    customer = await bench.customer(processor)
    request = CreateCheckoutSession(
        customer=customer, items=(NewItem(price=PRICE),), success_url=HOME, cancel_url=HOME
    )
    return partial(processor.checkout.create, request, key=key)


async def open_portal(processor: StripeProcessor, bench: StripeBench, key: Key) -> Call:
    customer = await bench.customer(processor)
    request = CreatePortalSession(customer=customer, return_url=HOME)
    return partial(processor.portal.create, request, key=key)


@dataclass(frozen=True)
class Step:
    """One request of a command: how the command is prepared, and where the request goes."""

    prepare: Prepare
    to: str
    skipped: int = 0


STEPS = {
    "create a customer": Step(create_customer, "POST /v1/customers"),
    "attach": Step(attach, "POST /v1/payment_methods/"),
    "attach, then default": Step(attach, "POST /v1/customers/"),
    "subscribe": Step(subscribe, "POST /v1/subscriptions"),
    "mark, before an end now": Step(ending("now"), "POST /v1/subscriptions/"),
    "end now": Step(ending("now"), "DELETE /v1/subscriptions/"),
    "end with the period": Step(ending("period_end"), "POST /v1/subscriptions/"),
    "end at a date": Step(ending("at"), "POST /v1/subscriptions/"),
    "keep": Step(keeping("period_end"), "POST /v1/subscriptions/"),
    "keep, with a date": Step(keeping("at"), "POST /v1/subscriptions/"),
    "keep, then the date": Step(keeping("at"), "POST /v1/subscriptions/", skipped=1),
    "change": Step(change, "POST /v1/subscriptions/"),
    "end a trial": Step(end_trial, "POST /v1/subscriptions/"),
    "pause": Step(
        of_a_subscription("pause", lambda ref, _: PauseSubscription(ref=ref, behavior="void")),
        "POST /v1/subscriptions/",
    ),
    "pause all of it": Step(
        of_a_subscription("pause", lambda ref, _: PauseSubscription(ref=ref, behavior="none")),
        "POST /v1/subscriptions/",
    ),
    "resume": Step(
        of_a_subscription("resume", lambda ref, _: ResumeSubscription(ref=ref)),
        "POST /v1/subscriptions/",
    ),
    "resume one that rests": Step(resume_resting, "POST /v1/subscriptions/"),
    "update a customer": Step(
        of_a_customer("update", lambda ref: UpdateCustomer(ref=ref, locale="de")),
        "POST /v1/customers/",
    ),
    "set a tax location": Step(
        of_a_customer(
            "set_tax_location",
            lambda ref: SetTaxLocation(ref=ref, country="DE", postal_code="10115"),
        ),
        "POST /v1/customers/",
    ),
    "assign a customer": Step(
        of_a_customer("assign", lambda ref: AssignCustomer(ref=ref, owner=Owner("team", "9"))),
        "POST /v1/customers/",
    ),
    "make the coupon of a comp": Step(comp, "POST /v1/coupons"),
    "comp": Step(comp, "POST /v1/subscriptions"),
    "schedule": Step(schedule, "POST /v1/subscription_schedules"),
    "update a schedule": Step(of_a_schedule("update", longer), "POST /v1/subscription_schedules/"),
    "release a schedule": Step(
        of_a_schedule("release", lambda ref, _: ReleaseSchedule(ref=ref)),
        "POST /v1/subscription_schedules/",
    ),
    "cancel a schedule": Step(
        of_a_schedule("cancel", lambda ref, _: CancelSchedule(ref=ref)),
        "POST /v1/subscription_schedules/",
    ),
    "open a checkout": Step(open_checkout, "POST /v1/checkout/sessions"),
    "open the portal": Step(open_portal, "POST /v1/billing_portal/sessions"),
}
LATER_STEPS = {"attach, then default", "keep, then the date"}
"""Steps before which a part is done: that nothing happened may not be said of them."""

MADE = (
    "customer",
    "coupon",
    "subscription",
    "subscription_schedule",
    "invoice",
    "checkout.session",
    "billing_portal.session",
)

IN_USE = problem(409, "idempotency_error", code="idempotency_key_in_use")
TOO_MANY = problem(429, "invalid_request_error", code="rate_limit")
BROKEN = problem(500, "api_error")

FAULTS: dict[str, tuple[Fault, type[AccrueError]]] = {
    "no connection": (Fault(httpx.ConnectError("refused")), ProcessorUnreachable),
    "reset before the effect": (Fault(httpx.ReadError("reset")), ProcessorUnavailable),
    "reset after the effect": (Fault(httpx.ReadError("reset"), is_done=True), ProcessorUnavailable),
    "a 500 on the way": (Fault(BROKEN), FailureRemembered),
    "a 500 after the effect": (Fault(BROKEN, is_done=True), FailureRemembered),
    "too many requests": (Fault(replace(TOO_MANY, headers={"retry-after": "2"})), RateLimited),
    "the key in flight": (Fault(IN_USE), OperationInProgress),
    "an answer too slow": (Fault(pause=2.0), ProcessorUnavailable),
}

SEEN_AT_ONCE = {
    ("attach", "a 500 after the effect"),
    ("set a tax location", "a 500 after the effect"),
    ("mark, before an end now", "a 500 after the effect"),
    ("keep", "a 500 after the effect"),
    ("keep, with a date", "a 500 after the effect"),
    ("keep, with a date", "a 500 on the way"),
}
"""What a command reads behind a failure: it is done, or there was nothing to do."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_command_fails_as_what_it_is_and_repeated_has_one_effect(
    step: str, fault: str
) -> None:
    account, planned, (failing, expected) = furnished(), STEPS[step], FAULTS[fault]
    if step in LATER_STEPS and expected in (ProcessorUnreachable, RateLimited):
        expected = ProcessorUnavailable
    async with asking(account, SOON if failing.pause else SETTINGS) as processor:
        bench = bench_of(account)
        call = await planned.prepare(processor, bench, bench.key())
        account.done.clear()
        had = {kind: len(account.books.all(kind)) for kind in MADE}
        account.faults += [Fault(to=planned.to)] * planned.skipped
        account.faults.append(replace(failing, to=planned.to))

        if (step, fault) in SEEN_AT_ONCE:
            await call()
        else:
            with pytest.raises(AccrueError) as caught:
                await call()
            assert type(caught.value) is expected
            assert "person.example" not in str(caught.value)
        assert account.faults == []

        once = await call()
        again = await call()

    assert once == again
    assert len(account.done) == len({(one.method, one.path, one.key) for one in account.done})
    assert all(len(account.books.all(kind)) - had[kind] <= 1 for kind in MADE)


async def test_a_double_click_is_one_subscription_and_one_refusal() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        call = await subscribe(processor, bench, bench.key())
        account.faults.append(Fault(pause=0.1))

        first, second = await asyncio.gather(call(), call(), return_exceptions=True)

    assert isinstance(first, Answer)
    assert isinstance(second, OperationInProgress)
    assert len(account.books.all("subscription")) == 1


async def test_a_key_is_forgotten_after_a_day() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        call = await create_customer(processor, bench, bench.key())
        first = await call()
        account.now += DAY
        later = await call()

    assert first.main.ref != later.main.ref
    assert processor.recovery["customers.create"].key_lifetime == timedelta(hours=24)
