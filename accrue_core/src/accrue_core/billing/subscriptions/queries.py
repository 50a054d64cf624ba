"""Every read of subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from accrue_core.billing.subscriptions.models import (
    Subscription,
    SubscriptionItem,
    items,
    subscriptions,
)
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.errors import NotFound


def subject(id_: str) -> str:
    """Return the name that commands on one subscription hold."""
    return f"command:{id_}"


async def get(reading: Reading, id_: str) -> Subscription:
    """Return a subscription by our id, or ``NotFound``."""
    found = await _loaded(reading, select(subscriptions).where(subscriptions.c.id == id_))
    if not found:
        raise NotFound(f"no subscription {id_}")
    return found[0]


async def hold(tx: Transaction, id_: str) -> Subscription:
    """Keep a subscription to this transaction and read it, or ``NotFound``."""
    await tx.hold([subject(id_)])
    return await get(tx, id_)


async def of_customers(reading: Reading, customer_ids: Sequence[str]) -> list[Subscription]:
    """Return the subscriptions of customers, newest first."""
    statement = (
        select(subscriptions)
        .where(subscriptions.c.customer_id.in_(customer_ids))
        .order_by(subscriptions.c.id.desc())
    )
    return await _loaded(reading, statement)


async def _loaded(reading: Reading, statement: Select[Any]) -> list[Subscription]:
    found = await reading.all(statement)
    if not found:
        return []
    of_these = (
        select(items)
        .where(items.c.subscription_id.in_([row["id"] for row in found]))
        .order_by(items.c.position)
    )
    loaded: dict[str, list[SubscriptionItem]] = {row["id"]: [] for row in found}
    for row in await reading.all(of_these):
        loaded[row["subscription_id"]].append(to_row(SubscriptionItem, row))
    return [to_row(Subscription, row, items=tuple(loaded[row["id"]])) for row in found]
