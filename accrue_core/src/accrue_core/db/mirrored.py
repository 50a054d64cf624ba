"""The columns that every mirrored table has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, String, UniqueConstraint

from accrue_core.db.columns import PrefixedId, UtcDateTime


def mirrored_columns(prefix: str) -> list[Any]:
    """Return id, processor, ref and the mirror's own bookkeeping.

    ``remote_at`` is when the processor says the thing was made, for display. ``unreadable`` holds
    a status word we do not know, ``gone_at`` when the processor said it was deleted: a row with
    either grants nothing. ``seen`` is the number under which it was last absorbed.
    """
    return [
        Column("id", PrefixedId(prefix), primary_key=True),
        Column("processor", String(40), nullable=False),
        Column("ref", String(255), nullable=False),
        Column("remote_at", UtcDateTime),
        Column("unreadable", String(64)),
        Column("gone_at", UtcDateTime),
        Column("seen", BigInteger, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        UniqueConstraint("processor", "ref"),
    ]
