"""``/v1/subscription_schedules``: what a subscription will be for, phase after phase."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    PlannedPhase,
    ReleaseSchedule,
    ScheduleStatus,
    UpdateSchedule,
)
from accrue_fake.engine.calendar import moment_after
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.items import PRORATIONS, new_items
from accrue_fake.wire.stripe.acts.terms import coupon_of
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, is_within, page
from accrue_fake.wire.stripe.params import Params, merged, metadata_of
from accrue_fake.wire.stripe.problems import invalid, not_played

_PHASE = (
    "items", "start_date", "end_date", "duration", "proration_behavior", "trial", "discounts",
    "currency",
)  # fmt: skip
_INTERVALS = ("day", "week", "month", "year")
_URL = "/v1/subscription_schedules"


def create(desk: Desk, call: Call) -> Json:
    """Schedule a subscription, and start it if it starts now."""
    params = call.params
    params.only("customer", "start_date", "end_behavior", "phases", "metadata", "billing_mode")
    if params.below("billing_mode").text("type") == "classic":
        raise not_played("billing_mode[type]=classic")
    customer, metadata = desk.customer(params), merged({}, params.metadata() or {})
    if customer is None:
        raise params.missing("customer")
    start = None if params.text("start_date") == "now" else params.moment("start_date")
    request = CreateSchedule(
        customer=customer,
        phases=_phases(desk, params.each("phases"), start or desk.now),
        starts_at=start,
        end_behavior=_end_behavior(params) or "release",
        metadata=metadata,
    )
    with desk.describing({}), desk.adding("subscription_schedule", {"metadata": metadata}):
        made = desk.engine.schedules.create(request, key=desk.key(metadata))
    return desk.show("subscription_schedule", str(made.main.ref))


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a schedule."""
    return desk.found("subscription_schedule", call.names[0])


def update(desk: Desk, call: Call) -> Json:
    """Plan the current phase and those that follow anew."""
    (ref,), params = call.names, call.params
    params.only("end_behavior", "phases", "metadata", "proration_behavior")
    shown = desk.found("subscription_schedule", ref)
    snapshot = desk.engine.books.schedules[ref].snapshot
    if "phases" in params or "end_behavior" in params:
        begun = snapshot.current_phase_start or snapshot.phases[0].starts_at
        asked = [one for one in params.each("phases") if not _is_over(one, begun)]
        kept = tuple(
            PlannedPhase(
                items=phase.items,
                ends_at=phase.ends_at,
                proration=_word(phase.proration),
                is_trial=phase.is_trial,
                coupon=phase.coupon,
            )
            for phase in snapshot.phases
            if phase.starts_at >= begun
        )
        request = UpdateSchedule(
            ref=ref,
            phases=_dated(desk, asked, begun) if asked else kept,
            end_behavior=_end_behavior(params) or snapshot.end_behavior,
        )
        desk.engine.schedules.update(request, key=desk.key())
    desk.account.say(ref, metadata_of(params, shown["metadata"]))
    return desk.show("subscription_schedule", ref)


def release(desk: Desk, call: Call) -> Json:
    """Let the subscription go on without it."""
    (ref,) = call.names
    call.params.only("preserve_cancel_date")
    desk.require("subscription_schedule", ref)
    _require_running(desk, ref, "release")
    desk.engine.schedules.release(ReleaseSchedule(ref=ref), key=desk.key())
    return desk.show("subscription_schedule", ref)


def cancel(desk: Desk, call: Call) -> Json:
    """End it and its subscription, and bill nothing."""
    (ref,), params = call.names, call.params
    params.only("invoice_now", "prorate")
    desk.require("subscription_schedule", ref)
    for name in ("invoice_now", "prorate"):
        if params.flag(name):
            raise not_played(name)
    _require_running(desk, ref, "cancel")
    desk.engine.schedules.cancel(CancelSchedule(ref=ref), key=desk.key())
    return desk.show("subscription_schedule", ref)


def listed(desk: Desk, call: Call) -> Json:
    """List schedules."""
    params, schedules = call.params, desk.engine.books.schedules
    params.only("customer", "created", "scheduled", *PAGING)
    customer, waits = params.text("customer"), params.flag("scheduled")

    def fits(ref: str) -> bool:
        snapshot = schedules[ref].snapshot
        is_waiting = snapshot.status == ScheduleStatus.NOT_STARTED
        return (
            customer in (None, snapshot.customer)
            and (waits is None or waits == is_waiting)
            and is_within(params, "created", snapshot.created_at)
        )

    refs = filter(fits, reversed(schedules))
    return page(params, _URL, refs, desk.shower("subscription_schedule"))


def _phases(desk: Desk, asked: list[Params], start: datetime) -> tuple[PlannedPhase, ...]:
    """Return the phases, counted in whole periods where Stripe's durations are that."""
    if not asked:
        raise invalid("Missing required param: phases.", code="parameter_missing", param="phases")
    found = []
    for params in asked:
        phase, start = _phase(desk, params, start)
        found.append(phase)
    return tuple(found)


def _dated(desk: Desk, asked: list[Params], start: datetime) -> tuple[PlannedPhase, ...]:
    """Return the phases of an update, each with the moment at which it ends."""
    found = []
    for params in asked:
        phase, end = _phase(desk, params, start)
        found.append(
            PlannedPhase(
                items=phase.items,
                ends_at=end,
                proration=phase.proration,
                is_trial=phase.is_trial,
                coupon=phase.coupon,
            )
        )
        start = end
    return tuple(found)


def _phase(desk: Desk, params: Params, start: datetime) -> tuple[PlannedPhase, datetime]:
    params.only(*_PHASE)
    items = new_items(desk, params)
    end, periods = params.moment("end_date"), None
    if end is None:
        end, periods = _after(desk, params, items[0].price, start)
    phase = PlannedPhase(
        items=items,
        ends_at=None if periods is not None else end,
        periods=periods,
        proration=_word(params.word("proration_behavior", *PRORATIONS) or PRORATIONS[0]),
        is_trial=params.flag("trial") or False,
        coupon=coupon_of(params),
    )
    return phase, end


def _after(desk: Desk, params: Params, ref: str, start: datetime) -> tuple[datetime, int | None]:
    """Return when a phase ends that lasts so long, and how many periods of its price that is."""
    duration = params.below("duration")
    interval: Any = duration.word("interval", *_INTERVALS)
    if interval is None:
        raise duration.missing("interval")
    count = duration.integer("interval_count", least=1, most=1095) or 1
    price = desk.engine.catalogue.price(ref)
    is_whole = interval == price.interval and count % price.interval_count == 0
    periods = count // price.interval_count if is_whole else None
    return moment_after(start, interval, count), periods


def _is_over(params: Params, begun: datetime) -> bool:
    start = None if params.text("start_date") == "now" else params.moment("start_date")
    return start is not None and start < begun.replace(microsecond=0)


def _end_behavior(params: Params) -> Any:
    return params.word("end_behavior", "release", "cancel")


def _word(proration: str) -> Any:
    return proration


def _require_running(desk: Desk, ref: str, verb: str) -> None:
    status = desk.engine.books.schedules[ref].snapshot.status
    if status not in (ScheduleStatus.NOT_STARTED, ScheduleStatus.ACTIVE):
        raise invalid(
            f"You cannot {verb} a subscription schedule that is currently in the `{status}` status."
        )
