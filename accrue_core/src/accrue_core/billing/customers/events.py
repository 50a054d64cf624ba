"""What becomes true of customers."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.ledger.events import LedgerEvent


@dataclass(frozen=True, slots=True)
class CustomerCreated(LedgerEvent):
    """A processor has a customer that we did not know before."""

    type = "customer.created"


@dataclass(frozen=True, slots=True)
class CustomerMoved(LedgerEvent):
    """It belongs to another owner now, with everything it pays for; both as ``type:id``."""

    type = "customer.moved"
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TaxLocationUpdated(LedgerEvent):
    """The processor knows where it is taxed, or no longer does. The address is not recorded."""

    type = "customer.tax_location_updated"
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DefaultPaymentMethodChanged(LedgerEvent):
    """Invoices will be charged to another payment method; both are refs."""

    type = "customer.default_payment_method_changed"
    before: str | None
    after: str | None
