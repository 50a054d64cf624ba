"""Fetching, through the real SDK and our transport, from a stand-in on this machine."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.contracts.results import Answer, GoneSnapshot, UnreadableSnapshot
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.errors import InvalidRequest, RemoteMissing, UnknownVocabulary
from accrue_core.owners import Owner
from accrue_core.settings import Secret
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import API_VERSION, STRIPE_API_BASE, StripeSettings
from accrue_stripe.translate.customers import customer
from accrue_stripe.translate.invoices import invoice
from accrue_stripe.translate.payment_methods import payment_method
from accrue_stripe.translate.subscriptions import subscription
from tests.stripe import invoice_objects, objects
from tests.stripe.stand_in import StandIn, served

ROOT = Path(__file__).parents[2]


def account(api_base: str = STRIPE_API_BASE) -> StripeSettings:
    return StripeSettings(
        api_key=Secret("sk_test_1"), webhook_secrets=(Secret("whsec_1"),), api_base=api_base
    )


def everything() -> list[objects.Json]:
    return [objects.customer(), objects.card(), objects.subscription(), invoice_objects.invoice()]


@asynccontextmanager
async def asking(app: StandIn) -> AsyncIterator[StripeProcessor]:
    """Return a processor that is answered in process."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield StripeProcessor(account(), client)


@pytest.fixture
def stripe_now() -> StandIn:
    return StandIn(everything)


async def test_each_noun_is_fetched_and_translated(stripe_now: StandIn) -> None:
    async with asking(stripe_now) as processor:
        assert await processor.fetch("customer", "cus_TeamFortyTwo") == Answer(
            customer(objects.customer())
        )
        assert await processor.fetch("payment_method", "pm_Visa4242") == Answer(
            payment_method(objects.card())
        )
        assert await processor.fetch("subscription", "sub_Pro") == Answer(
            subscription(objects.subscription())
        )
        assert await processor.fetch("invoice", "in_First") == Answer(
            invoice(invoice_objects.invoice())
        )


async def test_what_is_sent_is_explicit(stripe_now: StandIn) -> None:
    async with asking(stripe_now) as processor:
        await processor.fetch("invoice", "in_First")
    (asked,) = stripe_now.asked
    assert (asked.method, asked.path) == ("GET", "/v1/invoices/in_First")
    assert asked.query == {"expand[0]": ["payments"]}
    assert asked.headers["stripe-version"] == API_VERSION
    assert asked.headers["authorization"] == "Bearer sk_test_1"
    assert "telemetry" not in str(asked.headers)


async def test_a_long_invoice_is_fetched_whole() -> None:
    whole = invoice_objects.invoice()
    lines = [invoice_objects.invoice_line(f"il_{i}") for i in range(250)]
    payments = [invoice_objects.invoice_payment(f"inpay_{i}") for i in range(12)]
    whole["lines"] = objects.envelope(whole["lines"]["url"], *lines)
    whole["payments"] = objects.envelope(whole["payments"]["url"], *payments)
    app = StandIn(lambda: [whole])
    async with asking(app) as processor:
        found = (await processor.fetch("invoice", "in_First")).main
    assert isinstance(found, InvoiceSnapshot)
    assert [line.ref for line in found.lines] == [line["id"] for line in lines]
    assert [payment.ref for payment in found.payments] == [one["id"] for one in payments]
    assert [(asked.path, asked.query.get("starting_after")) for asked in app.asked] == [
        ("/v1/invoices/in_First", None),
        ("/v1/invoices/in_First/lines", None),
        ("/v1/invoices/in_First/lines", ["il_99"]),
        ("/v1/invoices/in_First/lines", ["il_199"]),
        ("/v1/invoice_payments", None),
    ]


async def test_a_subscription_is_fetched_with_all_of_its_items() -> None:
    whole = objects.subscription()
    items = [objects.subscription_item(f"si_{i}") for i in range(11)]
    whole["items"] = objects.envelope(whole["items"]["url"], *items)
    async with asking(StandIn(lambda: [whole])) as processor:
        found = (await processor.fetch("subscription", "sub_Pro")).main
    assert isinstance(found, SubscriptionSnapshot)
    assert [item.ref for item in found.items] == [item["id"] for item in items]


async def test_a_list_that_never_ends_is_refused() -> None:
    page = objects.envelope(
        "/v1/invoices/in_First/lines", invoice_objects.invoice_line(), has_more=True
    )
    whole = invoice_objects.invoice() | {"lines": page}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, json=page if "lines" in request.url.path else whole)
    )
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(UnknownVocabulary, match="leads nowhere"):
            await StripeProcessor(account(), client).fetch("invoice", "in_First")


async def test_a_list_that_leads_in_circles_is_refused() -> None:
    lines = [invoice_objects.invoice_line() | {"id": ref} for ref in ("il_1", "il_2")]
    url = "/v1/invoices/in_First/lines"
    first, second = (objects.envelope(url, line, has_more=True) for line in lines)
    whole = invoice_objects.invoice() | {"lines": first}

    def answer(request: httpx.Request) -> httpx.Response:
        if "lines" not in request.url.path:
            return httpx.Response(200, json=whole)
        after = request.url.params.get("starting_after")
        return httpx.Response(200, json=second if after == "il_1" else first)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(UnknownVocabulary, match="leads nowhere"):
            await StripeProcessor(account(), client).fetch("invoice", "in_First")


async def test_a_deleted_customer_is_gone_and_a_missing_one_is_missing() -> None:
    async with asking(StandIn(lambda: [objects.deleted("customer", "cus_1")])) as processor:
        assert (await processor.fetch("customer", "cus_1")).main == GoneSnapshot(
            "customer", "cus_1"
        )
        with pytest.raises(RemoteMissing, match="no customer cus_2"):
            await processor.fetch("customer", "cus_2")


async def test_an_unknown_status_is_answered_as_unreadable() -> None:
    whole = objects.subscription() | {"status": "hibernating"}
    async with asking(StandIn(lambda: [whole])) as processor:
        assert await processor.fetch("subscription", "sub_Pro") == Answer(
            UnreadableSnapshot("subscription", "sub_Pro", "hibernating")
        )


async def test_an_answer_about_another_thing_is_refused() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=objects.customer()))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(UnknownVocabulary, match=r"customer\.id"):
            await StripeProcessor(account(), client).fetch("customer", "cus_Other")


@pytest.mark.parametrize("ref", ["../customers/cus_1", "cus_1?expand[]=sources", "cus 1/x", "%2e"])
async def test_a_strange_ref_stays_one_part_of_the_path(ref: str, stripe_now: StandIn) -> None:
    async with asking(stripe_now) as processor:
        with pytest.raises(RemoteMissing):
            await processor.fetch("customer", ref)
    (asked,) = stripe_now.asked
    assert asked.path.startswith("/v1/customers/")
    assert asked.query == {"expand[0]": ["tax"]}


@pytest.mark.parametrize(
    ("noun", "ref"), [("charge", "ch_1"), ("customer", ""), ("customer", "..")]
)
async def test_what_cannot_be_fetched_is_not_asked_for(
    noun: str, ref: str, stripe_now: StandIn
) -> None:
    async with asking(stripe_now) as processor:
        with pytest.raises(InvalidRequest):
            await processor.fetch(noun, ref)
    assert stripe_now.asked == []


async def test_over_a_socket_and_closed_again(stripe_now: StandIn) -> None:
    with served(stripe_now) as origin:
        processor = StripeProcessor(account(origin))
        answers = await asyncio.gather(*(processor.fetch("invoice", "in_First") for _ in range(20)))
        assert {answer.main.ref for answer in answers} == {"in_First"}
        await processor.close()
        assert (await processor.fetch("customer", "cus_TeamFortyTwo")).main.owner == Owner(
            "team", "42"
        )
        await processor.close()


def test_one_processor_serves_one_loop_after_another(stripe_now: StandIn) -> None:
    async def fetch() -> Answer:
        try:
            return await processor.fetch("customer", "cus_TeamFortyTwo")
        finally:
            await processor.close()

    with served(stripe_now) as origin:
        processor = StripeProcessor(account(origin))
        assert asyncio.run(fetch()) == asyncio.run(fetch())


def test_the_stand_in_runs_by_itself() -> None:
    command = [sys.executable, "-m", "tests.stripe.stand_in", "--help"]
    shown = subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=ROOT)
    assert b"--object" in shown.stdout
