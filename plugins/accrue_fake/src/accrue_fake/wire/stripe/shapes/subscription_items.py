"""The items of subscriptions, each with its own period."""

from __future__ import annotations

from accrue_core.contracts.subscriptions import SubscriptionItemSnapshot
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import SubscriptionRecord
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.prices import render_plan, render_price
from accrue_fake.wire.stripe.shapes.units import seconds, seconds_or_none


def render_subscription_item(
    engine: Engine, record: SubscriptionRecord, item: SubscriptionItemSnapshot
) -> Json:
    """Render one item. It is billed in advance, so until its period ends."""
    price = engine.books.prices[item.price]
    start = item.current_period_start or record.period_start
    end = item.current_period_end or record.period_end
    return whole(
        "subscription_item",
        {
            "id": item.ref,
            "object": "subscription_item",
            "billed_until": seconds(end),
            "created": seconds_or_none(record.snapshot.created_at),
            "current_period_end": seconds(end),
            "current_period_start": seconds(start),
            "discounts": [],
            "metadata": {},
            "plan": render_plan(engine, price),
            "price": render_price(engine, price),
            "quantity": item.quantity,
            "subscription": record.snapshot.ref,
            "tax_rates": [],
        },
    )
