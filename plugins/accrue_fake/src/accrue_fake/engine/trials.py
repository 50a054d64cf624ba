"""Trials: when one may end, and that it ends at another moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from accrue_core.contracts.changes import SetTrialEnd
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.records import SubscriptionRecord

LONGEST_TRIAL = timedelta(days=730)


def require_trial_end(end: datetime, *, now: datetime) -> None:
    """Refuse a trial that is over before it has begun, or is longer than Stripe lets one be."""
    if not now < end <= now + LONGEST_TRIAL:
        raise ProcessorRejected("a trial ends in the future, within two years", param="trial_end")


class Trials:
    """Moves the ends of trials while they run.

    Stripe also gives a trial to a subscription that is paid for; here one that is over is over.
    """

    def __init__(self, books: Books, cycles: Cycles) -> None:
        self._books = books
        self._cycles = cycles

    def set_end(self, record: SubscriptionRecord, request: SetTrialEnd) -> None:
        """Let a trial end sooner or later, or now."""
        status, end = record.snapshot.status, request.trial_end
        if status != SubscriptionStatus.TRIALING:
            raise ProcessorRejected(
                f"a subscription that is {status} has no trial to end", reason="not_trialing"
            )
        if end is None:
            self._cycles.end_trial(record)
            return
        require_trial_end(end, now=self._books.now)
        if end != record.snapshot.trial_end:
            self._cycles.move_trial_end(record, end)
