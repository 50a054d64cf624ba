"""The same faults between two processes: what a socket sees, what the SDK does, what we do."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from accrue_core import Owner
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Key
from accrue_core.errors import InvalidRequest, ProcessorError, ProcessorUnavailable, RateLimited
from accrue_core.settings import Secret
from accrue_fake.wire.stripe.process import KEY, StripeProcess
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings

Order = tuple[str, str, dict[str, Any]]

CALL = "customers.create"
RESET_BEFORE: Order = ("scenarios", "lose_next_answer", {"when": "before"})
RESET_AFTER: Order = ("scenarios", "lose_next_answer", {"when": "after"})
UNREACHED: Order = ("scenarios", "cut_next_call", {})
HALF_A_BODY: Order = ("faults", "break_next_body", {})
STALLED: Order = ("faults", "stall_next_body", {"seconds": 2.0})
LIMITED: Order = ("scenarios", "limit_next_call", {"retry_after": 0.1})
FAILS: Order = ("scenarios", "fail_next_call", {})
FAILS_AFTER: Order = ("faults", "fail_next_answer", {})
INTERCEPTED: Order = ("faults", "intercept_next_answer", {})
ALL = [
    RESET_BEFORE,
    RESET_AFTER,
    UNREACHED,
    HALF_A_BODY,
    STALLED,
    LIMITED,
    FAILS,
    FAILS_AFTER,
    INTERCEPTED,
]
NOTICED = [fault for fault in ALL if fault is not STALLED]
"""Those that the SDK notices: its patience begins anew with every byte."""

DONE = [RESET_AFTER, HALF_A_BODY, STALLED, FAILS_AFTER, INTERCEPTED]
"""Those after which the customer is there."""


@pytest.fixture(scope="module")
def process() -> Iterator[StripeProcess]:
    stripe.enable_telemetry = False
    with StripeProcess() as process:
        yield process


def strike(process: StripeProcess, fault: Order) -> None:
    noun, method, arguments = fault
    process.ask(noun, method, call=CALL, **arguments)


def name_of(fault: Order) -> str:
    return " ".join([fault[1], *map(str, fault[2].values())])


def sdk(process: StripeProcess, *, retries: int = 0) -> Any:
    """Return the official client, which waits a second for every byte."""
    client = stripe.StripeClient(
        KEY,
        base_addresses={"api": process.origin},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=1),
    )
    return client.v1.customers


def known(process: StripeProcess, email: str) -> list[str]:
    return [one.id for one in sdk(process).list({"email": email}).data]


def received(process: StripeProcess, email: str) -> tuple[bytes, bool, float, float]:
    """Ask by hand; return what came, whether a reset ended it, and when the first and last came."""
    place = urlsplit(process.origin)
    body = f"email={email}".encode()
    head = f"POST /v1/customers HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
    head += f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    begun, times, came = time.monotonic(), [0.0], b""
    with closing(socket.create_connection((place.hostname, place.port), timeout=10)) as line:
        line.sendall(head.encode() + body)
        try:
            while part := line.recv(65536):
                came += part
                times.append(time.monotonic() - begun)
        except ConnectionResetError:
            return came, True, times[min(1, len(times) - 1)], times[-1]
    return came, False, times[1], times[-1]


@pytest.mark.parametrize("fault", [RESET_BEFORE, RESET_AFTER, UNREACHED], ids=name_of)
def test_a_reset_is_a_reset_and_nothing_else(process: StripeProcess, fault: Order) -> None:
    email = f"{name_of(fault)}@reset.example".replace(" ", "-")
    strike(process, fault)

    came, is_reset, *_ = received(process, email)

    assert (came, is_reset) == (b"", True)
    assert len(known(process, email)) == (fault in DONE)


def test_half_a_body_ends_in_a_reset(process: StripeProcess) -> None:
    strike(process, HALF_A_BODY)

    came, is_reset, *_ = received(process, "half@body.example")

    head, _, body = came.partition(b"\r\n\r\n")
    promised = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.startswith(b"content-length")
    )
    assert is_reset
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert len(body) == promised // 2
    assert len(known(process, "half@body.example")) == 1


def test_a_body_that_stalls_begins_at_once(process: StripeProcess) -> None:
    process.ask("faults", "stall_next_body", call=CALL, seconds=0.6)

    came, is_reset, first, last = received(process, "slow@body.example")

    assert not is_reset
    assert came.endswith(b"}")
    assert first < 0.3 < 0.5 < last


def test_the_sdk_waits_for_a_body_that_dribbles(process: StripeProcess) -> None:
    process.ask("faults", "stall_next_body", call=CALL, seconds=1.3)

    made = sdk(process).create({"email": "patient@body.example"})

    assert known(process, "patient@body.example") == [made.id]


def test_what_was_ordered_can_be_forgotten_and_nonsense_is_refused(process: StripeProcess) -> None:
    strike(process, HALF_A_BODY)
    process.ask("faults", "clear_answers")
    sdk(process).create({"email": "whole@body.example"})

    for method, arguments in (
        ("held", {"call": CALL}),
        ("break_next_body", {"colour": "red"}),
        ("break_next_body", {"times": 0}),
        ("stall_next_body", {"seconds": -1}),
    ):
        with pytest.raises(InvalidRequest):
            process.ask("faults", method, **arguments)


@pytest.mark.parametrize("fault", NOTICED, ids=name_of)
def test_the_sdk_says_what_went_wrong_and_asked_again_it_is_done_once(
    process: StripeProcess, fault: Order
) -> None:
    email = f"{name_of(fault)}@sdk.example".replace(" ", "-")
    options = {"idempotency_key": email}
    strike(process, fault)
    expected: Any = {
        LIMITED[1]: stripe.RateLimitError,
        FAILS[1]: stripe.APIError,
        FAILS_AFTER[1]: stripe.APIError,
        INTERCEPTED[1]: stripe.APIError,
    }.get(fault[1], stripe.APIConnectionError)

    with pytest.raises(expected):
        sdk(process).create({"email": email}, options)
    assert len(known(process, email)) == (fault in DONE)

    if fault is FAILS_AFTER:
        with pytest.raises(stripe.APIError):
            sdk(process).create({"email": email}, options)
    else:
        made = sdk(process).create({"email": email}, options)
        assert known(process, email) == [made.id]
    assert len(known(process, email)) == 1


@pytest.mark.parametrize("fault", NOTICED, ids=name_of)
def test_the_sdk_asks_again_by_itself_but_not_after_half_a_body(
    process: StripeProcess, fault: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    email = f"{name_of(fault)}@again.example".replace(" ", "-")
    strike(process, fault)

    if fault in (HALF_A_BODY, FAILS_AFTER):
        with pytest.raises(stripe.StripeError):
            sdk(process, retries=2).create({"email": email})
    else:
        sdk(process, retries=2).create({"email": email})

    assert len(known(process, email)) == 1


@asynccontextmanager
async def plugin(process: StripeProcess, *, retries: int) -> AsyncIterator[StripeProcessor]:
    """Give our plugin a line of its own to the server."""
    settings = StripeSettings(
        api_key=Secret(KEY),
        webhook_secrets=(Secret("whsec_x"),),
        api_base=process.origin,
        retries=retries,
        retry_delay=0.01,
        request_timeout=1,
    )
    processor = StripeProcessor(settings)
    try:
        yield processor
    finally:
        await processor.close()


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("fault", ALL, ids=name_of)
async def test_our_plugin_is_told_the_truth_and_asks_again_where_that_helps(
    process: StripeProcess, fault: Order, retries: int
) -> None:
    email = f"{name_of(fault)}-{retries}@ours.example".replace(" ", "-")
    request = CreateCustomer(owner=Owner("team", email), email=email)
    key = Key(idempotency_key=email, operation_id=email)
    strike(process, fault)

    async with plugin(process, retries=retries) as processor:
        if retries == 0 or fault is FAILS_AFTER:
            expected: type[ProcessorError] = (
                RateLimited if fault is LIMITED else ProcessorUnavailable
            )
            with pytest.raises(expected) as raised:
                await processor.customers.create(request, key=key)
            assert email not in str(raised.value)
            assert len(known(process, email)) == (fault in DONE)
        if fault is not FAILS_AFTER:
            made = await processor.customers.create(request, key=key)
            assert known(process, email) == [made.main.ref]
    assert len(known(process, email)) == 1
