"""The suites that every processor's tests subclass, as far as they apply to reading.

What they ask of a processor that creates is asked of a stand-in that has it already; where a
suite creates by itself, the refusal is demanded in its place. Braintree signs bodies, not
headers, and repeats a notification for a day: its webhooks are tried in that shape.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from accrue_braintree.processor import BraintreeProcessor
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import Answer
from accrue_core.errors import SignatureInvalid, UnsupportedCapability, WebhookUnreadable
from accrue_core.money import Money
from accrue_core.testing.contracts.bench import Bench
from accrue_core.testing.contracts.invoices import InvoiceContract
from accrue_core.testing.contracts.processor import ProcessorContract
from accrue_core.testing.contracts.schedules import ScheduleContract
from accrue_core.testing.contracts.subscriptions import EndingContract, SubscribingContract
from accrue_core.testing.contracts.webhooks import WebhookContract
from tests.braintree import objects
from tests.braintree.notifications import HEADERS, NOW, form, notification, signed
from tests.braintree.stand_in import StandIn, served
from tests.braintree.wire import SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished(Bench):
    """A bench whose customer and subscription are there from the beginning."""

    async def customer(self, processor: Processor) -> str:
        return str((await processor.fetch("customer", "team42")).main.ref)

    async def payer(self, processor: Processor, token: str | None = None) -> str:
        return await self.customer(processor)

    async def subscribed(self, processor: Processor) -> Answer:
        return await processor.fetch("subscription", "sub_pro")


def event_body(noun: str, ref: str) -> bytes:
    return signed(notification(f"{noun}_went_active", f"<{noun}><id>{ref}</id></{noun}>", at=NOW))


class Reading:
    """The suites on a stand-in that says what Braintree would say."""

    @pytest.fixture
    def origin(self) -> Iterator[str]:
        things = [
            ("customer", objects.customer()),
            ("credit_card", objects.card()),
            ("paypal_account", objects.paypal()),
            ("subscription", objects.subscription()),
        ]
        with served(StandIn(lambda: things)) as origin:
            yield origin

    @pytest.fixture
    async def processor(self, origin: str) -> AsyncIterator[BraintreeProcessor]:
        processor = BraintreeProcessor(replace(SETTINGS, api_base=origin))
        yield processor
        await processor.close()

    @pytest.fixture
    def bench(self) -> Bench:
        return Furnished(
            price="pro_monthly",
            amount=Money(1000, "usd"),
            good_payment_method="fake-valid-nonce",
            now=lambda: NOW,
            event_body=event_body,
            sign=lambda _body, _now: HEADERS,
        )


async def refused(processor: Processor, bench: Bench) -> None:
    with pytest.raises(UnsupportedCapability):
        await processor.subscriptions.create(bench.subscription("team42"), key=bench.key())


class TestProcessor(Reading, ProcessorContract):
    pass


class TestEnding(Reading, EndingContract):
    pass


class TestSubscribing(Reading, SubscribingContract):
    async def test_the_same_key_subscribes_once(self, processor: Processor, bench: Bench) -> None:
        await refused(processor, bench)

    async def test_what_does_not_exist_is_refused(self, processor: Processor, bench: Bench) -> None:
        await refused(processor, bench)


class TestInvoices(Reading, InvoiceContract):
    async def test_a_paid_first_invoice_explains_itself(
        self, processor: Processor, bench: Bench
    ) -> None:
        await refused(processor, bench)


class TestSchedules(Reading, ScheduleContract):
    pass


class TestWebhooks(Reading, WebhookContract):
    async def test_an_unsigned_webhook_is_refused(self, processor: Processor, bench: Bench) -> None:
        good = event_body("subscription", "sub_pro")
        _, payload = good.split(b"&")
        for unsigned in (payload, b"bt_signature=&" + payload, b"bt_signature=nonsense&" + payload):
            with pytest.raises(SignatureInvalid):
                processor.verify(unsigned, HEADERS, now=bench.now())
        for headers in ({}, HEADERS):
            assert processor.verify(good, headers, now=bench.now()).object_ref == "sub_pro"

    @pytest.mark.parametrize(
        "late", [timedelta(days=4), -timedelta(hours=1)], ids=["stale", "future"]
    )
    async def test_a_webhook_of_another_time_is_refused(
        self, processor: Processor, bench: Bench, late: timedelta
    ) -> None:
        body, moment = event_body("subscription", "sub_pro"), NOW + late
        with pytest.raises(SignatureInvalid):
            processor.verify(body, HEADERS, now=moment)

    @pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"{}", b"<a/>", b"\xff\xfe"])
    async def test_signed_nonsense_is_unreadable(
        self, processor: Processor, bench: Bench, body: bytes
    ) -> None:
        with pytest.raises(WebhookUnreadable):
            processor.verify(signed(body), HEADERS, now=bench.now())


def test_the_bench_sends_what_braintree_sends() -> None:
    moment: datetime = NOW
    assert event_body("subscription", "s1").startswith(b"bt_signature=public1%7C")
    assert form("a", "b") == b"bt_signature=a&bt_payload=b"
    assert moment.tzinfo is not None
