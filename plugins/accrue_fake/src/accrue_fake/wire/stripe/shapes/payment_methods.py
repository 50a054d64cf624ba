"""Payment methods: cards."""

from __future__ import annotations

from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import Behavior, CardRecord
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import seconds_or_none

_NOWHERE: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def render_payment_method(_: Engine, record: CardRecord) -> Json:
    """Render a card. A detached one has no customer."""
    snapshot = record.snapshot
    return whole(
        "payment_method",
        {
            "id": snapshot.ref,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {"address": _NOWHERE},
            "card": _card(record),
            "created": seconds_or_none(snapshot.created_at),
            "customer": snapshot.customer,
            "livemode": False,
            "metadata": {},
            "type": snapshot.type,
        },
    )


def _card(record: CardRecord) -> Json:
    snapshot = record.snapshot
    return {
        "brand": snapshot.brand,
        "checks": {"cvc_check": "pass"},
        "country": "US",
        "display_brand": snapshot.brand,
        "exp_month": snapshot.exp_month,
        "exp_year": snapshot.exp_year,
        "fingerprint": snapshot.fingerprint,
        "funding": "credit",
        "last4": snapshot.last4,
        "networks": {"available": [snapshot.brand]},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": record.behavior == Behavior.AUTHENTICATES},
    }
