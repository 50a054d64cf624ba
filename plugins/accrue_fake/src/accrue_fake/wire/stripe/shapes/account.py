"""The account that everything is in."""

from __future__ import annotations

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.shapes.facts import ACCOUNT, AccountFacts
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import seconds


def render_account(_: Engine, record: AccountFacts = ACCOUNT) -> Json:
    """Render the account as its own key reads it."""
    return whole(
        "account",
        {
            "id": record.ref,
            "object": "account",
            "business_profile": {"name": record.name},
            "charges_enabled": True,
            "country": record.country,
            "created": seconds(record.created_at),
            "default_currency": record.currency,
            "details_submitted": True,
            "email": record.email,
            "metadata": {},
            "payouts_enabled": True,
            "type": "standard",
        },
    )
