"""What a schedule's statuses mean, and which verbs each allows."""

from __future__ import annotations

from accrue_core.contracts.schedules import ScheduleStatus
from accrue_core.errors import IllegalTransition

ENDED = frozenset({ScheduleStatus.COMPLETED, ScheduleStatus.RELEASED, ScheduleStatus.CANCELED})
"""It drives nothing any more; a processor never starts one again."""

_RUNNING = frozenset(ScheduleStatus) - ENDED


def require(verb: str, status: ScheduleStatus) -> None:
    """Raise ``IllegalTransition`` when a schedule is over."""
    if status in ENDED:
        raise IllegalTransition(
            verb=verb,
            noun="schedule",
            status=status.value,
            allowed=frozenset(allowed.value for allowed in _RUNNING),
        )
