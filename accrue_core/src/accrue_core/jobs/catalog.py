"""Job name to function: the one table of what can be promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from accrue_core.context import Context
from accrue_core.jobs.publish import publish
from accrue_core.ledger.append import PUBLISH
from accrue_core.mirror.absorb import REFRESH
from accrue_core.webhooks.refresh import refresh


async def _refresh(ctx: Context, payload: Mapping[str, Any]) -> None:
    name = (payload["noun"], payload["processor"], payload["ref"])
    errors = await refresh(ctx, [name])
    if name in errors:
        raise errors[name]


JOBS: Mapping[str, Callable[[Context, Mapping[str, Any]], Awaitable[None]]] = {
    PUBLISH: publish,
    REFRESH: _refresh,
}
