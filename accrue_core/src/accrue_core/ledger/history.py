"""Verbs about the ledger: what was true at a moment, and whether its entries are as written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accrue_core.clock import utc
from accrue_core.context import Context, verb
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked, kind_of
from accrue_core.ledger import queries
from accrue_core.ledger.chain import view
from accrue_core.ledger.verify import Verification, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedState:
    """A row as it was at a moment, as the ledger recorded it.

    ``columns`` holds every column that is not personal, and the rows that belong to it (items,
    lines), in the ledger's plain values: whole numbers, text, moments as text in UTC. ``entry`` is
    the last entry before that moment, and ``since`` when it was made.
    """

    subject: str
    entry: str
    since: datetime
    columns: Mapping[str, Any]


@verb("state_as_of")
async def state_as_of(ctx: Context, subject_id: str, moment: datetime) -> RecordedState | None:
    """Return one thing as we held it at a moment, by our id; ``None`` before we knew it.

    Exact for everything but personal columns, which the ledger does not hold. ``moment`` is
    business time: at the very instant of a change it is the state after it.
    """
    kind = kind_of(subject_id) if isinstance(subject_id, str) else None
    checked(kind or "subscription", subject_id)
    if not isinstance(moment, datetime):
        raise InvalidRequest(f"moment is when to look at it, not {moment!r}")
    async with ctx.reading() as reading:
        last = await queries.last_of(reading, subject_id, utc(moment, name="moment"))
    if last is None:
        return None
    return RecordedState(subject=subject_id, entry=last.id, since=last.at, columns=view(last).after)


@verb("verify_ledger")
async def verify_ledger(ctx: Context) -> Verification:
    """Walk every chain of the ledger and name the first bad entry of each, if any.

    Reads one moment of the database in blocks; writing goes on meanwhile.
    """
    async with ctx.snapshot() as reading:
        return await verify(reading)
