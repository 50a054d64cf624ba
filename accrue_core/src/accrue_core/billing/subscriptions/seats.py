"""Promise to count an owner's seats: once for however many joins and leaves."""

from __future__ import annotations

from collections.abc import Sequence

from accrue_core.billing.customers import queries as customers
from accrue_core.context import Context
from accrue_core.db.transaction import Transaction
from accrue_core.ids import PREFIXES, to_text
from accrue_core.ledger.models import LedgerEntry
from accrue_core.outbox.enqueue import enqueue
from accrue_core.owners import Owner

COUNT_SEATS = "subscriptions.count_seats"

MOVING = frozenset(
    {
        "subscription.started",
        "subscription.activated",
        "subscription.items_changed",
        "subscription.change_lapsed",
        "subscription.collection_resumed",
    }
)
"""Events after which a quantity may differ from the count, or may be changed again."""


async def promise_count(ctx: Context, tx: Transaction, owner: Owner) -> None:
    """Promise a count a little later; while one waits, another promise adds nothing.

    A count that has begun takes no promises any more: what changes from then on is counted anew.
    """
    promise = to_text(PREFIXES["job"], tx.stamp.ids.new())
    payload = {"owner_type": owner.type, "owner_id": owner.id, "promise": promise}
    await enqueue(
        tx,
        COUNT_SEATS,
        payload,
        dedupe_key=f"seats/{owner}",
        wait=ctx.settings.seat_debounce,
    )


async def promise_counts_after(ctx: Context, entries: Sequence[LedgerEntry]) -> None:
    """Promise counts for the owners of subscriptions that started or changed."""
    if not ctx.plugins.seat_counters:
        return
    moved = {entry.customer_id for entry in entries if entry.type in MOVING}
    async with ctx.reading() as reading:
        held = await customers.by_ids(reading, sorted(id_ for id_ in moved if id_ is not None))
    owners = {customer.owner for customer in held.values()} - {None}
    if owners:
        async with ctx.transaction("seats.promise") as tx:
            for owner in sorted(owners, key=str):
                if owner is not None:
                    await promise_count(ctx, tx, owner)
