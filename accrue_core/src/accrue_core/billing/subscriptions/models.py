"""Subscriptions and their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from accrue_core.billing.subscriptions.lifecycle import ENDED, ENTITLING, OWING
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.db.base import LOADED, metadata
from accrue_core.db.columns import Json, PrefixedId, UtcDateTime, Word
from accrue_core.db.mirrored import mirrored_columns
from accrue_core.ids import PREFIXES

subscriptions = Table(
    "accrue_subscriptions",
    metadata,
    *mirrored_columns(PREFIXES["subscription"]),
    Column("customer_id", PrefixedId(PREFIXES["customer"]), ForeignKey("accrue_customers.id")),
    Column("customer_ref", String(255), nullable=False),
    Column("status", Word(SubscriptionStatus), nullable=False),
    Column("collection", String(16), nullable=False),
    Column("currency", String(3)),
    Column("cancel_at_period_end", Boolean, nullable=False),
    Column("cancel_at", UtcDateTime),
    Column("canceled_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("trial_start", UtcDateTime),
    Column("trial_end", UtcDateTime),
    Column("collection_paused", String(40)),
    Column("collection_resumes_at", UtcDateTime),
    Column("pending_until", UtcDateTime),
    Column("default_payment_method", String(255)),
    Column("latest_invoice", String(255)),
    Column("metadata", Json, nullable=False),
    Index("ix_accrue_subscriptions_customer", "customer_id", "id"),
    Index("ix_accrue_subscriptions_status", "status", "id"),
    Index("ix_accrue_subscriptions_unlinked", "processor", "customer_ref"),
)

items = Table(
    "accrue_subscription_items",
    metadata,
    Column("id", PrefixedId(PREFIXES["subscription_item"]), primary_key=True),
    Column(
        "subscription_id",
        PrefixedId(PREFIXES["subscription"]),
        ForeignKey("accrue_subscriptions.id"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    Column("ref", String(255), nullable=False),
    Column("price", String(255), nullable=False),
    Column("product", String(255)),
    Column("quantity", BigInteger),
    Column("current_period_start", UtcDateTime),
    Column("current_period_end", UtcDateTime),
    UniqueConstraint("subscription_id", "ref"),
)

PERSONAL = frozenset({"metadata"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionItem:
    """One price within a subscription. ``price`` and ``product`` are refs."""

    id: str
    subscription_id: str
    position: int
    ref: str
    price: str
    product: str | None
    quantity: int | None
    current_period_start: datetime | None
    current_period_end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription as its processor last described it, with its items."""

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
    status: SubscriptionStatus
    collection: str
    currency: str | None
    cancel_at_period_end: bool
    cancel_at: datetime | None
    canceled_at: datetime | None
    ended_at: datetime | None
    started_at: datetime | None
    trial_start: datetime | None
    trial_end: datetime | None
    collection_paused: str | None
    collection_resumes_at: datetime | None
    pending_until: datetime | None
    default_payment_method: str | None
    latest_invoice: str | None
    metadata: Mapping[str, Any] = field(repr=False)
    items: tuple[SubscriptionItem, ...] = field(default=(), metadata={LOADED: True})

    @property
    def is_entitling(self) -> bool:
        """Whether it grants its plan's features, going by what the processor last said.

        A pending end that has passed counts as passed only to the gate, which knows the time.
        """
        return (
            self.status in ENTITLING
            and self.unreadable is None
            and self.gone_at is None
            and self.ended_at is None
            and self.collection_paused is None
        )

    @property
    def is_pending(self) -> bool:
        """Whether a change waits to be paid for; until then everything is as it was."""
        return self.pending_until is not None

    @property
    def is_paused(self) -> bool:
        """Whether collection is paused."""
        return self.collection_paused is not None

    @property
    def is_owing(self) -> bool:
        """Whether a renewal was not paid."""
        return self.status in OWING

    @property
    def is_ended(self) -> bool:
        """Whether it is over for good."""
        return self.status in ENDED or self.ended_at is not None

    @property
    def is_ending(self) -> bool:
        """Whether an end is pending, which ``keep`` would undo."""
        return not self.is_ended and (self.cancel_at_period_end or self.cancel_at is not None)

    @property
    def renews_at(self) -> datetime | None:
        """When the first of its items' periods ends; items may have periods of their own."""
        ends = [item.current_period_end for item in self.items if item.current_period_end]
        return min(ends, default=None)

    @property
    def ends_at(self) -> datetime | None:
        """When a pending end will happen."""
        if not self.is_ending:
            return None
        return self.cancel_at or self.renews_at
