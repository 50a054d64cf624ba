"""The ledger's tables: entries that are only ever added, and the head of each chain.

Triggers refuse UPDATE, DELETE and TRUNCATE of entries on both databases (the migration has
them); the chain makes evident what somebody with the power to drop a trigger changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, UniqueConstraint

from accrue_core.db.base import metadata
from accrue_core.db.columns import PrefixedId, UtcDateTime
from accrue_core.ids import PREFIXES

entries = Table(
    "accrue_ledger",
    metadata,
    Column("id", PrefixedId(PREFIXES["ledger_entry"]), primary_key=True),
    Column("chain", String(64), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("type", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("customer_id", PrefixedId(PREFIXES["customer"])),
    Column("at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("chain", "sequence"),
    Index("ix_accrue_ledger_subject", "subject", "at", "sequence"),
    Index("ix_accrue_ledger_customer", "customer_id", "at", "sequence"),
    Index("ix_accrue_ledger_type", "type", "id"),
)

heads = Table(
    "accrue_ledger_heads",
    metadata,
    Column("chain", String(64), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One entry as stored. ``body`` is the canonical bytes that ``hash`` was taken over."""

    id: str
    chain: str
    sequence: int
    type: str
    subject: str
    customer_id: str | None
    at: datetime
    body: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The last entry of a chain, repeated: what makes cutting off a tail evident."""

    chain: str
    sequence: int
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableEntry:
    """A place in a chain whose columns hold what was never written there."""

    chain: str
    sequence: int
