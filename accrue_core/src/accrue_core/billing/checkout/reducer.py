"""Checkout sessions: snapshot to columns and events."""

from __future__ import annotations

from accrue_core.billing.checkout.events import (
    CheckoutSessionCompleted,
    CheckoutSessionExpired,
    CheckoutSessionOpened,
)
from accrue_core.billing.checkout.models import CheckoutSession, checkout_sessions
from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CheckoutStatus
from accrue_core.ids import PREFIXES
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import Mirror, Parent, Reduction


def reduce(before: CheckoutSession | None, snapshot: CheckoutSessionSnapshot) -> Reduction:
    """Say what a snapshot changes, and what became true because of it."""
    columns = {
        "customer_ref": snapshot.customer,
        "subscription_ref": snapshot.subscription,
        "status": snapshot.status,
        "expires_at": snapshot.expires_at,
        "remote_at": snapshot.created_at,
    }
    stood = before.status if before is not None else CheckoutStatus.OPEN
    events: list[LedgerEvent] = [CheckoutSessionOpened()] if before is None else []
    if snapshot.status != stood:
        if snapshot.status == CheckoutStatus.COMPLETE:
            events.append(CheckoutSessionCompleted(snapshot.subscription))
        elif snapshot.status == CheckoutStatus.EXPIRED:
            events.append(CheckoutSessionExpired())
    return Reduction(columns, events)


MIRROR = Mirror(
    noun="checkout_session",
    rank=4,
    prefix=PREFIXES["checkout_session"],
    snapshot=CheckoutSessionSnapshot,
    table=checkout_sessions,
    row=CheckoutSession,
    reduce=reduce,
    parents=(
        Parent(noun="customer", id_column="customer_id", ref_column="customer_ref"),
        Parent(noun="subscription", id_column="subscription_id", ref_column="subscription_ref"),
    ),
)
