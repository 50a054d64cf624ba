"""Requests that are sent again: when, after how long, and with one effect in the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CancelSubscription
from accrue_core.errors import (
    AccrueError,
    OperationInProgress,
    ProcessorRejected,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
)
from accrue_core.owners import Owner
from accrue_stripe.breaker import CircuitBreaker
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.retrying import Sending, Tried, answered, delay_before, is_worth_repeating
from tests.stripe import objects
from tests.stripe.account.line import Fault
from tests.stripe.asking import SETTINGS, asking, bench_of, furnished
from tests.stripe.stand_in import Reply, problem
from tests.stripe.test_faults import FAULTS, IN_USE, MADE, STEPS, TOO_MANY

PERSISTENT = replace(SETTINGS, retries=2, retry_delay=0.001)
HASTY = replace(PERSISTENT, request_timeout=0.4)
POST = Sending("POST", has_key=True)
GET = Sending("GET", has_key=False)
DELETE = Sending("DELETE", has_key=True)
KEYLESS = Sending("POST", has_key=False)
RESET = Tried(was_sent=True)
NOT_SENT = Tried(was_sent=False)
LOCKED = Tried(status=409, code="lock_timeout")
IN_FLIGHT = Tried(status=409, code="idempotency_key_in_use")


@pytest.mark.parametrize(
    ("tried", "post", "get", "delete", "keyless"),
    [
        (RESET, True, True, False, False),
        (NOT_SENT, True, True, True, True),
        (Tried(status=200), False, False, False, False),
        (Tried(status=400), False, False, False, False),
        (Tried(status=402), False, False, False, False),
        (Tried(status=404), False, False, False, False),
        (Tried(status=429), True, True, True, True),
        (Tried(status=429, should_retry=False), False, False, False, False),
        (Tried(status=500), True, True, False, False),
        (Tried(status=503), True, True, False, False),
        (Tried(status=500, should_retry=False), False, False, False, False),
        (Tried(status=400, should_retry=True), True, True, True, True),
        (LOCKED, True, True, False, False),
        (Tried(status=409, code="lock_timeout", should_retry=True), True, True, True, True),
        (IN_FLIGHT, False, False, False, False),
        (Tried(status=409, code="idempotency_key_in_use", should_retry=True),) + (False,) * 4,
    ],
)  # fmt: skip
def test_what_is_sent_again(
    tried: Tried, post: bool, get: bool, delete: bool, keyless: bool
) -> None:
    wanted = (post, get, delete, keyless)
    for sending, expected in zip((POST, GET, DELETE, KEYLESS), wanted, strict=True):
        assert is_worth_repeating(sending, tried, is_first=True) == expected, sending


def test_a_key_in_flight_is_waited_for_if_it_may_be_by_our_own_try() -> None:
    assert is_worth_repeating(POST, IN_FLIGHT, is_first=False)
    assert not is_worth_repeating(DELETE, IN_FLIGHT, is_first=False)


def test_waits_double_up_to_a_limit_and_are_never_shorter_than_asked_for() -> None:
    plain = Tried(status=500)
    waits = [delay_before(n, plain, first=0.5, jitter=0.0) for n in (1, 2, 3, 4, 5, 60)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert delay_before(1, plain, first=0.5, jitter=1.0) == 0.75
    assert delay_before(1, Tried(status=429, retry_after=7.0), first=0.5, jitter=0.0) == 7.0
    assert delay_before(5, Tried(status=429, retry_after=1.0), first=0.5, jitter=0.0) == 5.0


@pytest.mark.parametrize(
    ("headers", "should_retry", "retry_after"),
    [
        ({}, None, None),
        ({"stripe-should-retry": "true", "retry-after": "2"}, True, 2.0),
        ({"stripe-should-retry": "false", "retry-after": "soon"}, False, None),
        ({"stripe-should-retry": "perhaps", "retry-after": "-1"}, None, None),
    ],
)
def test_an_answer_says_whether_and_when(
    headers: dict[str, str], should_retry: bool | None, retry_after: float | None
) -> None:
    tried = answered(503, headers, b"")
    assert (tried.should_retry, tried.retry_after) == (should_retry, retry_after)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"error": 7}', b'{"error": {"code": 7}}'])
def test_a_conflict_without_a_code_is_a_lock(body: bytes) -> None:
    assert answered(409, {}, body).code is None
    assert is_worth_repeating(POST, answered(409, {}, body), is_first=True)


HEALED = {name: fault for name, (fault, _) in FAULTS.items() if name != "the key in flight"}
CERTAIN = ("no connection", "too many requests")
"""Faults after which it is known that nothing was done."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", HEALED)
async def test_one_fault_on_the_way_is_healed_with_one_effect(step: str, fault: str) -> None:
    account, planned, failing = furnished(), STEPS[step], HEALED[fault]
    failing = replace(failing, answer=_at_once(failing.answer))
    async with asking(account, HASTY if failing.pause else PERSISTENT) as processor:
        bench = bench_of(account)
        call = await planned.prepare(processor, bench, bench.key())
        account.done.clear()
        had = {kind: len(account.books.all(kind)) for kind in MADE}
        account.faults += [Fault(to=planned.to)] * planned.skipped
        account.faults.append(replace(failing, to=planned.to))

        if planned.to.startswith("DELETE") and fault not in CERTAIN:
            with pytest.raises(ProcessorUnavailable):
                await call()
        else:
            await call()
        assert account.faults == []
        assert await call() == await call()

    assert len(account.done) == len({(one.method, one.path, one.key) for one in account.done})
    assert all(len(account.books.all(kind)) - had[kind] <= 1 for kind in MADE)


def _at_once(answer: Reply | Exception | None) -> Reply | Exception | None:
    """Drop the wait that an answer asks for."""
    return replace(answer, headers={}) if isinstance(answer, Reply) else answer


SETBACKS: dict[str, tuple[Fault, Fault, type[AccrueError]]] = {
    "turned away after a reset": (
        Fault(httpx.ReadError("reset"), is_done=True),
        Fault(replace(TOO_MANY, headers={})),
        ProcessorUnavailable,
    ),
    "not reached after a reset": (
        Fault(httpx.ReadError("reset"), is_done=True),
        Fault(httpx.ConnectError("refused")),
        ProcessorUnavailable,
    ),
    "forbidden after a 500": (
        Fault(problem(500, "api_error"), is_done=True),
        Fault(problem(403, "invalid_request_error")),
        ProcessorUnavailable,
    ),
    "in flight after silence": (
        Fault(httpx.ReadTimeout("slow")),
        Fault(IN_USE),
        ProcessorUnavailable,
    ),
    "never reached": (
        Fault(httpx.ConnectError("refused")),
        Fault(httpx.ConnectError("refused")),
        ProcessorUnreachable,
    ),
    "turned away twice": (Fault(TOO_MANY), Fault(replace(TOO_MANY, headers={})), RateLimited),
    "refused after a reset": (
        Fault(httpx.ReadError("reset")),
        Fault(problem(400, "invalid_request_error", code="email_invalid")),
        ProcessorRejected,
    ),
    "by somebody else": (Fault(IN_USE), Fault(), OperationInProgress),
}


@pytest.mark.parametrize("setback", SETBACKS)
async def test_nobody_is_told_that_nothing_happened_while_a_try_is_undecided(setback: str) -> None:
    account, (first, then, expected) = furnished(), SETBACKS[setback]
    request = CreateCustomer(owner=Owner("team", "1"), email="a@person.example")
    async with asking(account, PERSISTENT) as processor:
        account.faults += [first, then, then]
        with pytest.raises(AccrueError) as caught:
            await processor.customers.create(request, key=Key("key-1", "aop_1"))
        assert type(caught.value) is expected
        account.faults.clear()
        account.memory.in_flight.clear()

        answer = await processor.customers.create(request, key=Key("key-1", "aop_1"))

    assert [one["id"] for one in account.books.all("customer")] == [answer.main.ref]
    assert {one.key for one in account.asked} == {"key-1"}


async def test_an_end_now_is_not_sent_twice_unless_it_was_not_carried_out() -> None:
    for fault, tries in ((Fault(httpx.ReadError("reset")), 1), (Fault(TOO_MANY), 2)):
        account = furnished()
        async with asking(account, PERSISTENT) as processor:
            bench = bench_of(account)
            ref = (await bench.subscribed(processor)).main.ref
            account.faults.append(replace(fault, answer=_at_once(fault.answer), to="DELETE"))
            end = CancelSubscription(ref=ref, when="now")
            try:
                await processor.subscriptions.cancel(end, key=bench.key())
            except ProcessorUnavailable:
                assert tries == 1
        assert len(account.requests("DELETE")) == tries


async def test_a_wait_that_is_longer_than_the_call_may_take_is_left_to_the_caller() -> None:
    account = furnished()
    async with asking(account, replace(PERSISTENT, call_timeout=1.0)) as processor:
        account.faults.append(Fault(replace(TOO_MANY, headers={"retry-after": "30"}), to="GET"))
        with pytest.raises(RateLimited) as caught:
            await processor.fetch("customer", "cus_1")

    assert caught.value.retry_after == 30.0
    assert len(account.asked) == 1


async def test_a_call_ends_in_time_however_often_it_is_tried() -> None:
    account = furnished()
    hasty = replace(PERSISTENT, request_timeout=0.4, call_timeout=0.6, retries=50)
    async with asking(account, hasty) as processor:
        account.faults += [Fault(pause=2.0, to="GET")] * 50
        with pytest.raises(ProcessorUnavailable):
            await processor.fetch("customer", "cus_1")

    assert len(account.asked) == 2


async def test_a_log_says_that_a_request_is_repeated_and_nothing_of_what_it_says(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="accrue.stripe")
    account = furnished()
    async with asking(account, PERSISTENT) as processor:
        account.faults.append(Fault(problem(500, "api_error")))
        await bench_of(account).customer(processor)

    (record,) = caplog.records
    assert record.getMessage() == "POST /v1/customers: 500, asking again in 0.0 s"


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def breaker(watch: Watch) -> CircuitBreaker:
    return CircuitBreaker(most_failures=3, pause=30.0, monotonic=watch)


def test_a_breaker_opens_after_failures_in_a_row_and_probes_after_a_pause() -> None:
    watch = Watch()
    line = breaker(watch)
    for _ in range(2):
        line.failed()
    line.succeeded()
    for _ in range(2):
        line.failed()
    assert line.admits()
    line.failed()
    assert not line.admits()

    watch.seconds += 30.0
    assert line.admits()
    assert not line.admits()
    line.failed()
    watch.seconds += 29.9
    assert not line.admits()
    watch.seconds += 0.1
    assert line.admits()
    line.succeeded()
    assert line.admits()
    assert line.admits()


def test_a_probe_that_nobody_waited_for_lets_the_next_one_through() -> None:
    watch = Watch()
    line = breaker(watch)
    for _ in range(3):
        line.failed()
    watch.seconds += 30.0
    assert line.admits()
    line.gave_up()
    assert line.admits()


@asynccontextmanager
async def counting(
    answer: Callable[[], httpx.Response],
) -> AsyncIterator[tuple[StripeProcessor, list[str]]]:
    """Return a processor whose requests are counted."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer()

    settings = replace(PERSISTENT, retries=0, breaker_failures=3, breaker_pause=60.0)
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        yield StripeProcessor(settings, client), asked


def reset() -> httpx.Response:
    raise httpx.ReadError("reset")


@pytest.mark.parametrize("answer", [lambda: httpx.Response(503), reset], ids=["503", "reset"])
async def test_stripe_is_left_alone_while_it_does_not_answer(
    answer: Callable[[], httpx.Response],
) -> None:
    async with counting(answer) as (processor, asked):
        for _ in range(3):
            with pytest.raises(ProcessorUnavailable):
                await processor.fetch("customer", "cus_1")
        for _ in range(3):
            with pytest.raises(ProcessorUnreachable, match="not asked for a while"):
                await processor.fetch("customer", "cus_1")
    assert len(asked) == 3


async def test_silence_that_outlasts_the_whole_call_counts_as_well() -> None:
    asked: list[str] = []

    async def silence(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        await asyncio.sleep(60)
        raise AssertionError("nobody waits for so long")

    settings = replace(PERSISTENT, call_timeout=0.02, breaker_failures=2, breaker_pause=60.0)
    async with httpx.AsyncClient(transport=httpx.MockTransport(silence)) as client:
        processor = StripeProcessor(settings, client)
        for expected in (ProcessorUnavailable, ProcessorUnavailable, ProcessorUnreachable):
            with pytest.raises(expected):
                await processor.fetch("customer", "cus_1")
    assert len(asked) == 2


async def test_a_refusal_is_an_answer_and_opens_nothing() -> None:
    refusal = {"error": {"type": "invalid_request_error", "code": "email_invalid"}}
    async with counting(lambda: httpx.Response(400, json=refusal)) as (processor, asked):
        for _ in range(5):
            with pytest.raises(ProcessorRejected):
                await processor.fetch("customer", "cus_1")
    assert len(asked) == 5


async def test_one_account_s_line_is_not_another_s() -> None:
    down = httpx.MockTransport(lambda _: httpx.Response(503))
    up = httpx.MockTransport(lambda _: httpx.Response(200, json=objects.customer()))
    eu = replace(PERSISTENT, name="eu", retries=0, breaker_failures=1, breaker_pause=60.0)
    async with httpx.AsyncClient(transport=down) as broken, httpx.AsyncClient(transport=up) as well:
        first = StripeProcessor(eu, broken)
        second = StripeProcessor(replace(eu, name="us"), well)
        for expected in (ProcessorUnavailable, ProcessorUnreachable):
            with pytest.raises(expected):
                await first.fetch("customer", "cus_TeamFortyTwo")
        assert (await second.fetch("customer", "cus_TeamFortyTwo")).main.ref == "cus_TeamFortyTwo"
