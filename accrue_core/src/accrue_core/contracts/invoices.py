"""Invoices with their lines and payments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from accrue_core.contracts.results import Answer
from accrue_core.contracts.subscriptions import Collection
from accrue_core.money import Money


class InvoiceStatus(StrEnum):
    """The words for where an invoice stands. What they mean is in the slice's lifecycle."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLineSnapshot:
    """One line of an invoice. A negative amount is a credit."""

    ref: str
    amount: Money
    description: str | None = field(default=None, repr=False)
    quantity: int | None = None
    price: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    is_proration: bool = False
    subscription_item: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePaymentSnapshot:
    """One attempt to pay an invoice; ``payment`` is the processor's ref of what paid it."""

    ref: str
    amount: Money
    status: str
    payment: str | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSnapshot:
    """What a processor says about an invoice. All amounts are in its one currency."""

    noun: ClassVar[str] = "invoice"

    ref: str
    customer: str
    status: InvoiceStatus
    subscription: str | None
    currency: str
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    amount_due: Money
    amount_paid: Money
    amount_remaining: Money
    lines: tuple[InvoiceLineSnapshot, ...]
    payments: tuple[InvoicePaymentSnapshot, ...] = ()
    number: str | None = None
    billing_reason: str | None = None
    collection: Collection = "charge"
    attempts: int = 0
    next_attempt_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    due_at: datetime | None = None
    finalized_at: datetime | None = None
    paid_at: datetime | None = None
    voided_at: datetime | None = None
    created_at: datetime | None = None


class InvoiceGateway(Protocol):
    """A processor's operations on invoices."""

    async def fetch(self, ref: str) -> Answer:
        """Return the invoice as it is now, with all of its lines and payments."""
        ...
