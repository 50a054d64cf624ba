"""Pure: phases as a host writes them, checked and made into what a processor is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from accrue_core.billing.catalog import Catalog, Price
from accrue_core.billing.subscriptions.terms import checked_coupon, checked_items
from accrue_core.clock import utc
from accrue_core.contracts.changes import Proration
from accrue_core.contracts.schedules import PlannedPhase
from accrue_core.errors import InvalidRequest

MOST_PHASES = 10
"""As many as Stripe lets be current or ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What a subscription is for, until when.

    ``plan`` is a key of the catalog or ``Price(ref)``, ``also`` further ones and how many of each.
    A phase ends at the moment ``until`` (UTC, in whole seconds), or after ``periods`` whole periods
    of its plan. ``proration`` says what becomes of the rest of a period that its beginning cuts
    short; ``is_trial`` makes all of it free.
    """

    plan: str | Price
    quantity: int = 1
    also: Mapping[str | Price, int] | None = None
    until: datetime | None = None
    periods: int | None = None
    proration: Proration = "create_prorations"
    is_trial: bool = False
    coupon: str | None = None


def planned(
    phases: Sequence[Phase], catalog: Catalog, processor: str, *, starts_at: datetime
) -> tuple[PlannedPhase, ...]:
    """Return the phases as a processor is asked for them, or ``InvalidRequest``."""
    if not isinstance(phases, Sequence) or not 0 < len(phases) <= MOST_PHASES:
        raise InvalidRequest(f"a schedule has 1 to {MOST_PHASES} phases: [Phase(plan=...), ...]")
    asked = tuple(_planned(phase, catalog, processor) for phase in phases)
    before = starts_at
    for phase in asked:
        if phase.ends_at is not None:
            if phase.ends_at <= before:
                raise InvalidRequest("a phase ends after it begins, and after the one before it")
            before = phase.ends_at
    return asked


def require_ends(phases: Sequence[PlannedPhase]) -> None:
    """Refuse phases that are counted in periods: an update says when each of them ends."""
    if any(phase.ends_at is None for phase in phases):
        raise InvalidRequest("when a schedule is updated, every phase says until= when it lasts")


def _planned(phase: Phase, catalog: Catalog, processor: str) -> PlannedPhase:
    if not isinstance(phase, Phase):
        raise InvalidRequest(f"a phase is Phase(plan=..., until=...), not {type(phase).__name__}")
    if (phase.until is None) == (phase.periods is None):
        raise InvalidRequest("a phase ends at a moment (until) or after so many periods: one of it")
    if phase.periods is not None and (type(phase.periods) is not int or phase.periods < 1):
        raise InvalidRequest(f"periods is a whole number from 1, not {phase.periods!r}")
    if phase.proration not in get_args(Proration):
        raise InvalidRequest(f"proration is one of {', '.join(get_args(Proration))}")
    return PlannedPhase(
        items=checked_items(catalog, processor, phase.plan, phase.quantity, phase.also),
        ends_at=None if phase.until is None else _moment(phase.until),
        periods=phase.periods,
        proration=phase.proration,
        is_trial=phase.is_trial,
        coupon=checked_coupon(phase.coupon),
    )


def _moment(until: datetime) -> datetime:
    if not isinstance(until, datetime):
        raise InvalidRequest(f"until is the moment a phase ends, not {until!r}")
    return utc(until, name="the end of a phase").replace(microsecond=0)
