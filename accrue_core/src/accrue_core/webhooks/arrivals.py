"""Write down together what arrives together: one statement and one commit for all of it.

While one transaction is on its way to the disk, whoever arrives waits for the next and shares it.
A single arrival waits for nobody. What cannot be written fails alone: a batch that fails is
repeated one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from accrue_core.context import Context
from accrue_core.db.transaction import refuse_inside
from accrue_core.webhooks import queries
from accrue_core.webhooks.models import Arrival

LARGEST = 100
"""How many arrivals share a transaction at most."""

Waiting = tuple[Arrival, "asyncio.Future[bool]"]


@dataclass(slots=True)
class _Queue:
    waiting: list[Waiting] = field(default_factory=list)
    writer: asyncio.Task[None] | None = None


async def together(ctx: Context, arrival: Arrival) -> bool:
    """Write an arrival down with whatever else arrives; ``False`` when it is known already.

    When this returns, it is committed. A caller that goes away leaves it to be written.
    """
    refuse_inside("receiving a webhook")
    loop = asyncio.get_running_loop()
    queue = ctx.runtime.own_of_loop("arrivals", _Queue)
    written: asyncio.Future[bool] = loop.create_future()
    queue.waiting.append((arrival, written))
    if queue.writer is None:
        queue.writer = loop.create_task(_write_all(ctx, queue), name="accrue-arrivals")
    is_new = await written
    if is_new:
        # Not by the writer: a runner that works at once may receive webhooks itself.
        await ctx.runtime.wake()
    return is_new


async def _write_all(ctx: Context, queue: _Queue) -> None:
    try:
        while queue.waiting:
            some, queue.waiting = queue.waiting[:LARGEST], queue.waiting[LARGEST:]
            await _write(ctx, some)
    finally:
        queue.writer = None


async def _write(ctx: Context, some: Sequence[Waiting]) -> None:
    try:
        async with ctx.transaction("ingest") as tx:
            new = await queries.add(tx, [arrival for arrival, _ in some])
    except Exception as error:
        if len(some) > 1:
            for one in some:
                await _write(ctx, [one])
        elif not some[0][1].done():
            some[0][1].set_exception(error)
        return
    for arrival, written in some:
        if not written.done():
            written.set_result(arrival.id in new)
