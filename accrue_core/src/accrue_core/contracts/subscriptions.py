"""Subscriptions with their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from accrue_core.contracts.results import AnySnapshot

COMP_COUPON = "accrue_comp"
"""The coupon of a subscription that somebody has for nothing: all of it off, for ever.

A processor makes it when it is first needed.
"""

Collection = Literal["charge", "invoice"]
"""Whether a due invoice is charged to the payment method on file, or sent to be paid."""

TrialWithoutCard = Literal["invoice", "cancel", "pause"]
"""What becomes of a trial that ends without a payment method: its invoice is left open and the
subscription past due, it is canceled, or it is paused until there is one."""

CancelReason = Literal[
    "customer_service", "low_quality", "missing_features", "other", "switched_service",
    "too_complex", "too_expensive", "unused",
]  # fmt: skip
"""Why somebody leaves, in Stripe's words (``cancellation_details.feedback``)."""


class SubscriptionStatus(StrEnum):
    """The words for where a subscription stands. What they mean is in the slice's lifecycle."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionItemSnapshot:
    """One price within a subscription, with a period of its own."""

    ref: str
    price: str
    quantity: int | None
    product: str | None = None
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSnapshot:
    """What a processor says about a subscription.

    ``collection_paused`` is the processor's word for a pause that keeps the status (Stripe's
    ``pause_collection``), until ``collection_resumes_at`` if that is set; ``cancel_at`` is the
    moment it will end, whichever way that was asked. ``pending_until`` is set while a change waits
    to be paid for, and is when it lapses. ``coupons`` are the refs of those that still count;
    ``schedule`` is the ref of the one that drives it, if there is one. ``announced`` is what the
    webhook that led to this answer announced; a processor leaves it alone.
    """

    noun: ClassVar[str] = "subscription"

    ref: str
    customer: str
    status: SubscriptionStatus
    items: tuple[SubscriptionItemSnapshot, ...]
    collection: Collection = "charge"
    currency: str | None = None
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_reason: str | None = None
    started_at: datetime | None = None
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    collection_paused: str | None = None
    collection_resumes_at: datetime | None = None
    pending_until: datetime | None = None
    default_payment_method: str | None = None
    latest_invoice: str | None = None
    coupons: tuple[str, ...] = ()
    automatic_tax: bool = False
    schedule: str | None = None
    announced: str | None = field(default=None, compare=False)
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """A price and how many of it."""

    price: str
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSubscription:
    """Start a subscription. At most one of ``trial_days`` and ``trial_end`` is set.

    A first payment that fails or needs the customer leaves the subscription ``incomplete``;
    the answer then says what the customer has to do. ``days_until_due`` goes with collection
    by invoice. ``metadata`` is the host's; the processor adds our operation id.

    ``anchor`` is when the first whole period begins (ahead of now, less than one period): until
    then the customer pays a part, or nothing with ``proration`` ``"none"``. ``backdated_to`` is a
    moment behind us from which the subscription counts; its first invoice covers the time since,
    unless ``proration`` is ``"none"``. Items may have different intervals; each then has periods of
    its own. ``coupon`` is a ref, or ``COMP_COUPON``.
    """

    gateway: ClassVar[str] = "subscriptions"
    method: ClassVar[str] = "create"
    noun: ClassVar[str] = "subscription"
    effect: ClassVar[Literal["create", "change"]] = "create"
    moves_money: ClassVar[bool] = True
    personal: ClassVar[frozenset[str]] = frozenset({"metadata"})

    customer: str
    items: tuple[NewItem, ...]
    trial_days: int | None = None
    trial_end: datetime | None = None
    trial_without_card: TrialWithoutCard = "invoice"
    anchor: datetime | None = None
    backdated_to: datetime | None = None
    proration: Literal["create_prorations", "none"] = "create_prorations"
    payment_method: str | None = None
    collection: Collection = "charge"
    days_until_due: int | None = None
    coupon: str | None = None
    automatic_tax: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSubscription:
    """End a subscription: ``now``, at ``period_end``, or ``at`` a moment.

    An end ``now`` may be invoiced at once (``invoice_now``: what waited for the next invoice is
    billed), with the unused rest of the period credited (``prorate``).
    """

    gateway: ClassVar[str] = "subscriptions"
    method: ClassVar[str] = "cancel"
    noun: ClassVar[str] = "subscription"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str
    when: Literal["now", "period_end", "at"]
    at: datetime | None = None
    invoice_now: bool = False
    prorate: bool = False
    reason: CancelReason | None = None

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether it has ended, or is set to end as asked."""
        if not isinstance(snapshot, SubscriptionSnapshot):
            return False
        ended = snapshot.ended_at is not None or snapshot.status == SubscriptionStatus.CANCELED
        if self.when == "now":
            return ended
        if self.when == "period_end":
            return ended or snapshot.cancel_at_period_end
        return ended or (snapshot.cancel_at == self.at and not snapshot.cancel_at_period_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSubscription:
    """Undo a pending end."""

    gateway: ClassVar[str] = "subscriptions"
    method: ClassVar[str] = "keep"
    noun: ClassVar[str] = "subscription"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether it goes on, with no end pending."""
        return (
            isinstance(snapshot, SubscriptionSnapshot)
            and snapshot.ended_at is None
            and snapshot.status != SubscriptionStatus.CANCELED
            and not snapshot.cancel_at_period_end
            and snapshot.cancel_at is None
        )
