"""Every read of payment methods."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from accrue_core.billing.payment_methods.models import PaymentMethod, payment_methods
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading


async def of_customers(reading: Reading, customer_ids: Sequence[str]) -> list[PaymentMethod]:
    """Return what customers pay with, newest first."""
    statement = (
        select(payment_methods)
        .where(payment_methods.c.customer_id.in_(customer_ids), payment_methods.c.gone_at.is_(None))
        .order_by(payment_methods.c.id.desc())
    )
    return [to_row(PaymentMethod, row) for row in await reading.all(statement)]
