"""Turn ledger entries into one run for each interested handler, and into counts of seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accrue_core.billing.subscriptions.seats import promise_counts_after
from accrue_core.context import Context
from accrue_core.contracts.handlers import wants
from accrue_core.ledger import queries as ledger
from accrue_core.outbox import queries as outbox


async def publish(ctx: Context, payload: Mapping[str, Any]) -> None:
    """Add the runs; those that exist already are left as they are."""
    handlers = ctx.plugins.event_handlers.values()
    if not handlers and not ctx.plugins.seat_counters:
        return
    async with ctx.reading() as reading:
        entries = await ledger.by_ids(reading, payload["entries"])
    await promise_counts_after(ctx, entries)
    runs = [
        (handler.name, entry.id)
        for entry in entries
        for handler in handlers
        if wants(handler.types, entry.type)
    ]
    if runs:
        async with ctx.transaction("publish") as tx:
            await outbox.add_runs(tx, runs)
