"""Ending: a subscription ends now or later, with or without a last invoice, or is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import get_args

from accrue_core.contracts.subscriptions import CancelReason, CancelSubscription
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.leftover import Leftover
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.records import InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.standing import Standing


class Ending:
    """Ends subscriptions as their sellers and customers ask for it.

    An end at the period's end is, with several intervals, the first of them (``min_period_end`` at
    Stripe): all items end at one moment. One that rests has no period to end with, and ends now.
    """

    def __init__(
        self,
        books: Books,
        calendar: Calendar,
        leftover: Leftover,
        pending: PendingChanges,
        standing: Standing,
        cycles: Cycles,
    ) -> None:
        self._books = books
        self._calendar = calendar
        self._leftover = leftover
        self._pending = pending
        self._standing = standing
        self._cycles = cycles

    def cancel(
        self, record: SubscriptionRecord, request: CancelSubscription
    ) -> InvoiceRecord | None:
        """End it as asked; return the last invoice if one was drawn at once."""
        if request.reason not in (None, *get_args(CancelReason)):
            raise ProcessorRejected("no such reason", param="cancellation_details.feedback")
        if request.when == "now":
            return self._now(record, request)
        if request.invoice_now or request.prorate:
            raise ProcessorRejected(
                "only an end now is invoiced or credited at once", param="invoice_now"
            )
        is_period_end = request.when == "period_end"
        if is_period_end and record.period_end <= self._books.now:
            return self._now(record, request)
        moment = record.period_end if is_period_end else self._future(request.at)
        self._later(record, moment, request.reason, is_period_end=is_period_end)
        return None

    def keep(self, record: SubscriptionRecord) -> None:
        """Undo a pending end."""
        if record.snapshot.cancel_at is not None:
            record.snapshot = replace(
                record.snapshot,
                cancel_at=None,
                cancel_at_period_end=False,
                canceled_at=None,
                cancel_reason=None,
            )
            self._standing.announce(record)

    def _now(self, record: SubscriptionRecord, request: CancelSubscription) -> InvoiceRecord | None:
        """End it. What waits for an invoice is billed if that is asked for, and else never."""
        if request.invoice_now:
            self._pending.drop(record)
        if request.prorate:
            self._leftover.credit(record)
        is_billed = request.invoice_now and self._cycles.is_billed(record)
        record.snapshot = replace(
            record.snapshot,
            cancel_at=None,
            cancel_at_period_end=False,
            cancel_reason=request.reason or record.snapshot.cancel_reason,
        )
        self._standing.end(record)
        return self._cycles.bill_rest(record) if is_billed and record.unbilled else None

    def _later(
        self,
        record: SubscriptionRecord,
        moment: datetime,
        reason: str | None,
        *,
        is_period_end: bool,
    ) -> None:
        before = record.snapshot
        reason = reason or before.cancel_reason
        after = replace(
            before, cancel_at=moment, cancel_at_period_end=is_period_end, cancel_reason=reason
        )
        if after == before:
            return
        record.snapshot = replace(after, canceled_at=self._books.now)
        if moment != before.cancel_at:
            self._calendar.add(moment, "end", before.ref)
        self._standing.announce(record)

    def _future(self, moment: datetime | None) -> datetime:
        if moment is None or moment <= self._books.now:
            raise ProcessorRejected("cancel_at must be in the future", param="cancel_at")
        return moment
