"""Every read of subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, not_, select, union_all

from accrue_core.billing.payment_methods.models import payment_methods
from accrue_core.billing.subscriptions.models import (
    PREDICATES,
    Subscription,
    SubscriptionItem,
    items,
    subscriptions,
)
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.db.base import to_row
from accrue_core.db.rows import filled
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.errors import NotFound

_BY_ID = select(subscriptions).where(subscriptions.c.id == bindparam("of_id"))
_ITEMS_OF = (
    select(items)
    .where(items.c.subscription_id.in_(bindparam("ids", expanding=True)))
    .order_by(items.c.position)
)


def subject(id_: str) -> str:
    """Return the name that commands on one subscription hold."""
    return f"command:{id_}"


async def get(reading: Reading, id_: str) -> Subscription:
    """Return a subscription by our id, or ``NotFound``."""
    found = await _loaded(reading, _BY_ID, {"of_id": id_})
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


async def listed(
    reading: Reading,
    *,
    status: SubscriptionStatus | None = None,
    before: str | None = None,
    limit: int,
) -> list[Subscription]:
    """Return subscriptions, of one status or of all, newest first, older than ``before``."""
    statement = select(subscriptions).order_by(subscriptions.c.id.desc()).limit(limit)
    if status is not None:
        statement = statement.where(subscriptions.c.status == status)
    if before is not None:
        statement = statement.where(subscriptions.c.id < before)
    return await _loaded(reading, statement)


async def by_ids(reading: Reading, ids: Sequence[str]) -> dict[str, Subscription]:
    """Return subscriptions by our ids; those that are not there are left out."""
    if not ids:
        return {}
    statement = select(subscriptions).where(subscriptions.c.id.in_(ids))
    return {found.id: found for found in await _loaded(reading, statement)}


async def newest_of(reading: Reading, customer_id: str, *, limit: int) -> list[Subscription]:
    """Return a customer's newest subscriptions, newest first, ended ones included."""
    statement = (
        select(subscriptions)
        .where(subscriptions.c.customer_id == customer_id)
        .order_by(subscriptions.c.id.desc())
        .limit(limit)
    )
    return await _loaded(reading, statement)


async def live_of(
    reading: Reading, customer_ids: Sequence[str], *, limit: int
) -> list[Subscription]:
    """Return subscriptions of customers that have not ended, at most ``limit`` of them."""
    if not customer_ids:
        return []
    statement = (
        select(subscriptions)
        .where(
            subscriptions.c.customer_id.in_(customer_ids),
            not_(PREDICATES["is_ended"]),
        )
        .limit(limit)
    )
    return await _loaded(reading, statement)


async def with_ref(reading: Reading, processors: Sequence[str], ref: str) -> list[Subscription]:
    """Return the subscriptions that these processors know under a ref: at most one for each."""
    statement = select(subscriptions).where(
        subscriptions.c.processor.in_(processors), subscriptions.c.ref == ref
    )
    return await _loaded(reading, statement)


async def with_item(reading: Reading, item_id: str) -> list[Subscription]:
    """Return the subscription that has an item, if there is one."""
    of_it = select(items.c.subscription_id).where(items.c.id == item_id).scalar_subquery()
    return await _loaded(reading, select(subscriptions).where(subscriptions.c.id == of_it))


async def customers_paying_with(
    reading: Reading, processors: Sequence[str], payment_method_ref: str
) -> list[str]:
    """Return our ids of the customers that a payment method belongs to, going by its ref."""
    statement = select(payment_methods.c.customer_id).where(
        payment_methods.c.processor.in_(processors),
        payment_methods.c.ref == payment_method_ref,
        payment_methods.c.customer_id.is_not(None),
    )
    return [row["customer_id"] for row in await reading.all(statement)]


async def counts(
    reading: Reading, statuses: Sequence[SubscriptionStatus], *, up_to: int
) -> dict[SubscriptionStatus, int]:
    """Count the subscriptions of each of these statuses, and stop counting at ``up_to``."""
    bounded = (
        select(literal(1)).where(subscriptions.c.status == status).limit(up_to).subquery()
        for status in statuses
    )
    statement = union_all(
        *(
            select(literal(status.value).label("status"), func.count().label("number")).select_from(
                some
            )
            for status, some in zip(statuses, bounded, strict=True)
        )
    )
    return {
        SubscriptionStatus(row["status"]): int(row["number"])
        for row in await reading.all(statement)
    }


async def _loaded(
    reading: Reading, statement: Select[Any], parameters: Mapping[str, Any] | None = None
) -> list[Subscription]:
    found = await reading.all(statement, parameters)
    if not found:
        return []
    loaded: dict[str, list[SubscriptionItem]] = {row["id"]: [] for row in found}
    for row in await reading.all(_ITEMS_OF, {"ids": filled(list(loaded))}):
        loaded[row["subscription_id"]].append(to_row(SubscriptionItem, row))
    return [to_row(Subscription, row, items=tuple(loaded[row["id"]])) for row in found]
