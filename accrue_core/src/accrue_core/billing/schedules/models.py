"""Schedules: what a subscription will be for, phase after phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, String, Table

from accrue_core.billing.schedules.lifecycle import ENDED
from accrue_core.contracts.schedules import ScheduleStatus
from accrue_core.db.base import metadata
from accrue_core.db.columns import Json, PrefixedId, UtcDateTime, Word
from accrue_core.db.mirrored import mirrored_columns
from accrue_core.ids import PREFIXES

schedules = Table(
    "accrue_schedules",
    metadata,
    *mirrored_columns(PREFIXES["schedule"]),
    Column("customer_id", PrefixedId(PREFIXES["customer"]), ForeignKey("accrue_customers.id")),
    Column("customer_ref", String(255), nullable=False),
    Column(
        "subscription_id",
        PrefixedId(PREFIXES["subscription"]),
        ForeignKey("accrue_subscriptions.id"),
    ),
    Column("subscription_ref", String(255)),
    Column("status", Word(ScheduleStatus), nullable=False),
    Column("end_behavior", String(16), nullable=False),
    Column("phases", Json, nullable=False),
    Column("current_phase_start", UtcDateTime),
    Column("current_phase_end", UtcDateTime),
    Column("released_at", UtcDateTime),
    Column("canceled_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("metadata", Json, nullable=False),
    Index("ix_accrue_schedules_customer", "customer_id", "id"),
    Index("ix_accrue_schedules_subscription", "subscription_id"),
    Index("ix_accrue_schedules_unlinked", "processor", "customer_ref"),
    Index("ix_accrue_schedules_without_subscription", "processor", "subscription_ref"),
)

PERSONAL = frozenset({"metadata"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePhase:
    """One phase of a schedule; ``items`` are pairs of a price's ref and a quantity."""

    items: tuple[tuple[str, int], ...]
    starts_at: datetime
    ends_at: datetime
    proration: str
    is_trial: bool
    coupon: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule as its processor last described it.

    ``phases`` is stored as plain values; ``planned`` reads it.
    """

    id: str
    processor: str
    ref: str
    remote_at: datetime | None
    unreadable: str | None
    gone_at: datetime | None
    seen: int
    created_at: datetime
    updated_at: datetime
    customer_id: str | None
    customer_ref: str
    subscription_id: str | None
    subscription_ref: str | None
    status: ScheduleStatus
    end_behavior: str
    phases: Sequence[Mapping[str, Any]]
    current_phase_start: datetime | None
    current_phase_end: datetime | None
    released_at: datetime | None
    canceled_at: datetime | None
    completed_at: datetime | None
    metadata: Mapping[str, Any] = field(repr=False)

    @property
    def planned(self) -> tuple[SchedulePhase, ...]:
        """All of its phases, past ones included, in order."""
        return tuple(
            SchedulePhase(
                items=tuple((item["price"], item["quantity"]) for item in phase["items"]),
                starts_at=datetime.fromisoformat(phase["starts_at"]),
                ends_at=datetime.fromisoformat(phase["ends_at"]),
                proration=phase["proration"],
                is_trial=phase["is_trial"],
                coupon=phase["coupon"],
            )
            for phase in self.phases
        )

    @property
    def current_phase(self) -> int | None:
        """The place of the running phase, from 0, if one runs."""
        starts = [phase.starts_at for phase in self.planned]
        return (
            starts.index(self.current_phase_start) if self.current_phase_start in starts else None
        )

    @property
    def next_phase_at(self) -> datetime | None:
        """When the next phase begins; ``None`` in the last one and when it is over."""
        if self.is_over:
            return None
        starts = [phase.starts_at for phase in self.planned]
        if self.current_phase_end is None:
            return starts[0] if starts else None
        return self.current_phase_end if self.current_phase_end in starts else None

    @property
    def is_over(self) -> bool:
        """Whether it drives nothing any more."""
        return self.status in ENDED


PREDICATES: Mapping[str, ColumnElement[bool]] = {
    "is_over": schedules.c.status.in_(sorted(ENDED)),
}
"""What a row says of itself, for the database."""
