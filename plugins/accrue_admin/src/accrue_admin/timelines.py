"""What happened to one thing, also when somebody has made an entry unreadable."""

from __future__ import annotations

from typing import Any

from accrue_admin.listing import PAGE, Listing, sliced
from accrue_admin.sentences import Told, tell_stored
from accrue_core.ids import kind_of
from accrue_core.ledger import queries


async def timeline_of(reading: Any, id_: str, before: str | None) -> Listing[Told]:
    """Return what became true of a customer and all it has, or of one other thing, in words."""
    scope: dict[str, Any] = (
        {"customer_ids": [id_]} if kind_of(id_) == "customer" else {"subject": id_}
    )
    rows = await queries.timeline(reading, before=before, limit=PAGE + 1, **scope)
    return sliced(rows, limit=PAGE, before=before, key=lambda row: row.id).each(tell_stored)
