"""Catch up: take in what a processor says has happened, and no webhook has told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accrue_core import telemetry
from accrue_core.clock import utc
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.events import ListedEvent
from accrue_core.db.transaction import refuse_inside
from accrue_core.errors import InvalidRequest
from accrue_core.ids import PREFIXES, to_text
from accrue_core.webhooks import queries
from accrue_core.webhooks.ingest import is_storable
from accrue_core.webhooks.models import Arrival

_TOGETHER = 100
"""How many deliveries are written in one transaction."""


@verb("catch_up")
async def catch_up(ctx: Context, *, since: datetime, processor: str | None = None) -> int:
    """Take in what has happened since a moment (UTC) and never arrived; return how many events.

    For after an outage: a processor tries a webhook again for some days and then gives it up, but
    lists what has happened for longer (Stripe: 30 days). Each event that is not known becomes a
    delivery like any other and is dispatched: what it points at is fetched as it is now, and
    handlers of its type run. What is known is left alone, so this is safe to repeat, and to kill
    at any point.

    Without ``processor`` it asks each that lists its events. Raises ``InvalidRequest`` for a
    moment ahead, ``UnsupportedCapability`` where the named processor keeps no list, and what the
    processor raises when it cannot be asked: what was taken in until then stays.
    """
    if not isinstance(since, datetime):
        raise InvalidRequest(f"since is the moment from which events are missing, not {since!r}")
    moment = utc(since, name="the moment from which events are missing")
    refuse_inside("a processor call")
    return sum([await _from(ctx, name, moment) for name in _named(ctx, processor)])


def _named(ctx: Context, processor: str | None) -> list[str]:
    if processor is not None:
        found = ctx.plugins.processor(processor)
        require(found.support, Capability.LIST_EVENTS, processor=found.name)
        return [found.name]
    return [
        name
        for name, found in ctx.plugins.processors.items()
        if found.support[Capability.LIST_EVENTS].is_available
    ]


async def _from(ctx: Context, name: str, since: datetime) -> int:
    processor = ctx.plugins.processor(name)
    if since > (processor.clock or ctx.runtime.world_clock).now():
        raise InvalidRequest("since is a moment in the past: nothing has happened after now")
    new = 0
    with telemetry.span("processor.events", processor=name):
        async for listed in processor.events(since=since):
            for start in range(0, len(listed), _TOGETHER):
                new += await _written(ctx, name, listed[start : start + _TOGETHER])
    return new


async def _written(ctx: Context, processor: str, listed: Sequence[ListedEvent]) -> int:
    arrivals = [
        Arrival(
            to_text(PREFIXES["delivery"], ctx.runtime.ids.new()), processor, one.event, one.body
        )
        for one in listed
        if is_storable(one.event)
    ]
    if not arrivals:
        return 0
    async with ctx.transaction("catch_up") as tx:
        new = await queries.add(tx, arrivals)
        tx.has_promised = bool(new)
    return len(new)
