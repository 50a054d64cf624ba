"""Promise a job inside the transaction that is the reason for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accrue_core.db.transaction import Transaction
from accrue_core.ids import PREFIXES, to_text
from accrue_core.outbox import queries


async def enqueue(
    tx: Transaction,
    name: str,
    payload: Mapping[str, Any],
    *,
    dedupe_key: str | None = None,
    wait: timedelta = timedelta(0),
) -> None:
    """Promise a job, due after a while; while one with this key waits, a second adds nothing."""
    id_ = to_text(PREFIXES["job"], tx.stamp.ids.new())
    await queries.add(tx, id_, name, payload, dedupe_key, wait=wait)
    tx.has_promised = True
