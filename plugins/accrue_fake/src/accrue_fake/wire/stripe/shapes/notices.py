"""Notices: events that say what they are about and nothing of how it is, which Stripe calls thin.

Most events of the first namespace have a twin of this kind, with an id of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from accrue_fake.wire.stripe.shapes.keys import Json, notices, whole
from accrue_fake.wire.stripe.shapes.units import written

PREFIX = "v1."
"""What the type of a twin begins with, before the type of the event."""

PING = "v2.core.event_destination.ping"
"""The one event that has no twin in the first namespace."""

_ID, _TWIN_ID = "evt_", "evt_test_"

_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "account": "/v1/accounts",
        "billing_portal.session": "/v1/billing_portal/sessions",
        "checkout.session": "/v1/checkout/sessions",
        "coupon": "/v1/coupons",
        "customer": "/v1/customers",
        "invoice": "/v1/invoices",
        "invoice_payment": "/v1/invoice_payments",
        "payment_intent": "/v1/payment_intents",
        "payment_method": "/v1/payment_methods",
        "price": "/v1/prices",
        "product": "/v1/products",
        "setup_intent": "/v1/setup_intents",
        "subscription": "/v1/subscriptions",
        "subscription_schedule": "/v1/subscription_schedules",
        "test_helpers.test_clock": "/v1/test_helpers/test_clocks",
        "v2.core.event_destination": "/v2/core/event_destinations",
    }
)
"""Where each kind of thing is fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What happened: the event of the first namespace, and the kind and id of its subject."""

    event: str
    type: str
    created_at: datetime
    kind: str
    subject: str
    request: str | None = None
    idempotency_key: str | None = None


def notice_type(type_: str) -> str | None:
    """Return the type of an event's twin, if it has one."""
    named = type_ if type_ == PING else f"{PREFIX}{type_}"
    return named if named == PING or named in _all() else None


def twin_of(ref: str) -> str:
    """Return the id of an event's twin."""
    return f"{_TWIN_ID}{ref.removeprefix(_ID)}"


def event_of(twin: str) -> str | None:
    """Return the id of the event that a twin belongs to, if that may be one."""
    return f"{_ID}{twin.removeprefix(_TWIN_ID)}" if twin.startswith(_TWIN_ID) else None


def render_notice(facts: NoticeFacts) -> Json:
    """Render the event as it is retrieved."""
    return whole("v2.core.event", _known(facts) | {"snapshot_event": _snapshot(facts)})


def render_notification(facts: NoticeFacts) -> Json:
    """Render what is posted to a destination: as little as there is to know."""
    known = _known(facts)
    return {key: value for key, value in known.items() if value is not None}


def _known(facts: NoticeFacts) -> Json:
    return {
        "id": twin_of(facts.event),
        "object": "v2.core.event",
        "created": written(facts.created_at),
        "livemode": False,
        "reason": _reason(facts),
        "related_object": _related(facts),
        "type": notice_type(facts.type),
    }


def _reason(facts: NoticeFacts) -> Json | None:
    """Say which request it was; what time does, nobody asked for."""
    if facts.request is None:
        return None
    request: dict[str, Any] = {"id": facts.request, "idempotency_key": facts.idempotency_key or ""}
    return {"type": "request", "request": request}


def _related(facts: NoticeFacts) -> Json | None:
    """Say where the thing is, if the type is about one that can be fetched."""
    is_of_thing = facts.type == PING or f"{PREFIX}{facts.type}" in notices(of_a_thing=True)
    path = _PATHS.get(facts.kind)
    if not is_of_thing or path is None:
        return None
    return {"id": facts.subject, "type": facts.kind, "url": f"{path}/{facts.subject}"}


def _snapshot(facts: NoticeFacts) -> str | None:
    return None if facts.type == PING else facts.event


def _all() -> frozenset[str]:
    return notices(of_a_thing=True) | notices(of_a_thing=False)
