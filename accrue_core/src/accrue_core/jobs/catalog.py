"""Job name to function: the one table of what can be promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from accrue_core.actors import Actor
from accrue_core.billing.subscriptions.seats import COUNT_SEATS
from accrue_core.facade import Billing
from accrue_core.jobs.publish import publish
from accrue_core.ledger.append import PUBLISH
from accrue_core.mirror.absorb import REFRESH
from accrue_core.owners import Owner
from accrue_core.webhooks.refresh import refresh


async def _refresh(ctx: Billing, payload: Mapping[str, Any]) -> None:
    name = (payload["noun"], payload["processor"], payload["ref"])
    errors = await refresh(ctx, [name])
    if name in errors:
        raise errors[name]


async def _count_seats(ctx: Billing, payload: Mapping[str, Any]) -> None:
    acting = ctx.acting_as(Actor("job", "seats"), ambient=payload["promise"])
    await acting.count_seats(Owner(payload["owner_type"], payload["owner_id"]))


JOBS: Mapping[str, Callable[[Billing, Mapping[str, Any]], Awaitable[None]]] = {
    COUNT_SEATS: _count_seats,
    PUBLISH: publish,
    REFRESH: _refresh,
}
