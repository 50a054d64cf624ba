"""Periods: when one begins and ends, and what a subscription is for within it."""

from __future__ import annotations

from datetime import datetime

from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.copies import replace
from accrue_fake.engine.records import Change, SubscriptionRecord
from accrue_fake.engine.recurring import Items, Recurring, within


class Periods:
    """Moves items into periods. Draws no invoices and changes no status."""

    def __init__(self, calendar: Calendar, recurring: Recurring) -> None:
        self._calendar = calendar
        self._recurring = recurring

    def enter(self, record: SubscriptionRecord, start: datetime, end: datetime) -> None:
        """Let all items run in one period, such as a trial."""
        items = record.snapshot.items
        self.run(record, tuple(within(item, start, end) for item in items))

    def run(self, record: SubscriptionRecord, items: Items) -> None:
        """Let items run in the periods they are in; each end comes up once.

        What is to end with its period ends with the first of these.
        """
        known = {item.current_period_end for item in record.snapshot.items}
        ends = {item.current_period_end for item in items} - known
        record.snapshot = replace(record.snapshot, items=items)
        for end in sorted(end for end in ends if end is not None):
            self._calendar.add(end, "turn", record.snapshot.ref)
        first, snapshot = record.period_end, record.snapshot
        if snapshot.cancel_at_period_end and snapshot.cancel_at != first:
            record.snapshot = replace(snapshot, cancel_at=first)
            self._calendar.add(first, "end", snapshot.ref)

    def keeps_a_cycle(self, record: SubscriptionRecord, items: Items) -> bool:
        """Whether some interval of a subscription stays when it is for other items."""
        return self._recurring.keeps_a_cycle(record.snapshot.items, items)

    def begin(self, record: SubscriptionRecord, at: datetime) -> Items:
        """Let the first periods of a cycle run; the others are counted from here."""
        record.anchor, record.free = at, []
        self.run(record, self._recurring.counted(record.snapshot.items, at, at))
        return record.snapshot.items

    def turn(self, record: SubscriptionRecord, moment: datetime) -> Items:
        """Let what ends at a moment go on in its next period, and return those items."""
        items = record.snapshot.items
        ending = [item for item in items if item.current_period_end == moment]
        next_ = self._recurring.counted(ending, record.anchor, moment)
        moved = {item.ref: item for item in next_}
        if moved:
            record.free = [ref for ref in record.free if ref not in moved]
            self.run(record, tuple(moved.get(item.ref, item) for item in items))
        return next_

    def apply(self, record: SubscriptionRecord, change: Change) -> None:
        """Let a subscription be for something else."""
        before = record.snapshot.items
        if change.begins_at is not None:
            record.anchor, before = change.begins_at, ()
        stay = [item.ref for item in change.items if item in before]
        record.free = [ref for ref in stay if ref in record.free]
        self.run(record, change.items)
