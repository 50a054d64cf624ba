"""Read subscriptions."""

from __future__ import annotations

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.subscriptions import queries
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.context import Context, verb
from accrue_core.contracts.results import NextAction
from accrue_core.ids import checked
from accrue_core.operations.question import questioning
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


@verb("next_action")
async def next_action(ctx: Context, subscription_id: str) -> NextAction | None:
    """Return what the customer has to do before a subscription's payment can go on, if anything.

    For whoever closed the bank's page: a first payment or a change that waits for authentication
    goes on where this leads. Asks the processor, and changes nothing. Client secrets and addresses
    are ``Secret``: show them to that customer only. Raises ``ProcessorUnavailable`` and its like
    when the processor cannot be asked.
    """
    async with ctx.reading() as reading:
        found = await queries.get(reading, checked("subscription", subscription_id))
    async with questioning(ctx, found.processor, "subscriptions.fetch") as processor:
        answer = await processor.subscriptions.fetch(found.ref)
    return answer.next_action
