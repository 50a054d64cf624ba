"""Stripe's schedule of a subscription to ours."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from accrue_core.contracts.results import UnreadableSnapshot
from accrue_core.contracts.schedules import (
    EndBehavior,
    PhaseSnapshot,
    ScheduleSnapshot,
    ScheduleStatus,
)
from accrue_core.contracts.subscriptions import NewItem
from accrue_stripe.translate.reading import Reader, reader, refuse

_STATUSES = frozenset(ScheduleStatus)
_ENDS = {"release": "release", "cancel": "cancel"}
_PRORATIONS = {word: word for word in ("create_prorations", "always_invoice", "none")}


def schedule(data: object) -> ScheduleSnapshot | UnreadableSnapshot:
    """Read a schedule; a status that we have never heard of makes it unreadable."""
    found = reader(data, "subscription_schedule")
    status = found.text("status")
    if status not in _STATUSES:
        return UnreadableSnapshot("schedule", found.text("id"), status)
    current = found.inner_or_none("current_phase")
    released = found.text_or_none("released_subscription")
    return ScheduleSnapshot(
        ref=found.text("id"),
        customer=found.ref("customer"),
        subscription=found.ref_or_none("subscription") or released,
        status=ScheduleStatus(status),
        phases=tuple(_phase(phase) for phase in found.each("phases")),
        end_behavior=cast(EndBehavior, found.choice("end_behavior", _ENDS)),
        current_phase_start=current and current.moment("start_date"),
        current_phase_end=current and current.moment("end_date"),
        released_at=found.moment_or_none("released_at"),
        canceled_at=found.moment_or_none("canceled_at"),
        completed_at=found.moment_or_none("completed_at"),
        metadata=found.words_or_none("metadata"),
        created_at=found.moment("created"),
    )


def start_of_current(data: object) -> datetime:
    """Read when the phase begins that runs, or that will be the first."""
    found = reader(data, "subscription_schedule")
    current = found.inner_or_none("current_phase")
    if current is not None:
        return current.moment("start_date")
    phases = found.each("phases")
    if not phases:
        refuse(found.at("phases"), "an empty list")
    return phases[0].moment("start_date")


def _phase(phase: Reader) -> PhaseSnapshot:
    ends_at, trial_end = phase.moment("end_date"), phase.moment_or_none("trial_end")
    return PhaseSnapshot(
        items=tuple(_item(item) for item in phase.each("items")),
        starts_at=phase.moment("start_date"),
        ends_at=ends_at,
        proration=phase.choice("proration_behavior", _PRORATIONS),
        is_trial=trial_end is not None and trial_end >= ends_at,
        coupon=_coupon(phase),
    )


def _item(item: Reader) -> NewItem:
    """Read one item; a metered one has no quantity, and Stripe leaves the key out."""
    quantity = item.whole_or_none("quantity") if "quantity" in item else None
    return NewItem(price=item.ref("price"), quantity=1 if quantity is None else quantity)


def _coupon(phase: Reader) -> str | None:
    """Read the coupon of a phase. Discounts of other kinds are made elsewhere, and not by us."""
    coupons = (discount.ref_or_none("coupon") for discount in phase.each("discounts"))
    return next((coupon for coupon in coupons if coupon is not None), None)
