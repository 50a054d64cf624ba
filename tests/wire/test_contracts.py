"""The contract suites, through the Stripe plugin and the official SDK, at the Fake's engine."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import httpx
import pytest

from accrue_core.contracts.results import Answer
from accrue_core.money import Money
from accrue_core.settings import Secret
from accrue_core.testing.contracts.bench import Bench
from accrue_core.testing.contracts.changes import (
    ChangingContract,
    PausingContract,
    TrialEndContract,
)
from accrue_core.testing.contracts.checkout import CheckoutContract, PortalContract
from accrue_core.testing.contracts.customers import (
    AssigningContract,
    CustomerContract,
    KnownCustomerContract,
    TaxLocationContract,
)
from accrue_core.testing.contracts.discounts import AutomaticTaxContract, DiscountContract
from accrue_core.testing.contracts.invoices import InvoiceContract
from accrue_core.testing.contracts.payment_methods import PaymentMethodContract
from accrue_core.testing.contracts.processor import ProcessorContract
from accrue_core.testing.contracts.schedules import ScheduleContract
from accrue_core.testing.contracts.starts import (
    LastInvoiceContract,
    SeveralIntervalsContract,
    StartingContract,
    TrialWithoutCardContract,
)
from accrue_core.testing.contracts.subscriptions import EndingContract, SubscribingContract
from accrue_core.testing.contracts.webhooks import WebhookContract
from accrue_fake.fixtures import StripeLine
from accrue_fake.wire.stripe.app import StripeServer
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.stripe.asking import StripeBench, event_body
from tests.wire.till import Till

SECRET = "whsec_wire"  # noqa: S105
SETTINGS = StripeSettings(
    api_key=Secret("sk_test_wire"), webhook_secrets=(Secret(SECRET),), request_timeout=5, retries=0
)
TEN_DOLLARS = Money(1000, "usd")


def signed(body: bytes, now: datetime) -> Mapping[str, str]:
    at = int(now.timestamp())
    signature = hmac.new(SECRET.encode(), b"%d.%b" % (at, body), "sha256").hexdigest()
    return {"stripe-signature": f"t={at},v1={signature}"}


class LosingLine(StripeLine):
    """A line on which the next answer to a request that changes something can be lost."""

    def __init__(self, server: StripeServer) -> None:
        super().__init__(server)
        self.loses_next = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if self.loses_next and request.method != "GET":
            self.loses_next = False
            raise httpx.ReadError("the answer was lost", request=request)
        return answer


def bench_of(server: StripeServer, line: LosingLine) -> StripeBench:
    engine = server.engine

    def card(token: str) -> str:
        """Return a card that a browser has made, and that belongs to nobody yet."""
        _, made = server.do("GET", f"/v1/payment_methods/{token}", {})
        return str(made["id"])

    async def lose_next_answer() -> None:
        line.loses_next = True

    async def delete_customer(ref: str) -> None:
        engine.customers.delete(ref)

    async def complete_checkout(opened: Answer) -> None:
        token = engine.addresses.token("checkout", opened.main.ref)
        engine.checkout.pay(token, "pm_card_visa")

    async def pass_time(moment: datetime) -> None:
        server.desk.advance_to(moment)

    return StripeBench(
        price="price_ten",
        other_price="price_twenty",
        yearly_price="price_yearly",
        amount=TEN_DOLLARS,
        good_payment_method=card("pm_card_visa"),
        declined_payment_method=card("pm_card_chargeDeclined"),
        authenticating_payment_method=card("pm_card_authenticationRequired"),
        now=engine.clock.now,
        event_body=event_body,
        sign=signed,
        lose_next_answer=lose_next_answer,
        delete_customer=delete_customer,
        complete_checkout=complete_checkout,
        pass_time=pass_time,
        coupon="half",
        coupon_once="half_once",
    )


class OverTheWire:
    """The suites at a server of their own."""

    @pytest.fixture
    def server(self) -> StripeServer:
        server = Till().server
        catalogue, discounts = server.engine.catalogue, server.engine.discounts
        catalogue.add_price("price_ten", TEN_DOLLARS)
        catalogue.add_price("price_twenty", TEN_DOLLARS * 2)
        catalogue.add_price("price_yearly", TEN_DOLLARS * 10, "year")
        discounts.add_coupon("half", percent_off="50", duration="forever")
        discounts.add_coupon("half_once", percent_off="50")
        return server

    @pytest.fixture
    def line(self, server: StripeServer) -> LosingLine:
        return LosingLine(server)

    @pytest.fixture
    async def processor(
        self, line: LosingLine, server: StripeServer
    ) -> AsyncIterator[StripeProcessor]:
        async with httpx.AsyncClient(transport=line) as client:
            yield StripeProcessor(SETTINGS, client, clock=server.engine.clock)

    @pytest.fixture
    def bench(self, server: StripeServer, line: LosingLine) -> Bench:
        return bench_of(server, line)


class TestProcessor(OverTheWire, ProcessorContract):
    pass


class TestCustomers(OverTheWire, CustomerContract):
    pass


class TestKnownCustomers(OverTheWire, KnownCustomerContract):
    pass


class TestTaxLocations(OverTheWire, TaxLocationContract):
    pass


class TestAssigning(OverTheWire, AssigningContract):
    pass


class TestDiscounts(OverTheWire, DiscountContract):
    pass


class TestAutomaticTax(OverTheWire, AutomaticTaxContract):
    pass


class TestPaymentMethods(OverTheWire, PaymentMethodContract):
    pass


class TestSubscribing(OverTheWire, SubscribingContract):
    pass


class TestStarting(OverTheWire, StartingContract):
    pass


class TestSeveralIntervals(OverTheWire, SeveralIntervalsContract):
    pass


class TestTrialsWithoutCard(OverTheWire, TrialWithoutCardContract):
    pass


class TestLastInvoices(OverTheWire, LastInvoiceContract):
    pass


class TestEnding(OverTheWire, EndingContract):
    pass


class TestChanging(OverTheWire, ChangingContract):
    pass


class TestTrialEnds(OverTheWire, TrialEndContract):
    pass


class TestPausing(OverTheWire, PausingContract):
    pass


class TestSchedules(OverTheWire, ScheduleContract):
    pass


class TestInvoices(OverTheWire, InvoiceContract):
    pass


class TestCheckout(OverTheWire, CheckoutContract):
    pass


class TestPortal(OverTheWire, PortalContract):
    pass


class TestWebhooks(OverTheWire, WebhookContract):
    pass
