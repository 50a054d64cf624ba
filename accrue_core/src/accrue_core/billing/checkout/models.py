"""Checkout sessions: which pages of a processor a customer was sent to, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, String, Table

from accrue_core.contracts.checkout import CheckoutStatus
from accrue_core.db.base import metadata
from accrue_core.db.columns import PrefixedId, UtcDateTime, Word
from accrue_core.db.mirrored import mirrored_columns
from accrue_core.ids import PREFIXES

checkout_sessions = Table(
    "accrue_checkout_sessions",
    metadata,
    *mirrored_columns(PREFIXES["checkout_session"]),
    Column("customer_id", PrefixedId(PREFIXES["customer"]), ForeignKey("accrue_customers.id")),
    Column("customer_ref", String(255)),
    Column(
        "subscription_id",
        PrefixedId(PREFIXES["subscription"]),
        ForeignKey("accrue_subscriptions.id"),
    ),
    Column("subscription_ref", String(255)),
    Column("status", Word(CheckoutStatus), nullable=False),
    Column("expires_at", UtcDateTime),
    Index("ix_accrue_checkout_sessions_customer", "customer_id", "id"),
    Index("ix_accrue_checkout_sessions_subscription", "subscription_id"),
    Index("ix_accrue_checkout_sessions_unlinked", "processor", "customer_ref"),
    Index("ix_accrue_checkout_sessions_without_subscription", "processor", "subscription_ref"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSession:
    """One checkout session. The address of its page is never stored."""

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
    customer_ref: str | None
    subscription_id: str | None
    subscription_ref: str | None
    status: CheckoutStatus
    expires_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the customer may still act on its page."""
        return self.status == CheckoutStatus.OPEN

    @property
    def is_complete(self) -> bool:
        """Whether the customer has finished there. What was paid, only entitlements say."""
        return self.status == CheckoutStatus.COMPLETE


PREDICATES: Mapping[str, ColumnElement[bool]] = {
    "is_open": checkout_sessions.c.status == CheckoutStatus.OPEN,
    "is_complete": checkout_sessions.c.status == CheckoutStatus.COMPLETE,
}
"""What a row says of itself, for the database."""
