"""Changes of a running subscription: its items, its trial, a pause; and what one would cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.results import AnySnapshot
from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_core.money import Money

Proration = Literal["create_prorations", "always_invoice", "none"]
"""What becomes of the rest of the period, in Stripe's words: credited and charged with the next
invoice, invoiced at once, or neither."""

CollectionPause = Literal["void", "keep_as_draft", "mark_uncollectible"]
"""What becomes of the invoices of a pause of collection."""

PauseBehavior = Literal[CollectionPause, "none"]
"""What becomes of the invoices of a pause. With ``none`` there are none: the whole subscription
rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTarget:
    """An item as it is to be. Without ``ref`` it is a new one."""

    price: str
    quantity: int = 1
    ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubscription:
    """Make a subscription's items be exactly these.

    ``items`` is complete: ``removed`` names those that it leaves out, and a processor whose items
    are others refuses. ``proration_at`` is the moment from which the rest of the period counts
    (whole seconds, inside the current period), by default the moment of the change.

    With ``always_invoice`` the change waits for its money: while the invoice is not paid the items
    stay as they were and ``pending_until`` is set, and when nobody pays the change lapses. A
    declined card is ``CardDeclined``, and nothing has changed. So an upgrade that was not paid for
    is neither an upgrade nor a lock-out.

    ``intent`` is what was wanted before it was resolved, in the caller's terms: the same intent
    asked again is the same request, whatever the items have become meanwhile.
    """

    gateway: ClassVar[str] = "subscriptions"
    method: ClassVar[str] = "change"
    noun: ClassVar[str] = "subscription"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = True
    personal: ClassVar[frozenset[str]] = frozenset()

    identity: ClassVar[frozenset[str]] = frozenset({"ref", "intent", "proration"})

    ref: str
    items: tuple[ItemTarget, ...]
    proration: Proration
    intent: str = ""
    removed: tuple[str, ...] = ()
    proration_at: datetime | None = None

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether the items are these, or wait for their money."""
        if not isinstance(snapshot, SubscriptionSnapshot) or snapshot.ended_at is not None:
            return False
        if snapshot.pending_until is not None:
            return True
        wanted = Counter((item.price, item.quantity) for item in self.items)
        return wanted == Counter(
            (item.price, 1 if item.quantity is None else item.quantity) for item in snapshot.items
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTrialEnd:
    """Let a trial end at another moment; without one, now: the first period begins and is paid."""

    gateway: ClassVar[str] = "subscriptions"
    method: ClassVar[str] = "set_trial_end"
    noun: ClassVar[str] = "subscription"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = True
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str
    trial_end: datetime | None = None

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether the trial ends then, or is over."""
        if not isinstance(snapshot, SubscriptionSnapshot):
            return False
        if self.trial_end is None:
            return snapshot.status != SubscriptionStatus.TRIALING
        return snapshot.trial_end == self.trial_end


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSubscription:
    """Stop collecting; the subscription keeps its status, and its periods go on.

    Without ``resumes_at`` it lasts until it is resumed.

    With ``none`` the subscription rests as a whole, and always until it is resumed: its status is
    ``paused``, its periods end now, and the unused rest of what was paid for is credited with the
    next invoice. That is the one with which it is resumed.
    """

    gateway: ClassVar[str] = "subscriptions"
    method: ClassVar[str] = "pause"
    noun: ClassVar[str] = "subscription"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str
    behavior: PauseBehavior
    resumes_at: datetime | None = None

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether it is paused in this way, until then."""
        if self.behavior == "none":
            is_read = isinstance(snapshot, SubscriptionSnapshot)
            return is_read and snapshot.status == SubscriptionStatus.PAUSED
        return (
            isinstance(snapshot, SubscriptionSnapshot)
            and snapshot.collection_paused == self.behavior
            and snapshot.collection_resumes_at == self.resumes_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSubscription:
    """End a pause: what falls due from now on is collected.

    A subscription whose status is ``paused`` begins a new period now, which is charged: not paid,
    it stays ``paused`` with an open invoice.
    """

    gateway: ClassVar[str] = "subscriptions"
    method: ClassVar[str] = "resume"
    noun: ClassVar[str] = "subscription"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = True
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether nothing is paused."""
        return (
            isinstance(snapshot, SubscriptionSnapshot)
            and snapshot.collection_paused is None
            and snapshot.status != SubscriptionStatus.PAUSED
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedChange:
    """What a change would put on an invoice, to the minor unit. Nothing was changed.

    ``lines`` are those of the invoice that would come of it: at once with ``always_invoice`` or
    when the period begins anew, else with the next renewal, whose own lines are among them.
    ``amount_due`` is what would be charged then, after what the customer has to their credit.
    ``due_now`` says whether that is at once.
    """

    proration_at: datetime
    currency: str
    lines: tuple[InvoiceLineSnapshot, ...]
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    amount_due: Money
    due_now: bool
