"""Prices, and the plans that Stripe still sends beside them."""

from __future__ import annotations

from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import Price
from accrue_fake.wire.stripe.shapes.facts import PriceFacts
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.products import product_of
from accrue_fake.wire.stripe.shapes.units import amount, decimal, seconds

_UNNAMED = PriceFacts()


def render_price(_: Engine, record: Price, facts: PriceFacts = _UNNAMED) -> Json:
    """Render a price: so much per unit, in advance, for each stretch of time."""
    return whole(
        "price",
        {
            "id": record.ref,
            "object": "price",
            "active": facts.is_active,
            "billing_scheme": "per_unit",
            "created": seconds(facts.created_at),
            "currency": record.money.currency,
            "livemode": False,
            "lookup_key": facts.lookup_key,
            "metadata": dict(facts.metadata),
            "nickname": facts.nickname,
            "product": product_of(record),
            "recurring": {
                "interval": record.interval,
                "interval_count": record.interval_count,
                "usage_type": "licensed",
            },
            "tax_behavior": facts.tax_behavior,
            "type": "recurring",
            "unit_amount": amount(record.money),
            "unit_amount_decimal": decimal(record.money),
        },
    )


def render_plan(_: Engine, record: Price, facts: PriceFacts = _UNNAMED) -> Json:
    """Render a price as the plan it was before Stripe had prices; items still carry one."""
    return whole(
        "plan",
        {
            "id": record.ref,
            "object": "plan",
            "active": facts.is_active,
            "amount": amount(record.money),
            "amount_decimal": decimal(record.money),
            "billing_scheme": "per_unit",
            "created": seconds(facts.created_at),
            "currency": record.money.currency,
            "interval": record.interval,
            "interval_count": record.interval_count,
            "livemode": False,
            "metadata": dict(facts.metadata),
            "nickname": facts.nickname,
            "product": product_of(record),
            "usage_type": "licensed",
        },
    )
