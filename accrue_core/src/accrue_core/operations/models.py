"""What we asked processors to do: one row for each remote mutation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from accrue_core.db.base import metadata
from accrue_core.db.columns import Json, PrefixedId, UtcDateTime, Word, one_of, written
from accrue_core.db.database_clock import db_clock
from accrue_core.ids import PREFIXES


class OperationStatus(StrEnum):
    """Where an operation stands.

    ``open``: asked, or about to be, and the outcome is not known. ``released``: certainly not
    asked; the same id may ask again. ``settled``: done, and absorbed. ``refused``: the processor
    said no for good. ``abandoned``: given up, without an effect. ``stuck``: nobody can find out
    what became of it, so an operator must.
    """

    OPEN = "open"
    RELEASED = "released"
    SETTLED = "settled"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    STUCK = "stuck"


FINISHED = frozenset({OperationStatus.SETTLED, OperationStatus.REFUSED, OperationStatus.ABANDONED})

operations = Table(
    "accrue_operations",
    metadata,
    Column("id", PrefixedId(PREFIXES["operation"]), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("method", String(64), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("processor", String(40), nullable=False),
    Column("request", Json, nullable=False),
    Column("personal", Json),
    Column("asked", BigInteger, nullable=False),
    Column("status", Word(OperationStatus), nullable=False),
    Column("actor", String(220), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, default=db_clock()),
    Column("ended_at", UtcDateTime),
    Column("result_noun", String(32)),
    Column("result_ref", String(255)),
    Column("refusal", Json),
    one_of("status", OperationStatus),
)

IS_OPEN = operations.c.status == written(OperationStatus.OPEN)
Index(
    "uq_accrue_operations_open_subject",
    operations.c.subject,
    unique=True,
    postgresql_where=IS_OPEN,
    sqlite_where=IS_OPEN,
)
Index("ix_accrue_operations_subject", operations.c.subject, operations.c.method)
Index("ix_accrue_operations_status", operations.c.status, operations.c.lease_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRecord:
    """One operation as stored.

    ``request`` is what was sent, without its personal parts; those are in ``personal`` until the
    outcome is known. ``asked`` is the question's number, ``subject`` what only one open operation
    may be about.
    """

    id: str
    key: str
    method: str
    subject: str
    processor: str
    request: Mapping[str, Any]
    personal: Mapping[str, Any] | None = field(repr=False)
    asked: int
    status: OperationStatus
    actor: str
    attempts: int
    lease_until: datetime
    started_at: datetime
    ended_at: datetime | None
    result_noun: str | None
    result_ref: str | None
    refusal: Mapping[str, Any] | None

    @property
    def is_finished(self) -> bool:
        """Whether its outcome is known and final."""
        return self.status in FINISHED
