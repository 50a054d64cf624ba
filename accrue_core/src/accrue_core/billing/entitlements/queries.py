"""The one indexed read behind the gate."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from accrue_core.billing.customers.models import customers
from accrue_core.billing.entitlements.resolve import HeldItem
from accrue_core.billing.subscriptions.models import items, subscriptions
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading
from accrue_core.owners import Owner

_HELD = (
    select(
        subscriptions.c.processor,
        subscriptions.c.id.label("subscription_id"),
        items.c.price,
        items.c.quantity,
        subscriptions.c.status,
        func.coalesce(subscriptions.c.unreadable, customers.c.unreadable).label("unreadable"),
        func.coalesce(
            subscriptions.c.gone_at, customers.c.gone_at, type_=subscriptions.c.gone_at.type
        ).label("gone_at"),
        subscriptions.c.ended_at,
        subscriptions.c.cancel_at,
        subscriptions.c.collection_paused,
    )
    .select_from(
        customers.join(subscriptions, subscriptions.c.customer_id == customers.c.id).join(
            items, items.c.subscription_id == subscriptions.c.id
        )
    )
    .where(
        customers.c.owner_type == bindparam("owner_type"),
        customers.c.owner_id == bindparam("owner_id"),
    )
    .order_by(subscriptions.c.id, items.c.position)
)


async def held_by(reading: Reading, owner: Owner) -> list[HeldItem]:
    """Return every item of every subscription of an owner, at all processors."""
    rows = await reading.all(_HELD, {"owner_type": owner.type, "owner_id": owner.id})
    return [to_row(HeldItem, row) for row in rows]
