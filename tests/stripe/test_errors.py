"""What goes wrong at Stripe, or on the way there, in our words."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
import stripe

from accrue_core.errors import (
    AccrueError,
    CardDeclined,
    NotAsked,
    OperationInProgress,
    ProcessorMisconfigured,
    ProcessorRejected,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
)
from accrue_core.settings import Secret
from accrue_stripe.errors import FailureRemembered, translate
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.stripe import objects
from tests.stripe.stand_in import Reply, StandIn, problem

SETTINGS = StripeSettings(
    api_key=Secret("sk_test_1"),
    webhook_secrets=(Secret("whsec_1"),),
    request_timeout=0.5,
    retries=0,
)
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def refusal(reply: Reply) -> AccrueError:
    """Fetch a customer, be answered like this, and return what was raised."""
    app = StandIn(lambda: [objects.customer()])
    app.next_replies.append(reply)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await raised(StripeProcessor(SETTINGS, client))


async def raised(processor: StripeProcessor) -> AccrueError:
    with pytest.raises(AccrueError) as caught:
        await processor.fetch("customer", "cus_TeamFortyTwo")
    shown = "".join(traceback.format_exception(caught.value))
    assert "person.example" not in shown
    assert "sk_test_1" not in shown
    return caught.value


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (problem(401, "invalid_request_error"), ProcessorMisconfigured),
        (problem(403, "invalid_request_error", code="permissions"), ProcessorMisconfigured),
        (problem(429, "invalid_request_error", code="rate_limit"), RateLimited),
        (problem(400, "invalid_request_error", code="rate_limit"), RateLimited),
        (problem(404, "invalid_request_error", code="resource_missing"), RemoteMissing),
        (problem(404, "invalid_request_error", code="url_invalid"), ProcessorRejected),
        (problem(404, "invalid_request_error"), ProcessorUnavailable),
        (Reply(404, b"<html>not here</html>"), ProcessorUnavailable),
        (problem(400, "invalid_request_error", code="resource_missing"), ProcessorRejected),
        (problem(400, "idempotency_error"), ProcessorRejected),
        (problem(409, "idempotency_error", code="idempotency_key_in_use"), OperationInProgress),
        (problem(409, "invalid_request_error", code="lock_timeout"), ProcessorUnavailable),
        (problem(402, "card_error", code="card_declined"), CardDeclined),
        (problem(402, "invalid_request_error"), ProcessorRejected),
        (problem(500, "api_error"), FailureRemembered),
        (Reply(502, b"<html>bad gateway</html>"), ProcessorUnavailable),
        (Reply(503, b""), ProcessorUnavailable),
        (Reply(200, b"not json"), ProcessorUnavailable),
        (Reply(302, b"", {"location": "https://elsewhere.example/"}), ProcessorUnavailable),
    ],
)
async def test_an_answer_becomes_an_error_of_ours(
    reply: Reply, expected: type[AccrueError]
) -> None:
    assert type(await refusal(reply)) is expected


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("id", RemoteMissing),
        ("customer", RemoteMissing),
        ("items[0][price]", ProcessorRejected),
        ("price", ProcessorRejected),
        ("default_payment_method", ProcessorRejected),
    ],
)
async def test_something_else_that_is_missing_does_not_bury_the_customer(
    param: str, expected: type[AccrueError]
) -> None:
    missing = problem(404, "invalid_request_error", code="resource_missing", param=param)
    assert type(await refusal(missing)) is expected


def sdk_errors() -> list[type[stripe.StripeError]]:
    """Return every class of error that the SDK has."""
    found, seen = [stripe.StripeError], []
    while found:
        kind = found.pop()
        seen.append(kind)
        found += kind.__subclasses__()
    return sorted(set(seen), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", sdk_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_sdk_s_is_one_of_ours(kind: type[stripe.StripeError]) -> None:
    for status in (None, 400, 401, 402, 403, 404, 409, 418, 429, 500):
        error = kind.__new__(kind)
        stripe.StripeError.__init__(error, "jane@person.example", http_status=status)
        ours = translate(error, noun="customer", ref="cus_1")
        says_that_nothing_happened = isinstance(ours, NotAsked | ProcessorRejected)
        assert says_that_nothing_happened == (status in (400, 401, 402, 403, 429)), status
        assert "person.example" not in str(ours)


async def test_an_error_says_what_stripe_said_in_its_vocabulary() -> None:
    error = await refusal(
        problem(
            400, "invalid_request_error", code="parameter_invalid_empty", param="items[0][price]"
        )
    )
    assert isinstance(error, ProcessorRejected)
    assert (error.reason, error.param) == ("parameter_invalid_empty", "items[0][price]")
    assert str(error) == (
        "Stripe refused the request (status 400, type invalid_request_error, "
        "code parameter_invalid_empty, param items[0][price], request req_Test)"
    )


async def test_a_decline_says_why() -> None:
    declined = problem(402, "card_error", code="card_declined", decline_code="insufficient_funds")
    error = await refusal(declined)
    assert isinstance(error, CardDeclined)
    assert error.reason == "insufficient_funds"


async def test_a_key_used_for_another_request_is_called_that() -> None:
    error = await refusal(problem(400, "idempotency_error"))
    assert isinstance(error, ProcessorRejected)
    assert error.reason == "idempotency_mismatch"


@pytest.mark.parametrize(
    ("word", "is_told"),
    [
        ("insufficient_funds", True),
        ("subscription_payment_intent_requires_action", True),
        ("fraudulent", False),
        ("stolen_card", False),
        ("x1", False),
    ],
)
async def test_a_decline_advises_the_customer_without_accusing_them(
    word: str, is_told: bool
) -> None:
    error = await refusal(problem(402, "card_error", code="card_declined", decline_code=word))
    assert isinstance(error, CardDeclined)
    assert (error.advice != "Please use another card.") == is_told


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("This customer has no attached payment source or default.", "no_payment_method"),
        ("Missing email. jane@person.example", "no_email"),
        ("The customer jane@person.example is missing", "rejected"),
    ],
)
async def test_of_a_sentence_only_our_word_for_it_is_kept(message: str, reason: str) -> None:
    error = await refusal(problem(400, "invalid_request_error", message=message))
    assert isinstance(error, ProcessorRejected)
    assert error.reason == reason
    assert ("reason" in str(error)) == (reason != "rejected")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("999999", 3600.0), ("soon", None), ("-1", None), ("nan", None)],
)
async def test_a_rate_limit_says_how_long(header: str, seconds: float | None) -> None:
    reply = problem(429, "invalid_request_error")
    error = await refusal(replace(reply, headers={"Retry-After": header}))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


async def test_words_that_are_no_vocabulary_are_dropped() -> None:
    error = await refusal(problem(400, "x y", code="jane@person.example", param="a" * 500))
    assert isinstance(error, ProcessorRejected)
    assert str(error) == "Stripe refused the request (status 400, request req_Test)"
    assert error.reason == "rejected"


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("refused"), ProcessorUnreachable),
        (httpx.ConnectTimeout("slow"), ProcessorUnreachable),
        (httpx.PoolTimeout("busy"), ProcessorUnreachable),
        (httpx.ReadTimeout("slow"), ProcessorUnavailable),
        (httpx.ReadError("reset"), ProcessorUnavailable),
        (httpx.RemoteProtocolError("nonsense"), ProcessorUnavailable),
        (httpx.DecodingError("nonsense"), ProcessorUnavailable),
    ],
)
async def test_a_failure_on_the_way_becomes_an_error_of_ours(
    failure: httpx.RequestError, expected: type[AccrueError]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
        assert type(await raised(StripeProcessor(SETTINGS, client))) is expected


@asynccontextmanager
async def answering(behave: Answering) -> AsyncIterator[StripeProcessor]:
    """Return a processor in front of a server that behaves like this on every connection."""
    connections: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await behave(reader, writer)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    processor = StripeProcessor(replace(SETTINGS, api_base=f"http://127.0.0.1:{port}"))
    try:
        yield processor
    finally:
        await processor.close()
        await asyncio.sleep(0.02)  # A connection that nobody waited for may not be taken up yet.
        server.close()
        await asyncio.gather(*connections)


async def test_silence_has_an_unknown_outcome() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(listen) as processor:
        assert type(await raised(processor)) is ProcessorUnavailable


async def test_an_answer_that_drips_is_cut_off() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            for _ in range(30):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        except (ConnectionError, asyncio.IncompleteReadError):
            return

    async with answering(drip) as processor:
        assert type(await raised(processor)) is ProcessorUnavailable


async def test_a_refused_connection_has_no_effect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    processor = StripeProcessor(replace(SETTINGS, api_base=f"http://127.0.0.1:{port}"))
    assert type(await raised(processor)) is ProcessorUnreachable
    await processor.close()
