"""The fake processor keeps every promise a processor makes, in process and hosted."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from accrue_core.clock import Clock
from accrue_core.contracts.results import Answer
from accrue_core.money import Money
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
from accrue_core.testing.contracts.subscriptions import (
    EndingContract,
    SubscribingContract,
)
from accrue_core.testing.contracts.webhooks import WebhookContract
from accrue_fake import Engine, FakeProcessor, HostProcess
from accrue_fake.engine.door import Door
from accrue_fake.engine.signing import DEFAULT_SECRET, HEADER, sign

TEN_DOLLARS = Money(1000, "usd")


def event_body(noun: str, ref: str) -> bytes:
    event = {
        "id": "evt_1",
        "type": f"{noun}.updated",
        "created": 1_767_225_600,
        "livemode": False,
        "data": {"object": {"object": noun, "id": ref}},
    }
    return json.dumps(event).encode()


def signed(body: bytes, now: datetime) -> dict[str, str]:
    return {HEADER: sign(body, secret=DEFAULT_SECRET, now=now)}


def bench_of(processor: FakeProcessor, clock: Clock) -> Bench:
    async def lose_next_answer() -> None:
        await processor.backend.call("scenarios", "lose_next_answer", {"when": "after"})

    async def delete_customer(ref: str) -> None:
        await processor.backend.call("customers", "delete", {"ref": ref})

    async def complete_checkout(opened: Answer) -> None:
        assert opened.next_action is not None
        assert opened.next_action.url is not None
        token = opened.next_action.url.reveal().rpartition("/")[2]
        await processor.backend.call("checkout", "pay", {"token": token, "card": "pm_card_visa"})

    async def pass_time(moment: datetime) -> None:
        await processor.backend.call("engine", "advance_to", {"moment": moment})

    return Bench(
        price="price_ten",
        other_price="price_twenty",
        yearly_price="price_yearly",
        amount=TEN_DOLLARS,
        good_payment_method="pm_card_visa",
        declined_payment_method="pm_card_chargeDeclined",
        authenticating_payment_method="pm_card_authenticationRequired",
        now=clock.now,
        event_body=event_body,
        sign=signed,
        lose_next_answer=lose_next_answer,
        delete_customer=delete_customer,
        complete_checkout=complete_checkout,
        pass_time=pass_time,
        coupon="half",
        coupon_once="half_once",
    )


COUPONS: list[dict[str, str]] = [
    {"ref": "half", "percent_off": "50", "duration": "forever"},
    {"ref": "half_once", "percent_off": "50"},
]


class InProcess:
    """The suites on an engine in this process."""

    @pytest.fixture
    def processor(self) -> FakeProcessor:
        engine = Engine()
        engine.catalogue.add_price("price_ten", TEN_DOLLARS)
        engine.catalogue.add_price("price_twenty", TEN_DOLLARS * 2)
        engine.catalogue.add_price("price_yearly", TEN_DOLLARS * 10, "year")
        for coupon in COUPONS:
            Door(engine).call("discounts", "add_coupon", coupon)
        return FakeProcessor(engine)

    @pytest.fixture
    def bench(self, processor: FakeProcessor) -> Bench:
        assert processor.engine is not None
        return bench_of(processor, processor.engine.clock)


@pytest.fixture(scope="module")
def hosted() -> Iterator[HostProcess]:
    with (
        tempfile.TemporaryDirectory(prefix="accrue-") as folder,
        HostProcess(Path(folder) / "engine") as host,
    ):
        yield host


class Hosted:
    """The suites on an engine in another process, one for all of them."""

    @pytest.fixture
    async def processor(self, hosted: HostProcess) -> AsyncIterator[FakeProcessor]:
        processor = FakeProcessor(hosted.backend())
        for ref, money in (("price_ten", TEN_DOLLARS), ("price_twenty", TEN_DOLLARS * 2)):
            price = {"ref": ref, "money": money}
            await processor.backend.call("catalogue", "add_price", price)
        yearly = {"ref": "price_yearly", "money": TEN_DOLLARS * 10, "interval": "year"}
        await processor.backend.call("catalogue", "add_price", yearly)
        for coupon in COUPONS:
            await processor.backend.call("discounts", "add_coupon", coupon)
        yield processor
        await processor.close()

    @pytest.fixture
    def bench(
        self, processor: FakeProcessor, hosted: HostProcess, request: pytest.FixtureRequest
    ) -> Bench:
        return replace(bench_of(processor, hosted.clock()), run=request.node.nodeid)


class TestProcessor(InProcess, ProcessorContract):
    pass


class TestCustomers(InProcess, CustomerContract):
    pass


class TestKnownCustomers(InProcess, KnownCustomerContract):
    pass


class TestTaxLocations(InProcess, TaxLocationContract):
    pass


class TestAssigning(InProcess, AssigningContract):
    pass


class TestDiscounts(InProcess, DiscountContract):
    pass


class TestAutomaticTax(InProcess, AutomaticTaxContract):
    pass


class TestPaymentMethods(InProcess, PaymentMethodContract):
    pass


class TestSubscribing(InProcess, SubscribingContract):
    pass


class TestEnding(InProcess, EndingContract):
    pass


class TestCheckout(InProcess, CheckoutContract):
    pass


class TestPortal(InProcess, PortalContract):
    pass


class TestChanging(InProcess, ChangingContract):
    pass


class TestTrialEnd(InProcess, TrialEndContract):
    pass


class TestPausing(InProcess, PausingContract):
    pass


class TestSchedules(InProcess, ScheduleContract):
    pass


class TestStarting(InProcess, StartingContract):
    pass


class TestTrialWithoutCard(InProcess, TrialWithoutCardContract):
    pass


class TestSeveralIntervals(InProcess, SeveralIntervalsContract):
    pass


class TestLastInvoice(InProcess, LastInvoiceContract):
    pass


class TestInvoices(InProcess, InvoiceContract):
    pass


class TestWebhooks(InProcess, WebhookContract):
    pass


class TestHostedProcessor(Hosted, ProcessorContract):
    pass


class TestHostedCustomers(Hosted, CustomerContract):
    pass


class TestHostedKnownCustomers(Hosted, KnownCustomerContract):
    pass


class TestHostedTaxLocations(Hosted, TaxLocationContract):
    pass


class TestHostedAssigning(Hosted, AssigningContract):
    pass


class TestHostedDiscounts(Hosted, DiscountContract):
    pass


class TestHostedAutomaticTax(Hosted, AutomaticTaxContract):
    pass


class TestHostedPaymentMethods(Hosted, PaymentMethodContract):
    pass


class TestHostedSubscribing(Hosted, SubscribingContract):
    pass


class TestHostedEnding(Hosted, EndingContract):
    pass


class TestHostedCheckout(Hosted, CheckoutContract):
    pass


class TestHostedPortal(Hosted, PortalContract):
    pass


class TestHostedChanging(Hosted, ChangingContract):
    pass


class TestHostedTrialEnd(Hosted, TrialEndContract):
    pass


class TestHostedPausing(Hosted, PausingContract):
    pass


class TestHostedSchedules(Hosted, ScheduleContract):
    pass


class TestHostedStarting(Hosted, StartingContract):
    pass


class TestHostedTrialWithoutCard(Hosted, TrialWithoutCardContract):
    pass


class TestHostedSeveralIntervals(Hosted, SeveralIntervalsContract):
    pass


class TestHostedLastInvoice(Hosted, LastInvoiceContract):
    pass


class TestHostedInvoices(Hosted, InvoiceContract):
    pass


class TestHostedWebhooks(Hosted, WebhookContract):
    pass
