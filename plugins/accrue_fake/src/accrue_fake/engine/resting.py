"""Resting: a whole subscription is paused, and nothing of it goes on until it is resumed."""

from __future__ import annotations

from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.copies import replace
from accrue_fake.engine.leftover import Leftover
from accrue_fake.engine.records import SubscriptionRecord
from accrue_fake.engine.standing import Standing

_MAY_REST = frozenset(
    {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID}
)


class Resting:
    """Lets subscriptions rest, as Stripe's ``pause`` does.

    Their periods end now and no others begin. What was invoiced before is collected on, and
    whatever becomes of it, the rest goes on. What Stripe refuses is refused (one on trial, one
    whose invoices are sent, one that a schedule drives), and so is what it does not document: a
    rest while a change waits, while an end is pending, or while collection is paused.
    """

    def __init__(self, books: Books, leftover: Leftover, standing: Standing) -> None:
        self._books = books
        self._leftover = leftover
        self._standing = standing

    def rest(self, record: SubscriptionRecord, *, is_credited: bool = True) -> None:
        """End the periods that run; unless it ``is_credited``, their rest is given up."""
        _require_restful(record)
        if is_credited:
            self._leftover.credit(record)
        now = self._books.now
        items = (replace(item, current_period_end=now) for item in record.snapshot.items)
        record.snapshot = replace(record.snapshot, items=tuple(items))
        record.rested_at = now
        self._standing.pause(record)


def _require_restful(record: SubscriptionRecord) -> None:
    snapshot = record.snapshot
    status = snapshot.status
    if status not in _MAY_REST:
        raise _refused(f"it is {status}", status.value)
    if snapshot.collection != "charge":
        raise _refused("its invoices are sent", "sent")
    if snapshot.schedule is not None:
        raise _refused("a schedule drives it", "scheduled")
    if record.pending is not None:
        raise _refused("a change of it waits to be paid for", "pending_change")
    if snapshot.cancel_at is not None:
        raise _refused("it is set to end", "ending")
    if snapshot.collection_paused is not None:
        raise _refused("its collection is paused", "paused")


def _refused(why: str, reason: str) -> ProcessorRejected:
    return ProcessorRejected(f"this subscription cannot rest: {why}", reason=reason)
