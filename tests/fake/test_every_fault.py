"""Every fault there is, at every method that changes something: once it is over, once it is done.

A twin of the shop, at which nothing goes wrong, says what the books are to be afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from accrue_core.contracts.changes import PauseSubscription, ResumeSubscription, SetTrialEnd
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.results import Key
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    PlannedPhase,
    ReleaseSchedule,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    NewItem,
)
from accrue_core.errors import (
    AccrueError,
    NotAsked,
    ProcessorMisconfigured,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
)
from accrue_core.owners import Owner
from accrue_fake import Engine
from accrue_fake.engine.door import API, QUESTIONS, Door
from accrue_fake.engine.scenarios import RANDOM
from tests.fake.shop import DAY, START, Shop

KEY = Key("the-key", "the-operation")
HOUR = timedelta(hours=1)
ADDRESS = "https://shop.example/billing"


class Scene(NamedTuple):
    """A shop in which something of everything is there, under refs that are always the same."""

    shop: Shop
    customer: str
    running: str
    trial: str
    ending: str
    paused: str
    schedule: str


def scene(seed: int = 7) -> Scene:
    shop = Shop(Engine(seed=seed))
    shop.stock_up()
    customer = shop.customer("pm_card_visa")
    running, ending, paused = (str(shop.subscribe(customer).main.ref) for _ in range(3))
    trial = str(shop.subscribe(customer, trial_days=14).main.ref)
    shop.cancel(ending, "period_end")
    shop.pause(paused, "void")
    request = CreateSchedule(customer=customer, phases=phases(START))
    schedule = str(shop.engine.schedules.create(request, key=shop.key()).main.ref)
    shop.pass_days(1)
    shop.events()
    return Scene(shop, customer, running, trial, ending, paused, schedule)


def phases(start: Any) -> tuple[PlannedPhase, ...]:
    first = PlannedPhase(items=(NewItem(price="price_monthly"),), ends_at=start + 62 * DAY)
    then = PlannedPhase(items=(NewItem(price="price_pro"),), ends_at=start + 200 * DAY)
    return (first, then)


REQUESTS: Mapping[str, Callable[[Scene], Any]] = {
    "customers.create": lambda _: CreateCustomer(owner=Owner("team", "new"), name="Ada"),
    "customers.update": lambda at: UpdateCustomer(ref=at.customer, metadata={"a": "b"}),
    "customers.set_tax_location": lambda at: SetTaxLocation(ref=at.customer, country="DE"),
    "customers.assign": lambda at: AssignCustomer(ref=at.customer, owner=Owner("team", "heirs")),
    "payment_methods.attach": lambda at: AttachPaymentMethod(
        customer=at.customer, payment_method="pm_card_mastercard"
    ),
    "subscriptions.create": lambda at: CreateSubscription(
        customer=at.customer, items=(NewItem(price="price_pro"),)
    ),
    "subscriptions.cancel": lambda at: CancelSubscription(ref=at.running, when="period_end"),
    "subscriptions.keep": lambda at: KeepSubscription(ref=at.ending),
    "subscriptions.change": lambda at: at.shop.asked(
        at.running, at.shop.target(at.running, "price_pro")
    ),
    "subscriptions.set_trial_end": lambda at: SetTrialEnd(ref=at.trial),
    "subscriptions.pause": lambda at: PauseSubscription(ref=at.running, behavior="void"),
    "subscriptions.resume": lambda at: ResumeSubscription(ref=at.paused),
    "schedules.create": lambda at: CreateSchedule(
        customer=at.customer, phases=phases(START + 9 * DAY), starts_at=START + 9 * DAY
    ),
    "schedules.update": lambda at: UpdateSchedule(ref=at.schedule, phases=phases(START)[:1]),
    "schedules.release": lambda at: ReleaseSchedule(ref=at.schedule),
    "schedules.cancel": lambda at: CancelSchedule(ref=at.schedule),
    "checkout.create": lambda at: CreateCheckoutSession(
        customer=at.customer,
        items=(NewItem(price="price_pro"),),
        success_url=ADDRESS,
        cancel_url=ADDRESS,
    ),
    "portal.create": lambda at: CreatePortalSession(customer=at.customer, return_url=ADDRESS),
}
SILENT = frozenset({"portal.create", "checkout.create"})
"""These change the books and nothing that anybody is told of."""

CHARGES: Mapping[str, str] = {
    "subscriptions.create": "incomplete",
    "subscriptions.change": "card_declined",
    "subscriptions.set_trial_end": "past_due",
}
"""These charge a card at once, and this is left of them when it is declined."""

UNREAD: Mapping[str, tuple[Callable[[Engine, str], None], type[AccrueError]]] = {
    "lost_before": (
        lambda engine, call: engine.scenarios.lose_next_answer("before", call=call),
        ProcessorUnavailable,
    ),
    "server_error": (
        lambda engine, call: engine.scenarios.fail_next_call(call=call),
        ProcessorUnavailable,
    ),
    "rate_limited": (
        lambda engine, call: engine.scenarios.limit_next_call(call=call),
        RateLimited,
    ),
    "unreachable": (
        lambda engine, call: engine.scenarios.cut_next_call(call=call),
        ProcessorUnreachable,
    ),
    "misconfigured": (
        lambda engine, call: engine.scenarios.misconfigure_next_call(call=call),
        ProcessorMisconfigured,
    ),
}
mutating = pytest.mark.parametrize("call", REQUESTS)


def ask(at: Scene, call: str, *, request: Any = None) -> Any:
    noun, _, method = call.partition(".")
    arguments = {"request": request or REQUESTS[call](at), "key": KEY}
    return Door(at.shop.engine).call(noun, method, arguments)


def undisturbed(call: str) -> tuple[Scene, Any]:
    twin = scene()
    return twin, ask(twin, call)


def test_every_method_that_changes_something_is_here() -> None:
    offered = {f"{noun}.{method}" for noun, methods in API.items() for method in methods}

    assert {call for call in offered if call.partition(".")[2] not in QUESTIONS} == set(REQUESTS)


def test_every_fault_of_the_line_is_here() -> None:
    of_webhooks = {"webhook_lost", "webhook_delayed", "webhook_duplicated"}

    assert {*UNREAD, "lost_after", "declined", *of_webhooks} == RANDOM


@mutating
@pytest.mark.parametrize("kind", UNREAD)
def test_what_was_not_done_leaves_no_trace_and_is_done_once_when_repeated(
    call: str, kind: str
) -> None:
    twin, done = undisturbed(call)
    at, (order, error) = scene(), UNREAD[kind]
    before, request = at.shop.engine.dump(), REQUESTS[call](at)
    order(at.shop.engine, call)

    with pytest.raises(error) as raised:
        ask(at, call, request=request)

    assert isinstance(raised.value, NotAsked) == (error is not ProcessorUnavailable)
    assert at.shop.engine.dump() == before
    for _ in range(2):
        assert ask(at, call, request=request) == done
    assert at.shop.engine.dump() == twin.shop.engine.dump()


@mutating
def test_what_was_done_and_not_answered_is_done_once(call: str) -> None:
    twin, done = undisturbed(call)
    at = scene()
    request = REQUESTS[call](at)
    at.shop.engine.scenarios.lose_next_answer("after", call=call)

    with pytest.raises(ProcessorUnavailable):
        ask(at, call, request=request)

    assert at.shop.engine.dump() == twin.shop.engine.dump()
    for _ in range(2):
        assert ask(at, call, request=request) == done
    assert at.shop.engine.dump() == twin.shop.engine.dump()


@mutating
@pytest.mark.parametrize("kind", [*UNREAD, "lost_after"])
def test_chance_strikes_every_method_alike(call: str, kind: str) -> None:
    twin, done = undisturbed(call)
    at = scene()
    request = REQUESTS[call](at)
    at.shop.engine.scenarios.go_wrong_at_random(**{kind: 1.0})
    for _ in range(3):
        with pytest.raises(AccrueError):
            ask(at, call, request=request)
    at.shop.engine.scenarios.clear()

    assert ask(at, call, request=request) == done
    assert told(at) == told(twin)


@mutating
def test_half_a_chance_ends_in_the_same_books_from_one_seed(call: str) -> None:
    runs = []
    for _ in range(2):
        at = scene(seed=11)
        request = REQUESTS[call](at)
        at.shop.engine.scenarios.go_wrong_at_random(lost_before=0.3, lost_after=0.3)
        runs.append((insisted(at, call, request), at.shop.engine.dump()))

    assert runs[0] == runs[1]


def insisted(at: Scene, call: str, request: Any) -> tuple[int, Any]:
    """Repeat until there is an answer; return how often it took."""
    for number in range(1, 100):
        try:
            return number, ask(at, call, request=request)
        except ProcessorUnavailable:
            continue
    raise AssertionError("a fair coin does not fall on one side a hundred times")


@mutating
def test_a_lost_webhook_is_lost_and_the_others_are_not(call: str) -> None:
    twin, done = undisturbed(call)
    whole = told(twin)
    at = scene()
    at.shop.engine.scenarios.lose_next_webhook()

    assert ask(at, call) == done
    assert [one[1] for one in told(at)] == [one[1] for one in whole[1:]]
    assert bool(whole) == (call not in SILENT)


@mutating
def test_a_delayed_webhook_comes_later_and_once(call: str) -> None:
    whole = told(undisturbed(call)[0])
    at = scene()
    at.shop.engine.scenarios.delay_next_webhook(2 * HOUR)

    ask(at, call)

    assert told(at) == whole[1:]
    at.shop.engine.advance(2 * HOUR)
    assert told(at) == whole[:1]


@mutating
def test_a_duplicated_webhook_comes_twice_under_one_name(call: str) -> None:
    whole = told(undisturbed(call)[0])
    at = scene()
    at.shop.engine.scenarios.duplicate_next_webhook()

    ask(at, call)

    assert told(at) == whole[:1] + whole


@mutating
def test_shuffled_webhooks_are_the_same_in_another_order_from_one_seed(call: str) -> None:
    whole = told(undisturbed(call)[0])
    orders = []
    for _ in range(2):
        at = scene()
        at.shop.engine.scenarios.shuffle_webhooks()
        ask(at, call)
        orders.append(told(at))

    assert orders[0] == orders[1]
    assert sorted(orders[0]) == sorted(whole)


@pytest.mark.parametrize(("call", "left"), CHARGES.items())
def test_a_declined_charge_is_declined_once_under_its_key(call: str, left: str) -> None:
    at = scene()
    request = REQUESTS[call](at)
    at.shop.engine.scenarios.decline_next_charge(customer=at.customer)

    assert said(at, call, request) == left
    books = at.shop.engine.dump()
    assert said(at, call, request) == left
    assert at.shop.engine.dump() == books
    assert at.shop.engine.scenarios.is_quiet


def said(at: Scene, call: str, request: Any) -> str:
    """Return the status that came of a charge, or the name of its refusal."""
    try:
        return str(ask(at, call, request=request).main.status)
    except AccrueError as refused:
        return refused.code


def told(at: Scene) -> list[tuple[str, str]]:
    """Take what is owed now: the names and types of events, as they are delivered."""
    events = at.shop.engine.books.events
    taken = at.shop.engine.emitter.take()
    return [(webhook.event_ref, events[webhook.event_ref].type) for webhook in taken]
