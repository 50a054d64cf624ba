"""What the engine keeps about each thing: the snapshot it answers with, and what nobody is told.

A record is mutable and never leaves the engine; the snapshot inside it is frozen, so handing it
out costs nothing and a remembered answer stays what it was.

What there is many of are structs that the garbage collector need not visit, which is most of the
cost of a long history: nothing of them ever leads back to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CreateCheckoutSession
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.invoices import InvoiceLineSnapshot, InvoiceSnapshot
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.schedules import ScheduleSnapshot
from accrue_core.contracts.subscriptions import (
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
    TrialWithoutCard,
)
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money

Interval = Literal["day", "week", "month", "year"]
FinalStatus = Literal["canceled", "unpaid"]
Duration = Literal["once", "repeating", "forever"]
RoundingHow = Literal["half_up", "half_even"]
RoundingPer = Literal["line", "invoice"]
ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})


class Behavior(StrEnum):
    """How a card answers when it is charged."""

    GOOD = "good"
    DECLINES = "declines"
    AUTHENTICATES = "authenticates"
    FAILS_LATER = "fails_later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit costs for one stretch of time, and the ``product`` that it is for."""

    ref: str
    money: Money
    interval: Interval = "month"
    interval_count: int = 1
    product: str | None = None

    @property
    def sold_as(self) -> str:
        """The product's ref: every price is for something, whether its seller said so or not.

        >>> Price(ref="price_pro", money=Money(2000, "usd")).sold_as
        'prod_pro'
        """
        return self.product or f"prod_{self.ref.removeprefix('price_')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """What is taken off, and for how long: a percentage (exact), or else an amount."""

    ref: str
    percent_off: Decimal | None = None
    amount_off: Money | None = None
    duration: Duration = "once"
    months: int | None = None
    max_redemptions: int | None = None
    redeem_by: datetime | None = None


@dataclass(slots=True, kw_only=True)
class CouponRecord:
    """A coupon, and how many subscriptions it was given to."""

    coupon: Coupon
    redeemed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A coupon on a subscription: until its months are over, or until it is spent."""

    coupon: str
    is_once: bool = False
    ends_at: datetime | None = None
    spent_at: datetime | None = None
    spent_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """How much of an amount is tax in a country or in one of its states (``US/NY``)."""

    place: str
    basis_points: int
    is_inclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How a tax becomes whole minor units: a half goes away from zero, or to the even number."""

    how: RoundingHow = "half_up"
    per: RoundingPer = "invoice"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditMovement:
    """One change of what a customer has to their credit, and what they have after it.

    ``left_over``: an invoice came to less than nothing. ``applied``: an invoice was paid with it.
    ``returned``: that invoice is void.
    """

    ref: str
    amount: Money
    balance: Money
    why: Literal["left_over", "applied", "returned"]
    invoice: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a customer is taxed. No answer repeats it."""

    country: str = field(repr=False)
    postal_code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    line1: str | None = field(default=None, repr=False)
    line2: str | None = field(default=None, repr=False)


class CustomerRecord(msgspec.Struct, gc=False, kw_only=True):
    """A customer; ``invoices`` counts the numbers given out, ``credit`` explains the balance."""

    snapshot: CustomerSnapshot
    metadata: dict[str, str]
    address: Address | None = None
    clock: str | None = None
    is_deleted: bool = False
    invoices: int = 0
    credit: tuple[CreditMovement, ...] = ()
    payment_methods: list[str] = msgspec.field(default_factory=list)
    subscriptions: list[str] = msgspec.field(default_factory=list)


class CardRecord(msgspec.Struct, gc=False, kw_only=True):
    """A payment method; ``charges`` counts what it has paid.

    Where one attempt is to fail, ``attempts`` counts them, and the one of the number ``fails_on``
    is declined.
    """

    snapshot: PaymentMethodSnapshot
    behavior: Behavior
    charges: int = 0
    attempts: int = 0
    fails_on: int | None = None
    is_authenticated: bool = False

    def fails_now(self) -> bool:
        """Count an attempt to charge it; return whether it is the one that fails."""
        if self.fails_on is None:
            return False
        self.attempts += 1
        return self.attempts == self.fails_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a subscription becomes: its items with the periods they are in.

    ``begins_at`` is when its cycle begins anew, if it does: all periods are counted from there.
    """

    items: tuple[SubscriptionItemSnapshot, ...]
    begins_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """A change that waits for its invoice to be paid.

    ``carried`` are the prorations that were waiting for an invoice and went onto this one.
    """

    change: Change
    invoice: str
    carried: tuple[InvoiceLineSnapshot, ...] = ()


class SubscriptionRecord(msgspec.Struct, gc=False, kw_only=True):
    """A subscription. Each item's period ``n`` begins ``n`` of its intervals after ``anchor``.

    ``collected`` is the newest invoice that was finalized: its payment decides the status.
    ``unbilled`` are prorations that wait for the next invoice. ``warned_of`` is the end of a trial
    that has been announced. A part of a period costs nothing unless ``is_prorated``; ``free``
    are the items whose present period cost nothing for that reason. ``without_card`` is what
    becomes of a trial that nobody has a card for; ``rested_at`` is when somebody asked it to rest;
    ``resuming`` is the invoice that ends a rest when it is paid, and ``carried`` the prorations
    that were waiting for an invoice and went onto that one.
    """

    snapshot: SubscriptionSnapshot
    anchor: datetime
    days_until_due: int | None = None
    collected: str | None = None
    invoices: list[str] = msgspec.field(default_factory=list)
    unbilled: list[InvoiceLineSnapshot] = msgspec.field(default_factory=list)
    pending: PendingChange | None = None
    discount: Discount | None = None
    warned_of: datetime | None = None
    is_prorated: bool = True
    free: list[str] = msgspec.field(default_factory=list)
    without_card: TrialWithoutCard = "invoice"
    rested_at: datetime | None = None
    resuming: str | None = None
    carried: tuple[InvoiceLineSnapshot, ...] = ()

    @property
    def is_ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.snapshot.status in ENDED

    @property
    def period_start(self) -> datetime:
        """When the newest period of its items began."""
        return max(item.current_period_start or self.anchor for item in self.snapshot.items)

    @property
    def period_end(self) -> datetime:
        """When the first period of its items runs out: nothing renews before."""
        return min(item.current_period_end or self.anchor for item in self.snapshot.items)


@dataclass(slots=True, kw_only=True)
class ScheduleRecord:
    """A schedule; what it starts later is noted under the operation that asked for it."""

    snapshot: ScheduleSnapshot
    operation_id: str


class InvoiceRecord(msgspec.Struct, gc=False, kw_only=True):
    """An invoice; ``is_waiting`` while its payment waits for the customer to authenticate.

    ``discounts`` and ``taxes`` are the parts that its lines have in them, in minor units.
    """

    snapshot: InvoiceSnapshot
    discounts: tuple[int, ...] = ()
    taxes: tuple[int, ...] = ()
    retries: int = 0
    is_waiting: bool = False
    card: str | None = None

    @property
    def payment(self) -> str:
        """The payment that collects it."""
        payments = self.snapshot.payments
        return (payments[0].payment if payments else None) or self.snapshot.ref


@dataclass(slots=True, kw_only=True)
class CheckoutRecord:
    """A checkout session, as it was asked for under one operation.

    ``waiting`` is the test card whose bank asks for the customer; ``card`` is what was attached
    in the end.
    """

    snapshot: CheckoutSessionSnapshot
    request: CreateCheckoutSession
    operation_id: str
    waiting: str | None = None
    card: str | None = None

    def answered(self) -> str:
        """Return the card whose bank has been answered; it waits no longer."""
        card, self.waiting = _waiting(self.waiting), None
        return card


@dataclass(slots=True, kw_only=True)
class PortalRecord:
    """A portal session; ``waiting`` as on a checkout session."""

    ref: str
    request: CreatePortalSession
    expires_at: datetime
    waiting: str | None = None

    def answered(self) -> str:
        """Return the card whose bank has been answered; it waits no longer."""
        card, self.waiting = _waiting(self.waiting), None
        return card


class EventRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something that happened, as a webhook will announce it."""

    ref: str
    type: str
    object: str
    object_ref: str
    created_at: datetime


class Owed(msgspec.Struct, frozen=True, gc=False, order=True):
    """One delivery of an event that is still to be made, at the earliest ``due``."""

    due: datetime
    number: int
    event: str
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedWebhook:
    """One webhook to post now: these bytes, with these lower-case headers."""

    body: bytes
    headers: dict[str, str]
    event_ref: str
    attempt: int


class Due(msgspec.Struct, frozen=True, gc=False, order=True):
    """Something that time will do. At one moment, what ends comes before what begins."""

    moment: datetime
    rank: int
    number: int
    what: str
    ref: str


FaultKind = Literal[
    "lost_before", "lost_after", "unreachable", "rate_limited", "misconfigured", "server_error",
    "declined", "webhook_lost", "webhook_delayed", "webhook_duplicated", "unreadable", "missing",
    "slow",
]  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Fault:
    """One scripted fault: what happens, to what, and how often still.

    ``subject`` narrows it: ``noun.method`` for calls, an event type for webhooks, a ref for
    things, customers and cards; ``None`` is the next one, whichever it is. It lets ``after`` pass
    first.
    """

    kind: FaultKind
    subject: str | None = None
    times: int = 1
    word: str = ""
    seconds: float = 0.0
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A final refusal, remembered so that the same question is refused the same way again."""

    code: str
    message: str
    attributes: dict[str, str | int | float | None]


def _waiting(card: str | None) -> str:
    if card is None:
        raise ProcessorRejected("no bank asks for the customer", reason="not_waiting")
    return card
