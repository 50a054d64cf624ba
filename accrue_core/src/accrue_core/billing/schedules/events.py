"""What becomes true of schedules."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.ledger.events import LedgerEvent


@dataclass(frozen=True, slots=True)
class ScheduleCreated(LedgerEvent):
    """A schedule exists that we did not know before; ``phases`` is how many it has."""

    type = "schedule.created"
    status: str
    phases: int


@dataclass(frozen=True, slots=True)
class SchedulePlanned(LedgerEvent):
    """Its phases are others than before."""

    type = "schedule.planned"
    phases: int


@dataclass(frozen=True, slots=True)
class PhaseEntered(LedgerEvent):
    """Another phase runs now; ``place`` counts from 0, ``until`` is when it ends."""

    type = "schedule.phase_entered"
    place: int
    until: str


@dataclass(frozen=True, slots=True)
class ScheduleCompleted(LedgerEvent):
    """Its last phase is over."""

    type = "schedule.completed"


@dataclass(frozen=True, slots=True)
class ScheduleReleased(LedgerEvent):
    """It drives nothing any more, and its subscription goes on."""

    type = "schedule.released"


@dataclass(frozen=True, slots=True)
class ScheduleCanceled(LedgerEvent):
    """It was ended, and the subscription it drove with it."""

    type = "schedule.canceled"
