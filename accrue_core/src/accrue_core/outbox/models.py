"""Promises: rows that were committed together with the reason for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, String, Table, UniqueConstraint

from accrue_core.db.base import metadata
from accrue_core.db.columns import Json, PrefixedId, UtcDateTime
from accrue_core.db.database_clock import db_clock
from accrue_core.db.leases import JobStatus, due_index, lease_columns
from accrue_core.ids import PREFIXES

jobs = Table(
    "accrue_jobs",
    metadata,
    Column("id", PrefixedId(PREFIXES["job"]), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("dedupe_key", String(255)),
    Column("payload", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, default=db_clock()),
    *lease_columns(),
)
due_index(jobs)
Index("uq_accrue_jobs_dedupe_key", jobs.c.dedupe_key, unique=True)

handler_runs = Table(
    "accrue_handler_runs",
    metadata,
    Column("id", PrefixedId(PREFIXES["handler_run"]), primary_key=True),
    Column("handler", String(120), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, default=db_clock()),
    *lease_columns(),
    UniqueConstraint("handler", "subject"),
    Index("ix_accrue_handler_runs_subject", "subject", "id"),
    Index("ix_accrue_handler_runs_status", "status", "id"),
)
due_index(handler_runs, handler_runs.c.handler)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerRun:
    """One handler's work for one event: ``subject`` is a ledger entry's or a delivery's id."""

    id: str
    handler: str
    subject: str
    created_at: datetime
    status: JobStatus
    attempts: int
    due_at: datetime
    lease_token: str | None
    lease_until: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One promise: a job's name, what it needs, and its record of attempts.

    ``dedupe_key`` is held from the promise to the first claim: until then a second promise adds
    nothing, and one made while the job runs, or waits for another try, is kept as well.
    """

    id: str
    name: str
    dedupe_key: str | None
    payload: Mapping[str, Any]
    created_at: datetime
    status: JobStatus
    attempts: int
    due_at: datetime
    lease_token: str | None
    lease_until: datetime | None
    last_error: str | None
