"""Schedules: planned, planned anew, let go, canceled."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from accrue_core.clock import utc
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    EndBehavior,
    PhaseSnapshot,
    ReleaseSchedule,
    ScheduleSnapshot,
    ScheduleStatus,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import CreateSubscription
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.answers import Answers
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.driving import Driving
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.phases import Phases
from accrue_fake.engine.records import InvoiceRecord, ScheduleRecord, SubscriptionRecord
from accrue_fake.engine.reins import Reins
from accrue_fake.engine.standing import Standing
from accrue_fake.engine.starting import Starting
from accrue_fake.engine.timetable import Timetable, place_of


@keeps_time
class Schedules:
    """What can be asked about schedules.

    While a schedule runs, the end of its subscription is the schedule's to decide, as at Stripe. A
    change of items made elsewhere lasts until the next phase.
    """

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        memory: Memory,
        phases: Phases,
        starting: Starting,
        driving: Driving,
        timetable: Timetable,
        discounts: Discounts,
        standing: Standing,
        answers: Answers,
    ) -> None:
        self._books = books
        self._calendar = calendar
        self._memory = memory
        self._phases = phases
        self._starting = starting
        self._driving = driving
        self._timetable = timetable
        self._discounts = discounts
        self._reins = Reins(books, emitter)
        self._standing = standing
        self._answers = answers

    def create(self, request: CreateSchedule, *, key: Key) -> Answer:
        """Schedule a subscription, and start it if it starts now."""
        return self._memory.once(request, key, self._create)

    def update(self, request: UpdateSchedule, *, key: Key) -> Answer:
        """Plan the current phase and those that follow anew."""
        return self._memory.once(request, key, self._update)

    def release(self, request: ReleaseSchedule, *, key: Key) -> Answer:
        """Let the subscription go on as it is."""
        return self._memory.once(request, key, self._release)

    def cancel(self, request: CancelSchedule, *, key: Key) -> Answer:
        """End it and its subscription; what waits for an invoice stays unbilled."""
        return self._memory.once(request, key, self._cancel)

    def fetch(self, ref: str) -> Answer:
        """Return it as it is now, with its subscription."""
        return self._answers.scheduled(find(self._books.schedules, "schedule", ref))

    def find_created(self, key: Key, customer: str) -> Answer | None:
        """Return what ``create`` made under this operation, among the customer's own."""
        for ref in self._books.made_by.get(key.operation_id, ()):
            record = self._books.schedules.get(ref)
            if record is not None and record.snapshot.customer == customer:
                return self._answers.schedule_created(record)
        return None

    def of_customer(self, ref: str) -> tuple[str, ...]:
        """Return the refs of a customer's schedules, oldest first."""
        schedules = self._books.schedules.items()
        return tuple(name for name, record in schedules if record.snapshot.customer == ref)

    def _create(self, request: CreateSchedule, key: Key) -> Answer:
        now = self._books.now
        asked = request.starts_at
        start = now if asked is None else utc(asked, name="the start of a schedule")
        if start < now:
            raise ProcessorRejected("a schedule does not start in the past", param="start_date")
        _require_end_behavior(request.end_behavior)
        phases = self._phases.laid_out(request.phases, start=start)
        self._require_startable(request.customer, phases, held=None)
        started = None if start > now else self._timetable.start(request.customer, phases[0], key)
        record = self._noted(request, phases, key)
        if started is None:
            self._calendar.add(start, "phase", record.snapshot.ref)
        else:
            self._timetable.drive(record, started, phases[0])
        self._timetable.emit(record, "created")
        return self._answers.schedule_created(record)

    def _update(self, request: UpdateSchedule, _: Key) -> Answer:
        record = self._running(request.ref)
        snapshot = record.snapshot
        _require_end_behavior(request.end_behavior)
        if any(phase.ends_at is None for phase in request.phases):
            raise ProcessorRejected(
                "each phase of an update has the moment it ends", param="phases.end_date"
            )
        place = place_of(snapshot)
        was = snapshot.phases[place]
        phases = self._phases.laid_out(request.phases, start=was.starts_at)
        self._require_startable(snapshot.customer, phases, held=was.coupon)
        if phases[0].ends_at <= self._books.now:
            raise ProcessorRejected(
                "the first of these phases ends in the future", param="phases.end_date"
            )
        subscription = self._subscription(record)
        drawn = 0 if subscription is None else len(subscription.invoices)
        if subscription is not None:
            self._driving.become(subscription, was, phases[0])
        record.snapshot = replace(
            record.snapshot,
            phases=(*snapshot.phases[:place], *phases),
            end_behavior=request.end_behavior,
        )
        if subscription is not None and not subscription.is_ended:
            self._timetable.drive(record, subscription, phases[0])
            self._standing.announce(subscription)
        self._timetable.emit(record, "updated")
        return self._answers.scheduled(record, self._drawn(subscription, drawn))

    def _release(self, request: ReleaseSchedule, _: Key) -> Answer:
        record = self._running(request.ref)
        subscription = self._reins.let_go(record, ScheduleStatus.RELEASED)
        if subscription is not None:
            self._standing.announce(subscription)
        return self._answers.scheduled(record)

    def _cancel(self, request: CancelSchedule, _: Key) -> Answer:
        record = self._running(request.ref)
        subscription = self._reins.let_go(record, ScheduleStatus.CANCELED)
        if subscription is not None:
            self._standing.end(subscription)
        return self._answers.scheduled(record)

    def _noted(
        self, request: CreateSchedule, phases: tuple[PhaseSnapshot, ...], key: Key
    ) -> ScheduleRecord:
        ref = self._books.new_ref("sub_sched")
        snapshot = ScheduleSnapshot(
            ref=ref,
            customer=request.customer,
            subscription=None,
            status=ScheduleStatus.NOT_STARTED,
            phases=phases,
            end_behavior=request.end_behavior,
            metadata={**request.metadata, OPERATION_METADATA: key.operation_id},
            created_at=self._books.now,
        )
        record = ScheduleRecord(snapshot=snapshot, operation_id=key.operation_id)
        self._books.schedules[ref] = record
        self._books.note_made(key.operation_id, ref)
        return record

    def _require_startable(
        self, customer: str, phases: tuple[PhaseSnapshot, ...], *, held: str | None
    ) -> None:
        """Refuse what could not be started now, and coupons that cannot be redeemed now."""
        terms = self._starting.terms(_plain(customer, phases[0]))
        for phase in phases:
            if phase.coupon != held:
                currency = terms.offer.total.currency
                self._discounts.require(phase.coupon, currency=currency)

    def _subscription(self, record: ScheduleRecord) -> SubscriptionRecord | None:
        return self._books.subscriptions.get(record.snapshot.subscription or "")

    def _drawn(
        self, subscription: SubscriptionRecord | None, number: int
    ) -> tuple[InvoiceRecord, ...]:
        refs = () if subscription is None else subscription.invoices[number:]
        return tuple(self._books.invoices[ref] for ref in refs)

    def _running(self, ref: str) -> ScheduleRecord:
        record = find(self._books.schedules, "schedule", ref)
        status = record.snapshot.status
        if status not in (ScheduleStatus.NOT_STARTED, ScheduleStatus.ACTIVE):
            raise ProcessorRejected(f"a schedule that is {status} is over", reason="schedule_over")
        return record


def _plain(customer: str, phase: PhaseSnapshot) -> CreateSubscription:
    return CreateSubscription(customer=customer, items=phase.items)


def _require_end_behavior(wanted: str) -> None:
    if wanted not in get_args(EndBehavior):
        raise ProcessorRejected("a schedule ends in release or cancel", param="end_behavior")
