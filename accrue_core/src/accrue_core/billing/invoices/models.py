"""Invoices, their lines and their payments. Amounts are whole minor units of one currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
)

from accrue_core.billing.invoices.lifecycle import COLLECTABLE
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.db.base import LOADED, metadata
from accrue_core.db.columns import PrefixedId, UtcDateTime, Word
from accrue_core.db.mirrored import mirrored_columns
from accrue_core.ids import PREFIXES
from accrue_core.money import Money

invoices = Table(
    "accrue_invoices",
    metadata,
    *mirrored_columns(PREFIXES["invoice"]),
    Column("customer_id", PrefixedId(PREFIXES["customer"]), ForeignKey("accrue_customers.id")),
    Column("customer_ref", String(255), nullable=False),
    Column(
        "subscription_id",
        PrefixedId(PREFIXES["subscription"]),
        ForeignKey("accrue_subscriptions.id"),
    ),
    Column("subscription_ref", String(255)),
    Column("status", Word(InvoiceStatus), nullable=False),
    Column("number", String(64)),
    Column("currency", String(3), nullable=False),
    Column("subtotal_minor", BigInteger, nullable=False),
    Column("discount_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("amount_due_minor", BigInteger, nullable=False),
    Column("amount_paid_minor", BigInteger, nullable=False),
    Column("amount_remaining_minor", BigInteger, nullable=False),
    Column("billing_reason", String(40)),
    Column("collection", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("period_start", UtcDateTime),
    Column("period_end", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("finalized_at", UtcDateTime),
    Column("paid_at", UtcDateTime),
    Column("voided_at", UtcDateTime),
    Index("ix_accrue_invoices_customer", "customer_id", "id"),
    Index("ix_accrue_invoices_subscription", "subscription_id", "id"),
    Index("ix_accrue_invoices_status", "status", "id"),
    Index("ix_accrue_invoices_number", "number"),
    Index("ix_accrue_invoices_unlinked", "processor", "customer_ref"),
    Index("ix_accrue_invoices_without_subscription", "processor", "subscription_ref"),
)

lines = Table(
    "accrue_invoice_lines",
    metadata,
    Column("id", PrefixedId(PREFIXES["invoice_line"]), primary_key=True),
    Column(
        "invoice_id",
        PrefixedId(PREFIXES["invoice"]),
        ForeignKey("accrue_invoices.id"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    Column("ref", String(255), nullable=False),
    Column("description", Text),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("quantity", BigInteger),
    Column("price", String(255)),
    Column("period_start", UtcDateTime),
    Column("period_end", UtcDateTime),
    Column("is_proration", Boolean, nullable=False),
    Column("subscription_item", String(255)),
    UniqueConstraint("invoice_id", "ref"),
)

payments = Table(
    "accrue_invoice_payments",
    metadata,
    Column("id", PrefixedId(PREFIXES["invoice_payment"]), primary_key=True),
    Column(
        "invoice_id",
        PrefixedId(PREFIXES["invoice"]),
        ForeignKey("accrue_invoices.id"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    Column("ref", String(255), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(40), nullable=False),
    Column("payment", String(255)),
    Column("paid_at", UtcDateTime),
    UniqueConstraint("invoice_id", "ref"),
    Index("ix_accrue_invoice_payments_payment", "payment"),
)

PERSONAL_OF_LINES = frozenset({"description"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line. A negative amount is a credit."""

    id: str
    invoice_id: str
    position: int
    ref: str
    description: str | None = field(repr=False)
    amount_minor: int
    currency: str
    quantity: int | None
    price: str | None
    period_start: datetime | None
    period_end: datetime | None
    is_proration: bool
    subscription_item: str | None

    @property
    def amount(self) -> Money:
        """What the line adds to the invoice."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePayment:
    """One attempt to pay; ``payment`` is the processor's ref of what paid."""

    id: str
    invoice_id: str
    position: int
    ref: str
    amount_minor: int
    currency: str
    status: str
    payment: str | None
    paid_at: datetime | None

    @property
    def amount(self) -> Money:
        """What it paid, or tried to."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice as its processor last described it, with its lines and payments."""

    id: str
    processor: str
    ref: str
    remote_at: datetime | None
    unreadable: str | None
    gone_at: datetime | None
    seen: int
    created_at: datetime
    updated_at: datetime
    customer_id: str | None
    customer_ref: str
    subscription_id: str | None
    subscription_ref: str | None
    status: InvoiceStatus
    number: str | None
    currency: str
    subtotal_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    amount_due_minor: int
    amount_paid_minor: int
    amount_remaining_minor: int
    billing_reason: str | None
    collection: str
    attempts: int
    next_attempt_at: datetime | None
    period_start: datetime | None
    period_end: datetime | None
    due_at: datetime | None
    finalized_at: datetime | None
    paid_at: datetime | None
    voided_at: datetime | None
    lines: tuple[InvoiceLine, ...] = field(default=(), metadata={LOADED: True})
    payments: tuple[InvoicePayment, ...] = field(default=(), metadata={LOADED: True})

    @property
    def total(self) -> Money:
        """What it comes to, tax and discounts included."""
        return Money(self.total_minor, self.currency)

    @property
    def amount_due(self) -> Money:
        """What the customer has to pay of it, credits taken off."""
        return Money(self.amount_due_minor, self.currency)

    @property
    def amount_paid(self) -> Money:
        """What has been paid."""
        return Money(self.amount_paid_minor, self.currency)

    @property
    def amount_remaining(self) -> Money:
        """What is still to be paid."""
        return Money(self.amount_remaining_minor, self.currency)

    @property
    def is_collectable(self) -> bool:
        """Whether it is final and still to be paid."""
        return self.status in COLLECTABLE and self.unreadable is None


PREDICATES: Mapping[str, ColumnElement[bool]] = {
    "is_collectable": and_(
        invoices.c.status.in_(sorted(COLLECTABLE)), invoices.c.unreadable.is_(None)
    ),
}
"""What a row says of itself, for the database."""
