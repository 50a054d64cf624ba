"""What becomes true of invoices. Amounts are whole minor units of ``currency``."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.ledger.events import LedgerEvent


@dataclass(frozen=True, slots=True)
class InvoiceCreated(LedgerEvent):
    """An invoice exists that we did not know before."""

    type = "invoice.created"
    status: str
    total: int
    currency: str


@dataclass(frozen=True, slots=True)
class InvoiceFinalized(LedgerEvent):
    """An invoice is final and waits to be paid."""

    type = "invoice.finalized"
    amount_due: int
    currency: str


@dataclass(frozen=True, slots=True)
class InvoicePaid(LedgerEvent):
    """Nothing is owed on an invoice any more."""

    type = "invoice.paid"
    amount_paid: int
    currency: str


@dataclass(frozen=True, slots=True)
class InvoicePaymentFailed(LedgerEvent):
    """An attempt to collect an invoice failed."""

    type = "invoice.payment_failed"
    attempts: int
    amount_remaining: int
    currency: str


@dataclass(frozen=True, slots=True)
class InvoiceVoided(LedgerEvent):
    """An invoice should not have been, and is not owed."""

    type = "invoice.voided"


@dataclass(frozen=True, slots=True)
class InvoiceMarkedUncollectible(LedgerEvent):
    """Nobody expects an invoice to be paid any more."""

    type = "invoice.marked_uncollectible"
    amount_remaining: int
    currency: str
