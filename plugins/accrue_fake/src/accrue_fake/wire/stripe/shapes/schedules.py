"""Schedules of subscriptions, phase by phase."""

from __future__ import annotations

from accrue_core.contracts.schedules import PhaseSnapshot, ScheduleSnapshot, ScheduleStatus
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import ScheduleRecord
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import seconds, seconds_or_none


def render_schedule(engine: Engine, record: ScheduleRecord) -> Json:
    """Render a schedule. A released one names its subscription in another place."""
    snapshot = record.snapshot
    is_released = snapshot.status == ScheduleStatus.RELEASED
    return whole(
        "subscription_schedule",
        {
            "id": snapshot.ref,
            "object": "subscription_schedule",
            "billing_mode": {
                "flexible": {"proration_discounts": "included"},
                "type": "flexible",
                "updated_at": seconds_or_none(snapshot.created_at),
            },
            "canceled_at": seconds_or_none(snapshot.canceled_at),
            "completed_at": seconds_or_none(snapshot.completed_at),
            "created": seconds_or_none(snapshot.created_at),
            "current_phase": _current(snapshot),
            "customer": snapshot.customer,
            "default_settings": {
                "billing_cycle_anchor": "automatic",
                "collection_method": "charge_automatically",
                "invoice_settings": {"issuer": {"type": "self"}},
            },
            "end_behavior": snapshot.end_behavior,
            "livemode": False,
            "metadata": dict(snapshot.metadata),
            "pause_schedules": [],
            "phases": [_phase(engine, phase) for phase in snapshot.phases],
            "released_at": seconds_or_none(snapshot.released_at),
            "released_subscription": snapshot.subscription if is_released else None,
            "status": snapshot.status.value,
            "subscription": None if is_released else snapshot.subscription,
            "test_clock": engine.books.customers[snapshot.customer].clock,
        },
    )


def _current(snapshot: ScheduleSnapshot) -> Json | None:
    start, end = snapshot.current_phase_start, snapshot.current_phase_end
    if start is None or end is None:
        return None
    return {"start_date": seconds(start), "end_date": seconds(end)}


def _phase(engine: Engine, phase: PhaseSnapshot) -> Json:
    """Render a phase. One that is free is a trial until it ends."""
    currency = engine.books.prices[phase.items[0].price].money.currency
    return {
        "add_invoice_items": [],
        "currency": currency,
        "default_tax_rates": [],
        "discounts": [] if phase.coupon is None else [{"coupon": phase.coupon}],
        "end_date": seconds(phase.ends_at),
        "items": [
            {
                "discounts": [],
                "metadata": {},
                "plan": item.price,
                "price": item.price,
                "quantity": item.quantity,
                "tax_rates": [],
            }
            for item in phase.items
        ],
        "metadata": {},
        "proration_behavior": phase.proration,
        "start_date": seconds(phase.starts_at),
        "trial_end": seconds(phase.ends_at) if phase.is_trial else None,
    }
