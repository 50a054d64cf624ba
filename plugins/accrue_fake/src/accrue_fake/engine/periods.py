"""Periods: when one begins and ends, and what a subscription is for within it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from accrue_fake.engine.calendar import Calendar, moment_after
from accrue_fake.engine.records import Change, SubscriptionRecord


class Periods:
    """Moves subscriptions into periods. Draws no invoices and changes no status."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    def enter(self, record: SubscriptionRecord, start: datetime, end: datetime) -> None:
        """Let a period run; what is to end with its period ends with this one."""
        snapshot, ref = record.snapshot, record.snapshot.ref
        items = tuple(
            replace(item, current_period_start=start, current_period_end=end)
            for item in snapshot.items
        )
        record.snapshot = replace(snapshot, items=items)
        self._calendar.add(end, "turn", ref)
        if snapshot.cancel_at_period_end and snapshot.cancel_at != end:
            record.snapshot = replace(record.snapshot, cancel_at=end)
            self._calendar.add(end, "end", ref)

    def begin(self, record: SubscriptionRecord, at: datetime) -> None:
        """Let the first period of a cycle run; the others are counted from here."""
        record.anchor, record.period = at, 1
        self.enter(record, at, moment_after(at, record.interval, record.interval_count))

    def apply(self, record: SubscriptionRecord, change: Change) -> None:
        """Let a subscription be for something else."""
        record.snapshot = replace(record.snapshot, items=change.items)
        record.interval, record.interval_count = change.interval, change.interval_count
        if change.begins_at is not None:
            self.begin(record, change.begins_at)
