"""Let the quantities of subscriptions follow a host's own count."""

from __future__ import annotations

import asyncio
import inspect

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.subscriptions import lifecycle, queries
from accrue_core.billing.subscriptions.commands.change import update_quantity
from accrue_core.billing.subscriptions.models import Subscription, SubscriptionItem
from accrue_core.billing.subscriptions.seats import promise_count
from accrue_core.billing.subscriptions.terms import LARGEST_QUANTITY
from accrue_core.context import Context, verb
from accrue_core.contracts.seats import SeatCounter
from accrue_core.errors import ConfigurationError, InvalidRequest
from accrue_core.owners import Billable, Owner, owner_of


@verb("seats_changed")
async def seats_changed(ctx: Context, payer: Owner | Billable) -> None:
    """Say that an owner's seats have changed: they will be counted, and the quantities follow.

    Call it after the change is committed in the host. It asks no processor and costs one insert.
    However often it is called, joins and leaves within ``settings.seat_debounce`` make one count
    and at most one change at the processor. Without a seat counter it is ``ConfigurationError``.
    """
    _require_counters(ctx)
    owner = owner_of(payer)
    async with ctx.transaction("seats.promise") as tx:
        await promise_count(ctx, tx, owner)


@verb("count_seats")
async def count_seats(ctx: Context, payer: Owner | Billable) -> list[Subscription]:
    """Count an owner's seats now, and make the quantities equal; return what was changed.

    What the jobs do after ``seats_changed``; call it from a nightly job as well, for hosts that
    forget to. A subscription that cannot be changed now (a payment is owed, a change waits, a
    schedule drives it) is left alone and counted again once it can be. Raises what
    ``update_quantity`` raises; calling again goes on where it stopped.
    """
    _require_counters(ctx)
    owner = owner_of(payer)
    changed = []
    for subscription, item, counter in await _counted(ctx, owner):
        wanted = await _count(counter, owner)
        if item.quantity == wanted:
            continue
        base = ctx.ambient
        key = None if base is None else f"{base}/seats/{item.id}/{wanted}"
        outcome = await update_quantity(
            ctx,
            subscription.id,
            wanted,
            proration=counter.proration,
            item_id=item.id,
            operation_id=key,
        )
        changed.append(outcome.value)
    return changed


async def _counted(
    ctx: Context, owner: Owner
) -> list[tuple[Subscription, SubscriptionItem, SeatCounter]]:
    """Return the items of an owner that have a counter and may be changed."""
    async with ctx.reading() as reading:
        held = [customer.id for customer in await customers.of_owner(reading, owner)]
        found = await queries.of_customers(reading, held)
    counters = ctx.plugins.seat_counters
    counted = []
    for subscription in found:
        if not lifecycle.is_changeable(
            subscription.status,
            is_pending=subscription.is_pending,
            is_scheduled=subscription.is_scheduled,
        ):
            continue
        for item in subscription.items:
            plan = ctx.catalog.plan_of(subscription.processor, item.price)
            counter = None if plan is None else counters.get(plan.key)
            if counter is None:
                continue
            if subscription.is_paused and counter.proration == "always_invoice":
                continue
            counted.append((subscription, item, counter))
    return counted


async def _count(counter: SeatCounter, owner: Owner) -> int:
    if inspect.iscoroutinefunction(counter.count):
        said = await counter.count(owner)
    else:
        said = await asyncio.to_thread(counter.count, owner)
        if inspect.isawaitable(said):
            said = await said
    if type(said) is not int or said > LARGEST_QUANTITY:
        raise InvalidRequest(f"seat counter {counter.name!r} returned no number of seats")
    return max(1, said)


def _require_counters(ctx: Context) -> None:
    if not ctx.plugins.seat_counters:
        raise ConfigurationError(
            "no seat counter is registered: implement register_seat_counters in a plugin"
        )
