"""Pure: how an invoice stands, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accrue_core.billing.catalog import Catalog
from accrue_core.billing.invoices.models import Invoice, InvoicePayment
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.money import Money
from accrue_portal import copy
from accrue_portal.names import line_of
from accrue_portal.standing import Tone


@dataclass(frozen=True, slots=True)
class Total:
    """One row below the lines; the main ones stand out."""

    title: str
    amount: Money
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice, a word and a sentence for how it stands, and what its lines are for."""

    invoice: Invoice
    tone: Tone
    word: str
    sentence: str
    lines: tuple[str, ...]

    @property
    def id(self) -> str:
        """Our id of the invoice."""
        return self.invoice.id

    @property
    def issued_at(self) -> datetime:
        """When it was written, as it stands on the invoice."""
        return self.invoice.finalized_at or self.invoice.remote_at or self.invoice.created_at

    @property
    def totals(self) -> tuple[Total, ...]:
        """What the lines come to, what changes it, and what is left to pay."""
        one, currency = self.invoice, self.invoice.currency
        is_changed = one.subtotal_minor != one.total_minor or one.tax_minor or one.discount_minor
        before = (
            Total("Subtotal", Money(one.subtotal_minor, currency)),
            Total("Discount", Money(-one.discount_minor, currency)),
            Total("Tax", Money(one.tax_minor, currency)),
        )
        after = (
            Total("Credit", one.amount_due - one.total),
            Total("Paid", one.amount_paid),
        )
        left = Total("Still to be paid", one.amount_remaining, is_main=True)
        return (
            *(row for row in (before if is_changed else ()) if row.amount),
            Total("Total", one.total, is_main=True),
            *(row for row in after if row.amount),
            *((left,) if one.is_collectable else ()),
        )


def bill_of(invoice: Invoice, catalog: Catalog, now: datetime) -> Bill:
    """Return an invoice with its words."""
    tone, word, sentence = _stands(invoice, now)
    lines = tuple(line_of(line, invoice.processor, catalog) for line in invoice.lines)
    return Bill(invoice, tone, word, sentence, lines)


def _stands(invoice: Invoice, now: datetime) -> tuple[Tone, str, str]:
    if invoice.unreadable is not None:
        return "notice", "Being checked", copy.INVOICE_UNCLEAR
    match invoice.status:
        case InvoiceStatus.PAID if not invoice.amount_due_minor:
            return "quiet", "Nothing to pay", copy.INVOICE_FREE
        case InvoiceStatus.PAID:
            return "good", "Paid", copy.paid_on(invoice.paid_at)
        case InvoiceStatus.VOID:
            return "quiet", "Canceled", copy.INVOICE_VOID
        case InvoiceStatus.UNCOLLECTIBLE:
            return "bad", "Not paid", copy.INVOICE_GIVEN_UP
    return _open(invoice, now)


def _open(invoice: Invoice, now: datetime) -> tuple[Tone, str, str]:
    owed, due_at = invoice.amount_remaining, invoice.due_at
    if invoice.next_attempt_at is not None and invoice.attempts:
        return "bad", "Payment failed", copy.tried_again(owed, invoice.next_attempt_at, None)
    if invoice.collection == "charge" and invoice.attempts:
        return "bad", "Not paid yet", f"{copy.NOT_PAID} {copy.due(owed, due_at)}"
    if due_at is not None and due_at < now:
        return "bad", "Overdue", copy.was_due(owed, due_at)
    return "notice", "To be paid", copy.due(owed, due_at)


def payments_of(invoice: Invoice) -> tuple[InvoicePayment, ...]:
    """Return what was paid or tried; a payment that only waits to be made is neither."""
    return tuple(one for one in invoice.payments if one.status != "open" or invoice.attempts)


def payment_words(payment: InvoicePayment) -> str:
    """Return what became of an attempt to pay; whatever is not known to have worked has not."""
    return {"paid": "Paid", "canceled": "Canceled"}.get(payment.status, "Not completed")
