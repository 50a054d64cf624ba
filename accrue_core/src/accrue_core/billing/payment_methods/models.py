"""Payment methods: what customers pay with, without the number."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from accrue_core.db.base import metadata
from accrue_core.db.columns import PrefixedId
from accrue_core.db.mirrored import mirrored_columns
from accrue_core.ids import PREFIXES

payment_methods = Table(
    "accrue_payment_methods",
    metadata,
    *mirrored_columns(PREFIXES["payment_method"]),
    Column("customer_id", PrefixedId(PREFIXES["customer"]), ForeignKey("accrue_customers.id")),
    Column("customer_ref", String(255)),
    Column("type", String(40), nullable=False),
    Column("brand", String(40)),
    Column("last4", String(4)),
    Column("exp_month", Integer),
    Column("exp_year", Integer),
    Column("fingerprint", String(255)),
    Index("ix_accrue_payment_methods_customer", "customer_id", "id"),
    Index("ix_accrue_payment_methods_unlinked", "processor", "customer_ref"),
)

PERSONAL = frozenset({"last4", "exp_month", "exp_year", "fingerprint"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """One payment method. Without a customer ref it has been detached."""

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
    customer_ref: str | None
    type: str
    brand: str | None
    last4: str | None = field(repr=False)
    exp_month: int | None = field(repr=False)
    exp_year: int | None = field(repr=False)
    fingerprint: str | None = field(repr=False)
