"""Subscriptions: snapshot to columns and events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accrue_core.billing.subscriptions.events import (
    CancellationScheduled,
    CancellationUndone,
    ChangeLapsed,
    ChangePending,
    CollectionPaused,
    CollectionResumed,
    ItemsChanged,
    SubscriptionActivated,
    SubscriptionComped,
    SubscriptionEnded,
    SubscriptionPastDue,
    SubscriptionRenewed,
    SubscriptionStarted,
    SubscriptionStatusChanged,
    TrialEndChanged,
    TrialEnding,
)
from accrue_core.billing.subscriptions.lifecycle import ENDED
from accrue_core.billing.subscriptions.models import (
    PERSONAL,
    Subscription,
    SubscriptionItem,
    items,
    subscriptions,
)
from accrue_core.contracts.events import TRIAL_ENDING
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.ids import PREFIXES
from accrue_core.ledger.chain import moment_text
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import Children, Mirror, Parent, Reduction


def reduce(before: Subscription | None, snapshot: SubscriptionSnapshot) -> Reduction:
    """Say what a snapshot changes, and what became true because of it."""
    columns = {
        "customer_ref": snapshot.customer,
        "status": snapshot.status,
        "collection": snapshot.collection,
        "currency": snapshot.currency,
        "cancel_at_period_end": snapshot.cancel_at_period_end,
        "cancel_at": snapshot.cancel_at,
        "canceled_at": snapshot.canceled_at,
        "ended_at": snapshot.ended_at,
        "cancel_reason": snapshot.cancel_reason,
        "started_at": snapshot.started_at,
        "trial_start": snapshot.trial_start,
        "trial_end": snapshot.trial_end,
        "trial_announced": _announced(before, snapshot),
        "collection_paused": snapshot.collection_paused,
        "collection_resumes_at": snapshot.collection_resumes_at,
        "pending_until": snapshot.pending_until,
        "default_payment_method": snapshot.default_payment_method,
        "latest_invoice": snapshot.latest_invoice,
        "coupons": list(snapshot.coupons),
        "automatic_tax": snapshot.automatic_tax,
        "schedule": snapshot.schedule,
        "metadata": dict(snapshot.metadata),
        "remote_at": snapshot.created_at,
    }
    children = {"items": [_columns(item) for item in snapshot.items]}
    if before is None:
        prices = tuple(item.price for item in snapshot.items)
        started = SubscriptionStarted(status=snapshot.status.value, prices=prices)
        asides = [*_comp(before, snapshot), *_trial_ending(before, snapshot)]
        return Reduction(columns, [started, *asides], children)
    events = [
        *_comp(before, snapshot),
        *_items(before, snapshot),
        *_pending_end(before, snapshot),
        *_pending_change(before, snapshot),
        *_trial(before, snapshot),
        *_trial_ending(before, snapshot),
        *_collection(before, snapshot),
        *_status(before, snapshot),
    ]
    return Reduction(columns, events, children)


def _columns(item: SubscriptionItemSnapshot) -> dict[str, Any]:
    return {
        "ref": item.ref,
        "price": item.price,
        "product": item.product,
        "quantity": item.quantity,
        "current_period_start": item.current_period_start,
        "current_period_end": item.current_period_end,
    }


def _status(before: Subscription, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    if before.status == snapshot.status:
        return []
    was = before.status.value
    if snapshot.status in ENDED:
        return [SubscriptionEnded(before=was, status=snapshot.status.value)]
    if snapshot.status == SubscriptionStatus.ACTIVE:
        return [SubscriptionActivated(before=was)]
    if snapshot.status == SubscriptionStatus.PAST_DUE:
        return [SubscriptionPastDue(before=was)]
    return [SubscriptionStatusChanged(before=was, after=snapshot.status.value)]


def _pending_end(before: Subscription, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    if snapshot.status in ENDED:
        return []
    was = (before.cancel_at_period_end, before.cancel_at)
    now = (snapshot.cancel_at_period_end, snapshot.cancel_at)
    if was == now:
        return []
    if now == (False, None):
        return [CancellationUndone()]
    moment = moment_text(snapshot.cancel_at) if snapshot.cancel_at is not None else None
    return [CancellationScheduled(at_period_end=snapshot.cancel_at_period_end, cancel_at=moment)]


def _items(before: Subscription, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    events: list[LedgerEvent] = []
    was, now = _held(before.items), _held(snapshot.items)
    if was != now:
        events.append(ItemsChanged(before=was, after=now))
    known = {item.ref: item.current_period_end for item in before.items}
    moved = [
        item.current_period_end
        for item in snapshot.items
        if item.current_period_end is not None
        and (end := known.get(item.ref)) is not None
        and item.current_period_end > end
    ]
    if moved and snapshot.status not in ENDED:
        events.append(SubscriptionRenewed(period_end=moment_text(min(moved))))
    return events


def _pending_change(before: Subscription, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    was, now = before.pending_until, snapshot.pending_until
    if (was is None) == (now is None):
        return []
    if now is not None:
        return [ChangePending(until=moment_text(now))]
    return [] if _held(before.items) != _held(snapshot.items) else [ChangeLapsed()]


def _trial(before: Subscription, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    was, now = before.trial_end, snapshot.trial_end
    if was is None or now is None or was == now or snapshot.status in ENDED:
        return []
    return [TrialEndChanged(before=moment_text(was), after=moment_text(now))]


def _comp(before: Subscription | None, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    was_comped = before is not None and before.is_comped
    return [SubscriptionComped()] if COMP_COUPON in snapshot.coupons and not was_comped else []


def _announced(before: Subscription | None, snapshot: SubscriptionSnapshot) -> datetime | None:
    """Return the trial's end that was announced, now or before: each is news once."""
    known = None if before is None else before.trial_announced
    is_running = snapshot.status == SubscriptionStatus.TRIALING
    return snapshot.trial_end if snapshot.announced == TRIAL_ENDING and is_running else known


def _trial_ending(before: Subscription | None, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    end = _announced(before, snapshot)
    if end is None or (before is not None and before.trial_announced == end):
        return []
    return [TrialEnding(trial_end=moment_text(end))]


def _collection(before: Subscription, snapshot: SubscriptionSnapshot) -> list[LedgerEvent]:
    if before.collection_paused == snapshot.collection_paused:
        return []
    if snapshot.collection_paused is None:
        return [CollectionResumed()]
    return [CollectionPaused(behavior=snapshot.collection_paused)]


def _held(
    lines: Sequence[SubscriptionItem] | Sequence[SubscriptionItemSnapshot],
) -> tuple[str, ...]:
    return tuple(sorted(f"{item.price} x {item.quantity}" for item in lines))


MIRROR = Mirror(
    noun="subscription",
    rank=2,
    prefix=PREFIXES["subscription"],
    snapshot=SubscriptionSnapshot,
    table=subscriptions,
    row=Subscription,
    reduce=reduce,
    personal=PERSONAL,
    parents=(Parent(noun="customer", id_column="customer_id", ref_column="customer_ref"),),
    children={
        "items": Children(
            table=items,
            row=SubscriptionItem,
            parent_column="subscription_id",
            prefix=PREFIXES["subscription_item"],
        )
    },
)
