"""Pausing: for a while nothing is collected, and the subscription goes on as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import get_args

from accrue_core.contracts.changes import CollectionPause, PauseSubscription
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.records import SubscriptionRecord
from accrue_fake.engine.standing import Standing


class Pausing:
    """Pauses collection, as Stripe's ``pause_collection`` does.

    The invoices that are drawn meanwhile are void, stay drafts, or are marked uncollectible; none
    of them uses up credit, and prorations wait for the first invoice after the pause. Drafts stay
    drafts when it is over: nobody collects them later. What was drawn before it is collected on.
    """

    def __init__(self, books: Books, calendar: Calendar, standing: Standing) -> None:
        self._books = books
        self._calendar = calendar
        self._standing = standing

    def pause(self, record: SubscriptionRecord, request: PauseSubscription) -> None:
        """Pause it, or pause it differently."""
        if request.behavior not in get_args(CollectionPause):
            raise ProcessorRejected("no such way to pause", param="pause_collection.behavior")
        if record.snapshot.status == SubscriptionStatus.INCOMPLETE:
            raise ProcessorRejected("its first payment is not made yet", reason="incomplete")
        until = request.resumes_at
        if until is not None and until <= self._books.now:
            raise ProcessorRejected(
                "a pause ends in the future", param="pause_collection.resumes_at"
            )
        if until is not None:
            self._calendar.add(until, "resume", record.snapshot.ref)
        self._becomes(record, request.behavior, until)

    def resume(self, record: SubscriptionRecord) -> None:
        """End a pause. Not being paused is no error: the wish is already met."""
        self._becomes(record, None, None)

    def lapse(self, ref: str, moment: datetime) -> None:
        """End a pause at the moment it was to last until."""
        record = self._books.subscriptions[ref]
        if not record.is_ended and record.snapshot.collection_resumes_at == moment:
            self.resume(record)

    def _becomes(
        self, record: SubscriptionRecord, behavior: str | None, until: datetime | None
    ) -> None:
        before = record.snapshot
        record.snapshot = replace(before, collection_paused=behavior, collection_resumes_at=until)
        if record.snapshot != before:
            self._standing.announce(record)
