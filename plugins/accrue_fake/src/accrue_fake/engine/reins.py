"""Reins: which schedule drives which subscription, and that it lets go of it."""

from __future__ import annotations

from dataclasses import replace

from accrue_core.contracts.schedules import PhaseSnapshot, ScheduleStatus
from accrue_fake.engine.books import Books
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.records import ScheduleRecord, SubscriptionRecord


class Reins:
    """Ties schedules and subscriptions together. Never more than one schedule to a subscription."""

    def __init__(self, books: Books, emitter: Emitter) -> None:
        self._books = books
        self._emitter = emitter

    def take(
        self, record: ScheduleRecord, subscription: SubscriptionRecord, phase: PhaseSnapshot
    ) -> None:
        """Let a schedule drive a subscription, in this phase.

        Stripe sets the date of an end that the schedule brings, so that it is known beforehand.
        """
        snapshot = record.snapshot
        record.snapshot = replace(
            snapshot,
            subscription=subscription.snapshot.ref,
            status=ScheduleStatus.ACTIVE,
            current_phase_start=phase.starts_at,
            current_phase_end=phase.ends_at,
        )
        is_ending = snapshot.end_behavior == "cancel"
        subscription.snapshot = replace(
            subscription.snapshot,
            schedule=snapshot.ref,
            cancel_at=snapshot.phases[-1].ends_at if is_ending else None,
        )

    def let_go(
        self, record: ScheduleRecord, status: ScheduleStatus, *, event: str | None = None
    ) -> SubscriptionRecord | None:
        """End a schedule; return its subscription, which it does not drive any more."""
        now = self._books.now
        is_canceled = status == ScheduleStatus.CANCELED
        record.snapshot = replace(
            record.snapshot,
            status=status,
            current_phase_start=None,
            current_phase_end=None,
            released_at=now if status == ScheduleStatus.RELEASED else None,
            completed_at=now if status == ScheduleStatus.COMPLETED else None,
            canceled_at=now if is_canceled else None,
        )
        subscription = self._books.subscriptions.get(record.snapshot.subscription or "")
        if subscription is not None:
            subscription.snapshot = replace(
                subscription.snapshot, schedule=None, cancel_at=None, cancel_at_period_end=False
            )
        type_ = f"subscription_schedule.{event or status.value}"
        self._emitter.emit(type_, "schedule", record.snapshot.ref)
        return subscription

    def follow(self, subscription: SubscriptionRecord, *, is_delinquent: bool) -> None:
        """A subscription has ended: the schedule that drove it ends with it.

        Stripe has a word of its own for one that ends because nobody paid: aborted.
        """
        record = self._books.schedules.get(subscription.snapshot.schedule or "")
        if record is not None:
            event = "aborted" if is_delinquent else None
            self.let_go(record, ScheduleStatus.CANCELED, event=event)
