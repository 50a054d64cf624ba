"""Deliveries: webhooks as they were received, each its own job."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Boolean, Column, Index, LargeBinary, String, Table, UniqueConstraint

from accrue_core.contracts.events import ProcessorEvent
from accrue_core.db.base import metadata
from accrue_core.db.columns import PrefixedId, UtcDateTime
from accrue_core.db.database_clock import db_clock
from accrue_core.db.leases import JobStatus, due_index, lease_columns
from accrue_core.ids import PREFIXES

deliveries = Table(
    "accrue_webhook_deliveries",
    metadata,
    Column("id", PrefixedId(PREFIXES["delivery"]), primary_key=True),
    Column("processor", String(40), nullable=False),
    Column("event_ref", String(255), nullable=False),
    Column("type", String(120), nullable=False),
    Column("noun", String(40)),
    Column("object_ref", String(255)),
    Column("is_deletion", Boolean, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("announces", String(40)),
    Column("remote_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False, default=db_clock()),
    Column("body", LargeBinary, nullable=False),
    *lease_columns(),
    UniqueConstraint("processor", "event_ref"),
    Index("ix_accrue_webhook_deliveries_status", "status", "id"),
    Index("ix_accrue_webhook_deliveries_object", "processor", "object_ref", "id"),
)
due_index(deliveries, deliveries.c.processor)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified webhook under the id it will have as a delivery."""

    id: str
    processor: str
    event: ProcessorEvent
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One received webhook. ``body`` is the signed bytes, which may hold personal data."""

    id: str
    processor: str
    event_ref: str
    type: str
    noun: str | None
    object_ref: str | None
    is_deletion: bool
    livemode: bool
    announces: str | None
    remote_at: datetime | None
    received_at: datetime
    body: bytes = field(repr=False)
    status: JobStatus
    attempts: int
    due_at: datetime
    lease_token: str | None
    lease_until: datetime | None
    last_error: str | None
