"""Read subscriptions."""

from __future__ import annotations

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.subscriptions import queries
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.context import Context, verb
from accrue_core.ids import checked
from accrue_core.owners import Billable, Owner, owner_of


@verb("subscription")
async def subscription(ctx: Context, subscription_id: str) -> Subscription:
    """Return one subscription by our id, or ``NotFound``."""
    async with ctx.reading() as reading:
        return await queries.get(reading, checked("subscription", subscription_id))


@verb("subscriptions")
async def subscriptions(ctx: Context, payer: Owner | Billable) -> list[Subscription]:
    """Return an owner's subscriptions at all processors, newest first, ended ones included."""
    async with ctx.reading() as reading:
        found = await customers.of_owner(reading, owner_of(payer), only_live=False)
        return await queries.of_customers(reading, [customer.id for customer in found])
