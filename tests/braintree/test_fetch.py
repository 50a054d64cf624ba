"""Fetching, through the real SDK and our transport, from a stand-in on this machine."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest

from accrue_braintree.processor import BraintreeProcessor
from accrue_braintree.translate.account import Account
from accrue_braintree.translate.customers import customer
from accrue_braintree.translate.invoices import invoices
from accrue_braintree.translate.payment_methods import payment_method
from accrue_braintree.translate.subscriptions import subscription
from accrue_core.contracts.results import Answer, UnreadableSnapshot
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.errors import (
    InvalidRequest,
    ProcessorUnavailable,
    RemoteMissing,
    UnknownVocabulary,
)
from accrue_core.owners import Owner
from tests.braintree import objects
from tests.braintree.stand_in import Reply, StandIn, served
from tests.braintree.wire import SETTINGS, Wire, document, read


def everything() -> list[tuple[str, Wire]]:
    return [
        ("customer", objects.customer()),
        ("credit_card", objects.card()),
        ("paypal_account", objects.paypal()),
        ("subscription", objects.subscription()),
        ("subscription", objects.trial(id="sub_trial")),
    ]


@pytest.fixture
def there() -> StandIn:
    return StandIn(everything)


@pytest.fixture
def origin(there: StandIn) -> Iterator[str]:
    with served(there) as origin:
        yield origin


def say_the_customer(handler: BaseHTTPRequestHandler) -> None:
    body = document("customer", objects.customer()).encode()
    handler.send_response(200)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@asynccontextmanager
async def asking(origin: str, **changes: object) -> AsyncIterator[BraintreeProcessor]:
    processor = BraintreeProcessor(replace(SETTINGS, api_base=origin, **changes))  # type: ignore[arg-type]
    try:
        yield processor
    finally:
        await processor.close()


async def test_each_noun_is_fetched_and_translated(there: StandIn, origin: str) -> None:
    wire = read("subscription", objects.subscription())
    (invoice,) = invoices(wire, Account(), "team42")
    pro = subscription(wire, Account(), "team42")
    visa = payment_method(read("credit_card", objects.card()))
    paypal = payment_method(read("paypal_account", objects.paypal()))
    team = customer(read("customer", objects.customer()))
    async with asking(origin) as processor:
        assert await processor.fetch("customer", "team42") == Answer(team, (visa, paypal))
        assert await processor.fetch("payment_method", "paypal1") == Answer(paypal)
        assert await processor.fetch("subscription", "sub_pro") == Answer(pro, [invoice])
        assert await processor.fetch("invoice", invoice.ref) == Answer(invoice, [pro])
    assert there.paths == [
        "customers/team42",
        "payment_methods/any/paypal1",
        "subscriptions/sub_pro",
        "subscriptions/sub_pro",
    ]


async def test_what_is_sent_is_the_sdk_s(there: StandIn, origin: str) -> None:
    async with asking(origin) as processor:
        await processor.fetch("customer", "team42")
    (asked,) = there.asked
    assert asked.method == "GET"
    assert asked.headers["x-apiversion"] == "6"
    assert asked.headers["accept"] == "application/xml"
    assert asked.headers["user-agent"].startswith("Braintree Python ")


async def test_the_customer_of_a_trial_is_found_through_its_card(
    there: StandIn, origin: str
) -> None:
    async with asking(origin) as processor:
        answer = await processor.fetch("subscription", "sub_trial")
    assert isinstance(answer.main, SubscriptionSnapshot)
    assert answer.main.customer == "team42"
    assert [other.ref for other in answer.others] == ["visa1"]
    assert there.paths == ["subscriptions/sub_trial", "payment_methods/any/visa1"]


@pytest.mark.parametrize("token", ["deleted1", None])
async def test_a_subscription_whose_customer_nobody_tells_is_unreadable(token: str | None) -> None:
    ended = objects.trial(status="Canceled", payment_method_token=token)
    with served(StandIn(lambda: [("subscription", ended)])) as origin:
        async with asking(origin) as processor:
            answer = await processor.fetch("subscription", "sub_pro")
    assert isinstance(answer.main, UnreadableSnapshot)
    assert answer.main.word.startswith("Canceled")
    assert list(answer.others) == []


async def test_a_subscription_of_an_unknown_status_brings_no_invoice() -> None:
    odd = objects.subscription(status="Hibernating")
    with served(StandIn(lambda: [("subscription", odd)])) as origin:
        async with asking(origin) as processor:
            assert await processor.fetch("subscription", "sub_pro") == Answer(
                UnreadableSnapshot("subscription", "sub_pro", "Hibernating"), []
            )


async def test_a_card_that_cannot_be_fetched_now_fails_the_whole(
    there: StandIn, origin: str
) -> None:
    there.next_replies = [
        Reply(200, document("subscription", objects.trial(id="sub_trial")).encode()),
        Reply(503),
    ]
    async with asking(origin) as processor:
        with pytest.raises(ProcessorUnavailable):
            await processor.fetch("subscription", "sub_trial")


async def test_what_is_not_there_is_missing_and_not_gone(there: StandIn, origin: str) -> None:
    async with asking(origin) as processor:
        for noun, ref in [
            ("customer", "deleted1"),
            ("payment_method", "deleted1"),
            ("subscription", "deleted1"),
            ("invoice", "deleted1.2027-01-01"),
            ("invoice", "sub_pro.2027-02-01"),
            ("invoice", "sub_pro.2027-1-1"),
            ("checkout_session", "cs_1"),
        ]:
            with pytest.raises(RemoteMissing) as missing:
                await processor.fetch(noun, ref)
            assert (missing.value.noun, missing.value.ref) == (noun, ref)


@pytest.mark.parametrize(
    "ref", ["", "..", "../customers/team42", "a?b=c", "a b", "%2e", "a.b", "é"]
)
@pytest.mark.parametrize("noun", ["customer", "payment_method", "subscription"])
async def test_a_strange_ref_is_not_asked_for(
    noun: str, ref: str, there: StandIn, origin: str
) -> None:
    async with asking(origin) as processor:
        with pytest.raises(RemoteMissing):
            await processor.fetch(noun, ref)
    assert there.asked == []


@pytest.mark.parametrize("ref", ["", ".", "..", "sub_pro", "a/b.2027-01-01", ".2027-01-01"])
async def test_a_ref_that_names_no_invoice_is_not_asked_for(
    ref: str, there: StandIn, origin: str
) -> None:
    async with asking(origin) as processor:
        with pytest.raises(RemoteMissing):
            await processor.fetch("invoice", ref)
    assert there.asked == []


async def test_a_noun_that_braintree_does_not_have_is_refused(origin: str) -> None:
    async with asking(origin) as processor:
        with pytest.raises(InvalidRequest, match="unicorn"):
            await processor.fetch("unicorn", "u1")


async def test_an_answer_about_another_thing_is_refused(there: StandIn, origin: str) -> None:
    there.next_replies = [Reply(200, document("customer", objects.customer()).encode())]
    async with asking(origin) as processor:
        with pytest.raises(UnknownVocabulary, match=r"customer\.id"):
            await processor.fetch("customer", "somebody_else")


async def test_many_are_asked_at_once_but_never_more_than_allowed() -> None:
    at_once: list[int] = []
    busy = 0
    lock, too_many = threading.Lock(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal busy
        with lock:
            busy += 1
            at_once.append(busy)
            if busy > 3:
                too_many.set()
        too_many.wait(0.1)
        with lock:
            busy -= 1
        say_the_customer(handler)

    there = StandIn(everything)
    there.next_replies = [answer] * 9
    with served(there) as origin:
        async with asking(origin, fetch_limit=3) as processor:
            fetches = (processor.fetch("customer", "team42") for _ in range(9))
            answers = await asyncio.gather(*fetches)
    assert {one.main.ref for one in answers} == {"team42"}
    assert max(at_once) == 3


async def test_a_connection_is_kept_for_the_next_question(origin: str, there: StandIn) -> None:
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        say_the_customer(handler)

    there.next_replies = [answer, answer]
    async with asking(origin) as processor:
        await processor.fetch("customer", "team42")
        await processor.fetch("customer", "team42")
    assert len(set(ports)) == 1


async def test_it_can_be_used_again_after_it_was_closed(origin: str) -> None:
    async with asking(origin) as processor:
        first = await processor.fetch("customer", "team42")
        assert first.main.owner == Owner("team", "42")
        await processor.close()
        await processor.close()
        assert await processor.fetch("customer", "team42") == first


async def test_closing_lets_what_is_under_way_or_waiting_finish(
    there: StandIn, origin: str
) -> None:
    asked, closed = threading.Event(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        assert closed.wait(10)
        say_the_customer(handler)

    there.next_replies = [answer]
    async with asking(origin, fetch_limit=1) as processor:
        fetches = [processor.fetch("customer", "team42") for _ in range(2)]
        fetching = asyncio.gather(*fetches)
        assert await asyncio.to_thread(asked.wait, 10)
        await processor.close()
        closed.set()
        assert [answer.main.ref for answer in await fetching] == ["team42", "team42"]


async def test_closing_hangs_up() -> None:
    hung_up = asyncio.Event()
    body = document("customer", objects.customer()).encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        assert await reader.read() == b""
        writer.close()
        hung_up.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asking(f"http://127.0.0.1:{port}") as processor:
        await processor.fetch("customer", "team42")
        assert not hung_up.is_set()
        await processor.close()
        async with asyncio.timeout(5):
            await hung_up.wait()
    server.close()


def test_one_processor_serves_one_loop_after_another(origin: str) -> None:
    processor = BraintreeProcessor(replace(SETTINGS, api_base=origin))

    async def fetch() -> Answer:
        try:
            return await processor.fetch("customer", "team42")
        finally:
            await processor.close()

    assert asyncio.run(fetch()) == asyncio.run(fetch())


async def test_a_stand_in_is_asked_directly_whatever_proxy_is_set(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with asking(origin) as processor:
        assert (await processor.fetch("customer", "team42")).main.ref == "team42"


async def test_the_log_says_nothing_about_anyone(
    origin: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with asking(origin) as processor:
        await processor.fetch("customer", "team42")
        with pytest.raises(RemoteMissing):
            await processor.fetch("customer", "nobody")
    assert "example" not in caplog.text
    assert "private1" not in caplog.text


async def test_a_hosts_event_loop_is_not_held_up_by_the_sdk(there: StandIn, origin: str) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        assert go_on.wait(10)
        handler.send_response(404)
        handler.send_header("content-length", "0")
        handler.end_headers()

    there.next_replies = [answer]
    async with asking(origin) as processor:
        fetching = asyncio.ensure_future(processor.fetch("customer", "team42"))
        while not asked.is_set():
            await asyncio.sleep(0.005)
        go_on.set()
        with pytest.raises(RemoteMissing):
            await fetching
