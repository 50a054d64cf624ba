"""What becomes true of subscriptions."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.ledger.events import LedgerEvent


@dataclass(frozen=True, slots=True)
class SubscriptionStarted(LedgerEvent):
    """A subscription exists that we did not know before."""

    type = "subscription.started"
    status: str
    prices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionComped(LedgerEvent):
    """Somebody has it for nothing from now on."""

    type = "subscription.comped"


@dataclass(frozen=True, slots=True)
class SubscriptionActivated(LedgerEvent):
    """It is paid for: a trial was converted, a first payment arrived, or a debt was settled."""

    type = "subscription.activated"
    before: str


@dataclass(frozen=True, slots=True)
class SubscriptionPastDue(LedgerEvent):
    """A renewal was not paid, and the processor has not given up yet."""

    type = "subscription.past_due"
    before: str


@dataclass(frozen=True, slots=True)
class SubscriptionEnded(LedgerEvent):
    """It is over for good."""

    type = "subscription.ended"
    before: str
    status: str


@dataclass(frozen=True, slots=True)
class SubscriptionStatusChanged(LedgerEvent):
    """Its status changed in a way that no other event names."""

    type = "subscription.status_changed"
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CancellationScheduled(LedgerEvent):
    """It will end: at the end of the period when ``cancel_at`` is not known."""

    type = "subscription.cancellation_scheduled"
    at_period_end: bool
    cancel_at: str | None


@dataclass(frozen=True, slots=True)
class CancellationUndone(LedgerEvent):
    """A pending end was taken back."""

    type = "subscription.cancellation_undone"


@dataclass(frozen=True, slots=True)
class SubscriptionRenewed(LedgerEvent):
    """A new period began; it ends at ``period_end``."""

    type = "subscription.renewed"
    period_end: str


@dataclass(frozen=True, slots=True)
class ItemsChanged(LedgerEvent):
    """Prices or quantities changed; each is written as ``price x quantity``."""

    type = "subscription.items_changed"
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CollectionPaused(LedgerEvent):
    """Invoices are no longer collected; ``behavior`` says what becomes of them."""

    type = "subscription.collection_paused"
    behavior: str


@dataclass(frozen=True, slots=True)
class CollectionResumed(LedgerEvent):
    """Invoices are collected again."""

    type = "subscription.collection_resumed"


@dataclass(frozen=True, slots=True)
class ChangePending(LedgerEvent):
    """A change waits to be paid for, and lapses at ``until``. Everything is as it was."""

    type = "subscription.change_pending"
    until: str


@dataclass(frozen=True, slots=True)
class ChangeLapsed(LedgerEvent):
    """A change was not paid for, and will not be made."""

    type = "subscription.change_lapsed"


@dataclass(frozen=True, slots=True)
class TrialEnding(LedgerEvent):
    """The processor announced that the trial is about to end."""

    type = "subscription.trial_ending"
    trial_end: str


@dataclass(frozen=True, slots=True)
class TrialEndChanged(LedgerEvent):
    """The trial ends at another moment than was said before."""

    type = "subscription.trial_end_changed"
    before: str
    after: str
