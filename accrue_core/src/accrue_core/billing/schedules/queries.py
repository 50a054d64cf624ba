"""Every read of schedules."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from accrue_core.billing.schedules.models import Schedule, schedules
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.errors import NotFound


def subject(id_: str) -> str:
    """Return the name that commands on one schedule hold."""
    return f"command:{id_}"


async def get(reading: Reading, id_: str) -> Schedule:
    """Return a schedule by our id, or ``NotFound``."""
    row = await reading.first(select(schedules).where(schedules.c.id == id_))
    if row is None:
        raise NotFound(f"no schedule {id_}")
    return to_row(Schedule, row)


async def hold(tx: Transaction, id_: str) -> Schedule:
    """Keep a schedule to this transaction and read it, or ``NotFound``."""
    await tx.hold([subject(id_)])
    return await get(tx, id_)


async def of_customers(
    reading: Reading, customer_ids: Sequence[str], *, limit: int
) -> list[Schedule]:
    """Return the newest schedules of customers, newest first."""
    statement = (
        select(schedules)
        .where(schedules.c.customer_id.in_(customer_ids))
        .order_by(schedules.c.id.desc())
        .limit(limit)
    )
    return [to_row(Schedule, row) for row in await reading.all(statement)]
