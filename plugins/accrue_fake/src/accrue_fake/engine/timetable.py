"""The timetable: when a schedule begins, goes from phase to phase, and is over."""

from __future__ import annotations

from datetime import datetime

from accrue_core.contracts.results import Key
from accrue_core.contracts.schedules import PhaseSnapshot, ScheduleSnapshot, ScheduleStatus
from accrue_core.contracts.subscriptions import CreateSubscription, SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.driving import Driving
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.records import ScheduleRecord, SubscriptionRecord
from accrue_fake.engine.reins import Reins
from accrue_fake.engine.standing import Standing
from accrue_fake.engine.starting import Starting


class Timetable:
    """Does what schedules say when the calendar says that it is time."""

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        starting: Starting,
        driving: Driving,
        standing: Standing,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._calendar = calendar
        self._starting = starting
        self._driving = driving
        self._standing = standing
        self._reins = Reins(books, emitter)

    def start(
        self, customer: str, phase: PhaseSnapshot, key: Key, *, on_session: bool = True
    ) -> SubscriptionRecord:
        """Start a subscription for a first phase, or refuse."""
        request = CreateSubscription(
            customer=customer,
            items=phase.items,
            trial_end=phase.ends_at if phase.is_trial else None,
            coupon=phase.coupon,
        )
        return self._starting.start(request, key, on_session=on_session)

    def drive(
        self, record: ScheduleRecord, subscription: SubscriptionRecord, phase: PhaseSnapshot
    ) -> None:
        """Let a schedule drive a subscription until this phase ends."""
        self._reins.take(record, subscription, phase)
        self._calendar.add(phase.ends_at, "phase", record.snapshot.ref)

    def step(self, ref: str, moment: datetime) -> None:
        """Begin a schedule whose moment has come, or end its current phase."""
        record = self._books.schedules[ref]
        if record.snapshot.status == ScheduleStatus.NOT_STARTED:
            self._begin(record)
        elif record.snapshot.current_phase_end == moment:
            self._advance(record)

    def emit(self, record: ScheduleRecord, what: str) -> None:
        """Owe the webhook that says what became of a schedule."""
        self._emitter.emit(f"subscription_schedule.{what}", "schedule", record.snapshot.ref)

    def _begin(self, record: ScheduleRecord) -> None:
        """Start what was planned for now. What cannot be started any more is off."""
        snapshot, key = record.snapshot, Key("", record.operation_id)
        try:
            started = self.start(snapshot.customer, snapshot.phases[0], key, on_session=False)
        except ProcessorRejected:
            self._reins.let_go(record, ScheduleStatus.CANCELED)
            return
        self.drive(record, started, snapshot.phases[0])
        self.emit(record, "updated")

    def _advance(self, record: ScheduleRecord) -> None:
        """Enter the next phase, or end.

        A first payment that nobody has made by then is not waited for any longer.
        """
        subscription = self._books.subscriptions[record.snapshot.subscription or ""]
        if subscription.snapshot.status == SubscriptionStatus.INCOMPLETE:
            self._standing.expire(subscription)
            return
        snapshot = record.snapshot
        place = place_of(snapshot)
        if place + 1 == len(snapshot.phases):
            self._complete(record, subscription, snapshot.phases[place])
            return
        following = snapshot.phases[place + 1]
        self.drive(record, subscription, following)
        self.emit(record, "updated")
        self._driving.enter(subscription, following)

    def _complete(
        self, record: ScheduleRecord, subscription: SubscriptionRecord, last: PhaseSnapshot
    ) -> None:
        """End a schedule after its last phase; Stripe calls both ways of ending completed."""
        self._reins.let_go(record, ScheduleStatus.COMPLETED)
        if record.snapshot.end_behavior == "cancel":
            self._driving.end(subscription, last)
        else:
            self._standing.announce(subscription)


def place_of(snapshot: ScheduleSnapshot) -> int:
    """Return the place of the phase that runs, or of the first one before any does."""
    starts = [phase.starts_at for phase in snapshot.phases]
    running = snapshot.current_phase_start
    return 0 if running is None else starts.index(running)
