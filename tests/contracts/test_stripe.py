"""Stripe keeps every promise a processor makes, through its SDK, at a stand-in of an account."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

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
from accrue_stripe.processor import StripeProcessor
from tests.stripe.account.app import Account
from tests.stripe.asking import asking, bench_of, furnished


class AtTheAccount:
    """The suites at an account of their own; every request is checked while they run."""

    @pytest.fixture
    def account(self) -> Account:
        return furnished()

    @pytest.fixture
    async def processor(self, account: Account) -> AsyncIterator[StripeProcessor]:
        async with asking(account) as processor:
            yield processor

    @pytest.fixture
    def bench(self, account: Account) -> Bench:
        return bench_of(account)


class TestProcessor(AtTheAccount, ProcessorContract):
    pass


class TestCustomers(AtTheAccount, CustomerContract):
    pass


class TestKnownCustomers(AtTheAccount, KnownCustomerContract):
    pass


class TestTaxLocations(AtTheAccount, TaxLocationContract):
    pass


class TestAssigning(AtTheAccount, AssigningContract):
    pass


class TestDiscounts(AtTheAccount, DiscountContract):
    pass


class TestAutomaticTax(AtTheAccount, AutomaticTaxContract):
    pass


class TestPaymentMethods(AtTheAccount, PaymentMethodContract):
    pass


class TestSubscribing(AtTheAccount, SubscribingContract):
    pass


class TestEnding(AtTheAccount, EndingContract):
    pass


class TestStarting(AtTheAccount, StartingContract):
    pass


class TestTrialsWithoutACard(AtTheAccount, TrialWithoutCardContract):
    pass


class TestSeveralIntervals(AtTheAccount, SeveralIntervalsContract):
    pass


class TestLastInvoices(AtTheAccount, LastInvoiceContract):
    pass


class TestChanging(AtTheAccount, ChangingContract):
    pass


class TestTrialEnds(AtTheAccount, TrialEndContract):
    pass


class TestPausing(AtTheAccount, PausingContract):
    pass


class TestSchedules(AtTheAccount, ScheduleContract):
    pass


class TestInvoices(AtTheAccount, InvoiceContract):
    pass


class TestCheckout(AtTheAccount, CheckoutContract):
    pass


class TestPortal(AtTheAccount, PortalContract):
    pass


class TestWebhooks(AtTheAccount, WebhookContract):
    pass
