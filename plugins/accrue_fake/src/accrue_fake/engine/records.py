"""What the engine keeps about each thing: the snapshot it answers with, and what nobody is told.

A record is mutable and never leaves the engine; the snapshot inside it is frozen, so handing it
out costs nothing and a remembered answer stays what it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CreateCheckoutSession
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.invoices import InvoiceLineSnapshot, InvoiceSnapshot
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.subscriptions import (
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money

Interval = Literal["day", "week", "month", "year"]
FinalStatus = Literal["canceled", "unpaid"]
ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})


class Behavior(StrEnum):
    """How a card answers when it is charged."""

    GOOD = "good"
    DECLINES = "declines"
    AUTHENTICATES = "authenticates"
    FAILS_LATER = "fails_later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit costs for one stretch of time."""

    ref: str
    money: Money
    interval: Interval = "month"
    interval_count: int = 1
    product: str | None = None


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


@dataclass(slots=True, kw_only=True)
class CustomerRecord:
    """A customer; ``invoices`` counts the numbers given out, ``credit`` explains the balance."""

    snapshot: CustomerSnapshot
    metadata: dict[str, str]
    is_deleted: bool = False
    invoices: int = 0
    credit: list[CreditMovement] = field(default_factory=list)
    payment_methods: list[str] = field(default_factory=list)
    subscriptions: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class CardRecord:
    """A payment method; ``charges`` counts what it has paid."""

    snapshot: PaymentMethodSnapshot
    behavior: Behavior
    charges: int = 0
    is_authenticated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a subscription becomes: its items, its interval, and its period if a new one begins."""

    items: tuple[SubscriptionItemSnapshot, ...]
    interval: Interval
    interval_count: int
    begins_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """A change that waits for its invoice to be paid.

    ``carried`` are the prorations that were waiting for an invoice and went onto this one.
    """

    change: Change
    invoice: str
    carried: tuple[InvoiceLineSnapshot, ...] = ()


@dataclass(slots=True, kw_only=True)
class SubscriptionRecord:
    """A subscription. Period ``n`` begins ``n`` intervals after ``anchor``, never after ``n - 1``.

    ``collected`` is the newest invoice that was finalized: its payment decides the status.
    ``unbilled`` are prorations that wait for the next invoice. ``warned_of`` is the end of a trial
    that has been announced.
    """

    snapshot: SubscriptionSnapshot
    interval: Interval
    interval_count: int
    anchor: datetime
    period: int = 0
    days_until_due: int | None = None
    collected: str | None = None
    invoices: list[str] = field(default_factory=list)
    unbilled: list[InvoiceLineSnapshot] = field(default_factory=list)
    pending: PendingChange | None = None
    warned_of: datetime | None = None

    @property
    def is_ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.snapshot.status in ENDED

    @property
    def period_start(self) -> datetime:
        """When its current period began."""
        return self.snapshot.items[0].current_period_start or self.anchor

    @property
    def period_end(self) -> datetime:
        """When its current period runs out; all of its items share one period."""
        end = self.snapshot.items[0].current_period_end
        return self.anchor if end is None else end


@dataclass(slots=True, kw_only=True)
class InvoiceRecord:
    """An invoice; ``is_waiting`` while its payment waits for the customer to authenticate."""

    snapshot: InvoiceSnapshot
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
    """Something that happened, as a webhook will announce it.

    Events and what is due are many and hold no other record: they are structs that the garbage
    collector need not visit, which is most of the cost of a long history.
    """

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
]  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Fault:
    """One scripted fault: what happens, to what, and how often still.

    ``subject`` narrows it: ``noun.method`` for calls, an event type for webhooks, a ref for
    things and customers; ``None`` is the next one, whichever it is.
    """

    kind: FaultKind
    subject: str | None = None
    times: int = 1
    word: str = ""
    seconds: float = 0.0


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
