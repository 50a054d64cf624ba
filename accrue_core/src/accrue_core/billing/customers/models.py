"""Customers: owners as one processor knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, String, Table, Text, text

from accrue_core.db.base import metadata
from accrue_core.db.columns import Json
from accrue_core.db.mirrored import mirrored_columns
from accrue_core.ids import PREFIXES
from accrue_core.owners import Owner

customers = Table(
    "accrue_customers",
    metadata,
    *mirrored_columns(PREFIXES["customer"]),
    Column("owner_type", String(40)),
    Column("owner_id", String(200)),
    Column("name", Text),
    Column("email", Text),
    Column("currency", String(3)),
    Column("default_payment_method", String(255)),
    Column("moved_by", String(64)),
    Column("locale", String(35)),
    Column("timezone", String(64)),
    Column("tax_location", String(16), nullable=False, server_default="unknown"),
    Column("metadata", Json, nullable=False, server_default=text("'{}'")),
    Index("ix_accrue_customers_owner", "owner_type", "owner_id", "processor"),
    Index("ix_accrue_customers_email", "email"),
)

PERSONAL = frozenset({"name", "email", "metadata"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer. Without an owner it is an orphan: kept, and granting nothing.

    ``default_payment_method`` is a ref, ``moved_by`` the operation that last gave it to another
    owner. ``locale`` and ``timezone`` say how to show things, never when something falls due.
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
    owner_type: str | None
    owner_id: str | None
    name: str | None = field(repr=False)
    email: str | None = field(repr=False)
    currency: str | None
    default_payment_method: str | None
    moved_by: str | None
    locale: str | None
    timezone: str | None
    tax_location: str
    metadata: Mapping[str, Any] = field(repr=False)

    @property
    def owner(self) -> Owner | None:
        """Who it belongs to in the host, if anyone knows."""
        if self.owner_type is None or self.owner_id is None:
            return None
        return Owner(self.owner_type, self.owner_id)
