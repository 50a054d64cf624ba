"""Subscriptions and their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
    cast,
    false,
    not_,
    or_,
    text,
)

from accrue_core.billing.subscriptions.lifecycle import ENDED, ENTITLING, OWING
from accrue_core.contracts.subscriptions import COMP_COUPON, SubscriptionStatus
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
    Column("cancel_reason", String(40)),
    Column("started_at", UtcDateTime),
    Column("trial_start", UtcDateTime),
    Column("trial_end", UtcDateTime),
    Column("trial_announced", UtcDateTime),
    Column("collection_paused", String(40)),
    Column("collection_resumes_at", UtcDateTime),
    Column("pending_until", UtcDateTime),
    Column("default_payment_method", String(255)),
    Column("latest_invoice", String(255)),
    Column("coupons", Json, nullable=False, server_default=text("'[]'")),
    Column("automatic_tax", Boolean, nullable=False, server_default=false()),
    Column("schedule", String(255)),
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
    """One subscription as its processor last described it, with its items.

    ``coupons`` are the refs of those that still count, ``schedule`` is the ref of the one that
    drives it. ``trial_announced`` is the end of a trial that was announced a few days ahead.
    """

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
    cancel_reason: str | None
    started_at: datetime | None
    trial_start: datetime | None
    trial_end: datetime | None
    trial_announced: datetime | None
    collection_paused: str | None
    collection_resumes_at: datetime | None
    pending_until: datetime | None
    default_payment_method: str | None
    latest_invoice: str | None
    coupons: Sequence[str]
    automatic_tax: bool
    schedule: str | None
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
        """Whether collection is paused, or all of it is: it rests."""
        return self.collection_paused is not None or self.status == SubscriptionStatus.PAUSED

    @property
    def is_comped(self) -> bool:
        """Whether somebody has it for nothing."""
        return COMP_COUPON in self.coupons

    @property
    def is_scheduled(self) -> bool:
        """Whether a schedule decides what it is for, and when it ends."""
        return self.schedule is not None

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


_OVER = or_(subscriptions.c.status.in_(sorted(ENDED)), subscriptions.c.ended_at.is_not(None))
PREDICATES: Mapping[str, ColumnElement[bool]] = {
    "is_entitling": and_(
        subscriptions.c.status.in_(sorted(ENTITLING)),
        subscriptions.c.unreadable.is_(None),
        subscriptions.c.gone_at.is_(None),
        subscriptions.c.ended_at.is_(None),
        subscriptions.c.collection_paused.is_(None),
    ),
    "is_pending": subscriptions.c.pending_until.is_not(None),
    "is_paused": or_(
        subscriptions.c.collection_paused.is_not(None),
        subscriptions.c.status == SubscriptionStatus.PAUSED,
    ),
    "is_comped": cast(subscriptions.c.coupons, Text).contains(f'"{COMP_COUPON}"', autoescape=True),
    "is_scheduled": subscriptions.c.schedule.is_not(None),
    "is_owing": subscriptions.c.status.in_(sorted(OWING)),
    "is_ended": _OVER,
    "is_ending": and_(
        not_(_OVER),
        or_(subscriptions.c.cancel_at_period_end, subscriptions.c.cancel_at.is_not(None)),
    ),
}
"""What a row says of itself, for the database: ``select(...).where(PREDICATES["is_owing"])``."""
