"""Every read of checkout sessions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from accrue_core.billing.checkout.models import CheckoutSession, checkout_sessions
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading


async def of_customers(
    reading: Reading, customer_ids: Sequence[str], *, limit: int
) -> list[CheckoutSession]:
    """Return the newest checkout sessions of customers, newest first."""
    statement = (
        select(checkout_sessions)
        .where(checkout_sessions.c.customer_id.in_(customer_ids))
        .order_by(checkout_sessions.c.id.desc())
        .limit(limit)
    )
    return [to_row(CheckoutSession, row) for row in await reading.all(statement)]


async def by_ref(
    reading: Reading, customers: Sequence[tuple[str, str]], ref: str
) -> CheckoutSession | None:
    """Return the session with this ref if it belongs to one of these customers.

    ``customers`` are pairs of processor and our id: a ref alone names nothing.
    """
    if not customers:
        return None
    of_these = or_(
        *(
            (checkout_sessions.c.processor == processor)
            & (checkout_sessions.c.customer_id == customer_id)
            for processor, customer_id in customers
        )
    )
    statement = select(checkout_sessions).where(checkout_sessions.c.ref == ref, of_these)
    row = await reading.first(statement)
    return None if row is None else to_row(CheckoutSession, row)


async def by_id(reading: Reading, customer_ids: Sequence[str], id_: str) -> CheckoutSession | None:
    """Return the session with our id if it belongs to one of these customers."""
    statement = select(checkout_sessions).where(
        checkout_sessions.c.id == id_, checkout_sessions.c.customer_id.in_(customer_ids)
    )
    row = await reading.first(statement)
    return None if row is None else to_row(CheckoutSession, row)
