"""Liveness, readiness and backlog."""

from __future__ import annotations

from typing import Any

from accrue_core.context import Context
from accrue_core.db import migrate
from accrue_core.outbox import queries as outbox
from accrue_core.webhooks import queries as webhooks


async def readiness(ctx: Context) -> tuple[int, dict[str, Any]]:
    """Say whether this process can serve: the database answers and has the right schema."""
    try:
        async with ctx.reading() as reading:
            if not await migrate.is_current(reading):
                return 503, {"status": "schema_outdated"}
            counts = await webhooks.counts(reading)
            dead = await outbox.count_dead(reading)
    except Exception:
        return 503, {"status": "database_unavailable"}
    backlog = {status.value: number for status, number in counts.items()}
    return 200, {"status": "ready", "deliveries": backlog, "dead_jobs": dead}
