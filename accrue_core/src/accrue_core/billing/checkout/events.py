"""What becomes true of checkout sessions."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.ledger.events import LedgerEvent


@dataclass(frozen=True, slots=True)
class CheckoutSessionOpened(LedgerEvent):
    """A processor has a page for a customer to subscribe on that we did not know before."""

    type = "checkout_session.opened"


@dataclass(frozen=True, slots=True)
class CheckoutSessionCompleted(LedgerEvent):
    """The customer has finished on that page; ``subscription`` is the ref of what came of it."""

    type = "checkout_session.completed"
    subscription: str | None


@dataclass(frozen=True, slots=True)
class CheckoutSessionExpired(LedgerEvent):
    """The page closed before the customer had finished."""

    type = "checkout_session.expired"
