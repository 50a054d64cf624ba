"""Our requests about schedules to Stripe's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key
from accrue_core.contracts.schedules import CreateSchedule, PlannedPhase, UpdateSchedule
from accrue_core.errors import ProcessorRejected
from accrue_stripe.translate.reading import reader, refuse

if TYPE_CHECKING:
    from stripe.params import (
        SubscriptionScheduleCancelParams,
        SubscriptionScheduleCreateParams,
        SubscriptionScheduleUpdateParams,
    )

NOTHING_BILLED: SubscriptionScheduleCancelParams = {"invoice_now": False, "prorate": False}
"""An end now bills nothing and credits nothing, as with a subscription."""

_INTERVALS = {name: name for name in ("day", "week", "month", "year")}


@dataclass(frozen=True, slots=True)
class Interval:
    """How long one period of a price is: so many days, weeks, months or years."""

    unit: str
    count: int


def interval_of(price: object) -> Interval:
    """Read how long a period of a price is."""
    found = reader(price, "price")
    recurring = found.inner_or_none("recurring")
    if recurring is None:
        refuse(found.at("recurring"), "null: a price that is paid once has no periods")
    unit = recurring.choice("interval", _INTERVALS)
    return Interval(unit, recurring.whole("interval_count"))


def new_schedule(
    request: CreateSchedule, intervals: Mapping[str, Interval], key: Key
) -> SubscriptionScheduleCreateParams:
    """Return a schedule with everything explicit that Stripe would otherwise choose."""
    start = request.starts_at
    return {
        "customer": request.customer,
        "start_date": "now" if start is None else int(start.timestamp()),
        "end_behavior": request.end_behavior,
        "billing_mode": {"type": "flexible"},
        "phases": [_phase(phase, intervals) for phase in request.phases],
        "metadata": {**request.metadata, OPERATION_METADATA: key.operation_id},
    }


def changed_schedule(
    request: UpdateSchedule, intervals: Mapping[str, Interval], *, begun_at: datetime
) -> SubscriptionScheduleUpdateParams:
    """Return the phases from the current one on. Those that are over may be left out."""
    phases = [_phase(phase, intervals) for phase in request.phases]
    if not phases:
        raise ProcessorRejected("a schedule has at least one phase", param="phases")
    phases[0]["start_date"] = int(begun_at.timestamp())
    return {
        "end_behavior": request.end_behavior,
        "proration_behavior": request.phases[0].proration,
        "phases": phases,
    }


def _phase(phase: PlannedPhase, intervals: Mapping[str, Interval]) -> Any:
    """Return one phase. Creating and updating have types of their own for the same thing."""
    planned: dict[str, Any] = {
        "items": [{"price": item.price, "quantity": item.quantity} for item in phase.items],
        "proration_behavior": phase.proration,
    }
    if phase.periods is not None:
        interval = intervals[phase.items[0].price]
        count = interval.count * phase.periods
        planned["duration"] = {"interval": interval.unit, "interval_count": count}
    elif phase.ends_at is not None:
        planned["end_date"] = int(phase.ends_at.timestamp())
    else:
        raise ProcessorRejected("a phase ends at a moment, or after some periods", param="phases")
    if phase.is_trial:
        planned["trial"] = True
    if phase.coupon is not None:
        planned["discounts"] = [{"coupon": phase.coupon}]
    return planned
