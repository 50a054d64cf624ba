"""What goes wrong at Braintree, or on the way there, in our words."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from accrue_braintree.errors import translate, translated
from accrue_braintree.processor import BraintreeProcessor
from accrue_braintree.transport import Transport
from accrue_core.errors import (
    AccrueError,
    ProcessorMisconfigured,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
    UnknownVocabulary,
)
from tests.braintree import objects
from tests.braintree.stand_in import Reply, StandIn, served
from tests.braintree.wire import SETTINGS, braintree

BRIEFLY = replace(SETTINGS, request_timeout=0.5)
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PERSON = b"<customer><email>secret@person.example</email></customer>"


async def raised(processor: BraintreeProcessor) -> AccrueError:
    """Fetch a customer and return what was raised; nothing of it may name anyone."""
    with pytest.raises(AccrueError) as caught:
        await processor.fetch("customer", "team42")
    shown = "".join(traceback.format_exception(caught.value))
    assert "person.example" not in shown
    assert "private1" not in shown
    return caught.value


async def refusal(*replies: Reply | Callable[[BaseHTTPRequestHandler], None]) -> AccrueError:
    """Fetch a customer, be answered like this, and return what was raised."""
    there = StandIn(list)
    there.next_replies += replies
    with served(there) as origin:
        processor = BraintreeProcessor(replace(BRIEFLY, api_base=origin))
        try:
            return await raised(processor)
        finally:
            await processor.close()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(401), ProcessorMisconfigured),
        (Reply(403, PERSON), ProcessorMisconfigured),
        (Reply(426), ProcessorMisconfigured),
        (Reply(404), RemoteMissing),
        (Reply(429), RateLimited),
        (Reply(408), ProcessorUnavailable),
        (Reply(400, PERSON), ProcessorUnavailable),
        (Reply(500, PERSON), ProcessorUnavailable),
        (Reply(502, b"<html>bad gateway</html>"), ProcessorUnavailable),
        (Reply(503), ProcessorUnavailable),
        (Reply(504), ProcessorUnavailable),
        (Reply(302, b"", {"location": "https://elsewhere.example/"}), ProcessorUnavailable),
        (Reply(200, b"not xml"), ProcessorUnavailable),
        (Reply(200, PERSON[:-4]), ProcessorUnavailable),
        (Reply(200, b"not gzip", {"content-encoding": "gzip"}), ProcessorUnavailable),
        (Reply(200, b""), UnknownVocabulary),
        (Reply(200, b"<html><body/></html>"), UnknownVocabulary),
        (Reply(200, b"<customer><id>caf\xe9</id></customer>"), UnknownVocabulary),
        (
            Reply(200, PERSON.replace(b"email>", b"n>").replace(b"<n", b"<n type='integer'", 1)),
            UnknownVocabulary,
        ),
        (Reply(200, PERSON), UnknownVocabulary),
        (Reply(422, b"<api-error-response/>"), UnknownVocabulary),
    ],
)
async def test_an_answer_becomes_an_error_of_ours(
    reply: Reply, expected: type[AccrueError]
) -> None:
    assert type(await refusal(reply)) is expected


async def test_credentials_are_not_taken_to_where_a_redirect_leads() -> None:
    elsewhere = StandIn(list)
    with served(elsewhere) as there:
        await refusal(Reply(302, b"", {"location": f"{there}/merchants/merchant1/customers/x"}))
    assert elsewhere.asked == []


def test_every_exception_of_the_sdk_has_a_word_of_ours() -> None:
    root = braintree.exceptions.braintree_error.BraintreeError
    known = [kind for kind in vars(braintree.exceptions).values() if isinstance(kind, type)]
    assert len(known) >= 12
    for kind in known:
        assert issubclass(kind, root)
        error = translate(kind("secret@person.example"), noun="customer", ref="c1")
        assert "person.example" not in str(error)


def test_a_mistake_of_ours_is_not_taken_for_braintree_s() -> None:
    with pytest.raises(AssertionError), translated("customer", "c1"):
        raise AssertionError


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (requests.ConnectTimeout(), ProcessorUnreachable),
        (requests.exceptions.ProxyError(), ProcessorUnreachable),
        (requests.ConnectionError(), ProcessorUnavailable),
        (requests.ConnectionError("aborted"), ProcessorUnavailable),
        (requests.ReadTimeout(), ProcessorUnavailable),
        (requests.exceptions.SSLError(), ProcessorUnavailable),
        (requests.exceptions.ChunkedEncodingError(), ProcessorUnavailable),
        (requests.exceptions.ContentDecodingError(), ProcessorUnavailable),
        (requests.exceptions.InvalidURL(), ProcessorUnavailable),
    ],
)
def test_a_failure_on_the_way_becomes_an_error_of_ours(
    failure: Exception, expected: type[AccrueError]
) -> None:
    assert type(translate(failure, noun="customer", ref="c1")) is expected


@asynccontextmanager
async def answering(behave: Answering) -> AsyncIterator[BraintreeProcessor]:
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
    processor = BraintreeProcessor(replace(BRIEFLY, api_base=f"http://127.0.0.1:{port}"))
    try:
        yield processor
    finally:
        await processor.close()
        server.close()
        await asyncio.gather(*connections)


async def test_silence_has_an_unknown_outcome() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(listen) as processor:
        assert type(await raised(processor)) is ProcessorUnavailable


async def test_an_answer_that_drips_is_not_waited_for() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n")
        for _ in range(30):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with answering(drip) as processor:
        started = asyncio.get_running_loop().time()
        assert type(await raised(processor)) is ProcessorUnavailable
        assert asyncio.get_running_loop().time() - started < 1.2


async def test_a_connection_that_breaks_has_an_unknown_outcome() -> None:
    tries: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tries.append(await reader.readuntil(b"\r\n\r\n"))

    async with answering(hang_up) as processor:
        assert type(await raised(processor)) is ProcessorUnavailable
    assert len(tries) == 2


async def test_a_read_whose_connection_broke_is_sent_once_more() -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    there = StandIn(lambda: [("customer", objects.customer())])
    there.next_replies = [hang_up]
    with served(there) as origin:
        processor = BraintreeProcessor(replace(BRIEFLY, api_base=origin))
        assert (await processor.fetch("customer", "team42")).main.ref == "team42"
        await processor.close()
    assert len(there.asked) == 2


async def test_a_change_whose_connection_broke_is_not_sent_again() -> None:
    tries: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tries.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    transport = Transport(replace(BRIEFLY, api_base=origin), braintree.Environment.Development)
    with pytest.raises(requests.ConnectionError):
        await asyncio.to_thread(transport.http_do, "POST", f"{origin}/customers", {}, "")
    transport.close()
    server.close()
    assert len(tries) == 1


async def test_a_refused_connection_has_no_effect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    processor = BraintreeProcessor(replace(BRIEFLY, api_base=f"http://127.0.0.1:{port}"))
    assert type(await raised(processor)) is ProcessorUnreachable
    await processor.close()


async def test_keys_that_are_wrong_are_refused_by_the_stand_in() -> None:
    there = StandIn(lambda: [("customer", objects.customer())])
    with served(there) as origin:
        processor = BraintreeProcessor(replace(BRIEFLY, api_base=origin, public_key="public2"))
        assert type(await raised(processor)) is ProcessorMisconfigured
        await processor.close()


def test_braintree_itself_is_asked_over_https_and_its_own_certificates() -> None:
    from accrue_braintree.transport import _environment

    for environment in ("sandbox", "production"):
        found = _environment(replace(SETTINGS, environment=environment))
        assert found.base_url.startswith("https://api.")
        assert found.base_url.endswith("braintreegateway.com:443")
        assert found.ssl_certificate.endswith(".crt")
        assert str(found) == environment


def test_the_sdk_s_global_account_is_left_alone() -> None:
    from accrue_braintree.transport import connect

    before = dict(vars(braintree.Configuration))
    connect(SETTINGS).close()
    assert dict(vars(braintree.Configuration)) == before
