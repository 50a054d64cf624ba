"""The contract suites, through the Stripe plugin, in Stripe's own test mode."""

from __future__ import annotations

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


class TestProcessor(ProcessorContract):
    pass


class TestCustomers(CustomerContract):
    pass


class TestKnownCustomers(KnownCustomerContract):
    pass


class TestTaxLocations(TaxLocationContract):
    pass


class TestAssigning(AssigningContract):
    pass


class TestDiscounts(DiscountContract):
    pass


class TestAutomaticTax(AutomaticTaxContract):
    pass


class TestPaymentMethods(PaymentMethodContract):
    pass


class TestSubscribing(SubscribingContract):
    pass


class TestStarting(StartingContract):
    pass


class TestSeveralIntervals(SeveralIntervalsContract):
    pass


class TestTrialsWithoutCard(TrialWithoutCardContract):
    pass


class TestLastInvoices(LastInvoiceContract):
    pass


class TestEnding(EndingContract):
    pass


class TestChanging(ChangingContract):
    pass


class TestTrialEnds(TrialEndContract):
    pass


class TestPausing(PausingContract):
    pass


class TestSchedules(ScheduleContract):
    pass


class TestInvoices(InvoiceContract):
    pass


class TestCheckout(CheckoutContract):
    pass


class TestPortal(PortalContract):
    pass


class TestWebhooks(WebhookContract):
    pass
