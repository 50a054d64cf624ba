"""Events: what webhooks announce."""

from __future__ import annotations

from collections.abc import Callable

from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import EventRecord
from accrue_fake.wire.stripe.shapes.checkout import render_checkout_session
from accrue_fake.wire.stripe.shapes.customers import render_last_state
from accrue_fake.wire.stripe.shapes.facts import EventFacts
from accrue_fake.wire.stripe.shapes.invoices import render_invoice
from accrue_fake.wire.stripe.shapes.keys import API_VERSION, Json, whole
from accrue_fake.wire.stripe.shapes.payment_methods import render_payment_method
from accrue_fake.wire.stripe.shapes.schedules import render_schedule
from accrue_fake.wire.stripe.shapes.subscriptions import render_subscription
from accrue_fake.wire.stripe.shapes.units import seconds

_NOTHING_MORE = EventFacts()

_OBJECTS: dict[str, Callable[[Engine, str], Json]] = {
    "checkout_session": lambda engine, ref: render_checkout_session(
        engine, engine.books.sessions[ref]
    ),
    "customer": lambda engine, ref: render_last_state(engine, engine.books.customers[ref]),
    "invoice": lambda engine, ref: render_invoice(engine, engine.books.invoices[ref]),
    "payment_method": lambda engine, ref: render_payment_method(engine, engine.books.cards[ref]),
    "schedule": lambda engine, ref: render_schedule(engine, engine.books.schedules[ref]),
    "subscription": lambda engine, ref: render_subscription(
        engine, engine.books.subscriptions[ref]
    ),
}
"""What an event is about, by the engine's word for it."""


def render_event(engine: Engine, record: EventRecord, facts: EventFacts = _NOTHING_MORE) -> Json:
    """Render an event with the thing that it is about."""
    return whole(
        "event",
        {
            "id": record.ref,
            "object": "event",
            "api_version": API_VERSION,
            "created": seconds(record.created_at),
            "data": _data(engine, record, facts),
            "livemode": False,
            "pending_webhooks": facts.pending_webhooks,
            "request": {"id": facts.request, "idempotency_key": facts.idempotency_key},
            "type": record.type,
        },
    )


def subject_of(engine: Engine, record: EventRecord) -> Json:
    """Render what an event is about, as it is now.

    Whoever serves events keeps this from the moment they happen: an event says what was.
    """
    return _OBJECTS[record.object](engine, record.object_ref)


def _data(engine: Engine, record: EventRecord, facts: EventFacts) -> Json:
    subject = subject_of(engine, record) if facts.object is None else dict(facts.object)
    if facts.previous is None:
        return {"object": subject}
    return {"object": subject, "previous_attributes": dict(facts.previous)}
