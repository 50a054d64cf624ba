"""Schedules: what a subscription will be for, phase after phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal, Protocol

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.changes import Proration
from accrue_core.contracts.results import Answer, AnySnapshot, Key
from accrue_core.contracts.subscriptions import NewItem
from accrue_core.errors import UnsupportedCapability

EndBehavior = Literal["release", "cancel"]
"""What becomes of the subscription after the last phase: it goes on as it is, or ends."""


class ScheduleStatus(StrEnum):
    """The words for where a schedule stands."""

    NOT_STARTED = "not_started"
    ACTIVE = "active"
    COMPLETED = "completed"
    RELEASED = "released"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPhase:
    """One phase as it is asked for: what the subscription is for, until when.

    It ends at ``ends_at`` or after ``periods`` whole periods of its first item; exactly one is set.
    ``proration`` says what becomes of the rest of a period that the phase cuts short at its start.
    ``is_trial`` makes all of it free.
    """

    items: tuple[NewItem, ...]
    ends_at: datetime | None = None
    periods: int | None = None
    proration: Proration = "create_prorations"
    is_trial: bool = False
    coupon: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSnapshot:
    """One phase as a processor tells it: with the moments it begins and ends."""

    items: tuple[NewItem, ...]
    starts_at: datetime
    ends_at: datetime
    proration: str = "create_prorations"
    is_trial: bool = False
    coupon: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSnapshot:
    """What a processor says about a schedule.

    ``subscription`` is there from the first phase on, and after a release as the one it drove.
    ``current_phase_start`` and ``current_phase_end`` are set while a phase runs.
    """

    noun: ClassVar[str] = "schedule"

    ref: str
    customer: str
    subscription: str | None
    status: ScheduleStatus
    phases: tuple[PhaseSnapshot, ...]
    end_behavior: EndBehavior = "release"
    current_phase_start: datetime | None = None
    current_phase_end: datetime | None = None
    released_at: datetime | None = None
    canceled_at: datetime | None = None
    completed_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSchedule:
    """Schedule a new subscription: from ``starts_at``, or from now without one.

    A schedule that starts now brings its subscription along, and its first invoice; one that
    starts later has none until then.
    """

    gateway: ClassVar[str] = "schedules"
    method: ClassVar[str] = "create"
    noun: ClassVar[str] = "schedule"
    effect: ClassVar[Literal["create", "change"]] = "create"
    moves_money: ClassVar[bool] = True
    personal: ClassVar[frozenset[str]] = frozenset({"metadata"})

    customer: str
    phases: tuple[PlannedPhase, ...]
    starts_at: datetime | None = None
    end_behavior: EndBehavior = "release"
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSchedule:
    """Let a schedule go on like this: ``phases`` are the current one and all that follow.

    Phases that are over stay as they were. Every phase has an end here, so that what was asked can
    be compared with what is.
    """

    gateway: ClassVar[str] = "schedules"
    method: ClassVar[str] = "update"
    noun: ClassVar[str] = "schedule"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = True
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str
    phases: tuple[PlannedPhase, ...]
    end_behavior: EndBehavior = "release"

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether these phases are its last ones."""
        if not isinstance(snapshot, ScheduleSnapshot):
            return False
        last = snapshot.phases[-len(self.phases) :]
        return (
            snapshot.end_behavior == self.end_behavior
            and len(last) == len(self.phases)
            and all(
                (_held(phase.items), phase.ends_at, phase.is_trial, phase.coupon)
                == (_held(wanted.items), wanted.ends_at, wanted.is_trial, wanted.coupon)
                for phase, wanted in zip(last, self.phases, strict=True)
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSchedule:
    """Let a schedule go: its subscription goes on as it is, and no phase follows."""

    gateway: ClassVar[str] = "schedules"
    method: ClassVar[str] = "release"
    noun: ClassVar[str] = "schedule"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether it was released."""
        return isinstance(snapshot, ScheduleSnapshot) and snapshot.status == ScheduleStatus.RELEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSchedule:
    """End a schedule and, at once, the subscription it drives."""

    gateway: ClassVar[str] = "schedules"
    method: ClassVar[str] = "cancel"
    noun: ClassVar[str] = "schedule"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether it was canceled."""
        return isinstance(snapshot, ScheduleSnapshot) and snapshot.status == ScheduleStatus.CANCELED


class ScheduleGateway(Protocol):
    """A processor's operations on schedules. Every answer brings the subscription along."""

    async def create(self, request: CreateSchedule, *, key: Key) -> Answer:
        """Schedule a subscription; one that starts now brings its first invoice along."""
        ...

    async def update(self, request: UpdateSchedule, *, key: Key) -> Answer:
        """Plan the current phase and those that follow anew."""
        ...

    async def release(self, request: ReleaseSchedule, *, key: Key) -> Answer:
        """Let the subscription go on without it."""
        ...

    async def cancel(self, request: CancelSchedule, *, key: Key) -> Answer:
        """End it and its subscription."""
        ...

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now."""
        ...


class RefusedSchedules:
    """Schedules, for a processor that has none: each operation is refused by name."""

    def __init__(self, processor: str) -> None:
        self._processor = processor

    async def create(self, request: CreateSchedule, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused()

    async def update(self, request: UpdateSchedule, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused()

    async def release(self, request: ReleaseSchedule, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused()

    async def cancel(self, request: CancelSchedule, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused()

    async def fetch(self, ref: str) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused()

    def _refused(self) -> UnsupportedCapability:
        return UnsupportedCapability(processor=self._processor, capability=Capability.SCHEDULES)


def _held(items: tuple[NewItem, ...]) -> Counter[tuple[str, int]]:
    return Counter((item.price, item.quantity) for item in items)
