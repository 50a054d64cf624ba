"""Schedules: snapshot to columns and events."""

from __future__ import annotations

from typing import Any

from accrue_core.billing.schedules.events import (
    PhaseEntered,
    ScheduleCanceled,
    ScheduleCompleted,
    ScheduleCreated,
    SchedulePlanned,
    ScheduleReleased,
)
from accrue_core.billing.schedules.models import PERSONAL, Schedule, schedules
from accrue_core.contracts.schedules import PhaseSnapshot, ScheduleSnapshot, ScheduleStatus
from accrue_core.ids import PREFIXES
from accrue_core.ledger.chain import moment_text
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import Mirror, Parent, Reduction


def reduce(before: Schedule | None, snapshot: ScheduleSnapshot) -> Reduction:
    """Say what a snapshot changes, and what became true because of it."""
    columns = {
        "customer_ref": snapshot.customer,
        "subscription_ref": snapshot.subscription,
        "status": snapshot.status,
        "end_behavior": snapshot.end_behavior,
        "phases": [_plain(phase) for phase in snapshot.phases],
        "current_phase_start": snapshot.current_phase_start,
        "current_phase_end": snapshot.current_phase_end,
        "released_at": snapshot.released_at,
        "canceled_at": snapshot.canceled_at,
        "completed_at": snapshot.completed_at,
        "metadata": dict(snapshot.metadata),
        "remote_at": snapshot.created_at,
    }
    events = [*_planned(before, columns, snapshot), *_phase(before, snapshot)]
    return Reduction(columns, [*events, *_ended(before, snapshot)])


def _planned(
    before: Schedule | None, columns: dict[str, Any], snapshot: ScheduleSnapshot
) -> list[LedgerEvent]:
    if before is None:
        return [ScheduleCreated(status=snapshot.status.value, phases=len(snapshot.phases))]
    if list(before.phases) != columns["phases"]:
        return [SchedulePlanned(phases=len(snapshot.phases))]
    return []


def _phase(before: Schedule | None, snapshot: ScheduleSnapshot) -> list[LedgerEvent]:
    start, end = snapshot.current_phase_start, snapshot.current_phase_end
    if start is None or end is None:
        return []
    if before is not None and before.current_phase_start == start:
        return []
    starts = [phase.starts_at for phase in snapshot.phases]
    place = starts.index(start) if start in starts else 0
    return [PhaseEntered(place=place, until=moment_text(end))]


def _ended(before: Schedule | None, snapshot: ScheduleSnapshot) -> list[LedgerEvent]:
    if before is not None and before.status == snapshot.status:
        return []
    match snapshot.status:
        case ScheduleStatus.COMPLETED:
            return [ScheduleCompleted()]
        case ScheduleStatus.RELEASED:
            return [ScheduleReleased()]
        case ScheduleStatus.CANCELED:
            return [ScheduleCanceled()]
    return []


def _plain(phase: PhaseSnapshot) -> dict[str, Any]:
    """Write a phase as JSON and the ledger can keep it."""
    return {
        "items": [{"price": item.price, "quantity": item.quantity} for item in phase.items],
        "starts_at": moment_text(phase.starts_at),
        "ends_at": moment_text(phase.ends_at),
        "proration": phase.proration,
        "is_trial": phase.is_trial,
        "coupon": phase.coupon,
    }


MIRROR = Mirror(
    noun="schedule",
    rank=3,
    prefix=PREFIXES["schedule"],
    snapshot=ScheduleSnapshot,
    table=schedules,
    row=Schedule,
    reduce=reduce,
    personal=PERSONAL,
    parents=(
        Parent(noun="customer", id_column="customer_id", ref_column="customer_ref"),
        Parent(noun="subscription", id_column="subscription_id", ref_column="subscription_ref"),
    ),
)
