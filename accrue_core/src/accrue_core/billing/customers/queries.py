"""Every read of customers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from accrue_core.billing.customers.models import Customer, customers
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading
from accrue_core.errors import NotFound
from accrue_core.owners import Owner


def owner_hold(owner: Owner, processor: str) -> str:
    """Return the name that finding or creating an owner's customer holds."""
    return f"owner:{processor}:{owner}"


def subject(id_: str) -> str:
    """Return the name that commands on one customer hold."""
    return f"command:{id_}"


async def get(reading: Reading, id_: str) -> Customer:
    """Return a customer by our id, or ``NotFound``."""
    row = await reading.first(select(customers).where(customers.c.id == id_))
    if row is None:
        raise NotFound(f"no customer {id_}")
    return to_row(Customer, row)


async def of_owner(
    reading: Reading, owner: Owner, *, processor: str | None = None, only_live: bool = True
) -> list[Customer]:
    """Return an owner's customers, oldest first, without those that are gone."""
    statement = (
        select(customers)
        .where(customers.c.owner_type == owner.type, customers.c.owner_id == owner.id)
        .order_by(customers.c.id)
    )
    if processor is not None:
        statement = statement.where(customers.c.processor == processor)
    if only_live:
        statement = statement.where(customers.c.gone_at.is_(None))
    return [to_row(Customer, row) for row in await reading.all(statement)]


async def listed(reading: Reading, *, before: str | None = None, limit: int) -> list[Customer]:
    """Return customers, newest first, older than customer ``before``."""
    statement = select(customers).order_by(customers.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(customers.c.id < before)
    return [to_row(Customer, row) for row in await reading.all(statement)]


async def by_ids(reading: Reading, ids: Sequence[str]) -> dict[str, Customer]:
    """Return customers by our ids; those that are not there are left out."""
    if not ids:
        return {}
    statement = select(customers).where(customers.c.id.in_(ids))
    return {row["id"]: to_row(Customer, row) for row in await reading.all(statement)}


async def with_ref(reading: Reading, processors: Sequence[str], ref: str) -> list[Customer]:
    """Return the customers that these processors know under a ref: at most one for each."""
    statement = (
        select(customers)
        .where(customers.c.processor.in_(processors), customers.c.ref == ref)
        .order_by(customers.c.id)
    )
    return [to_row(Customer, row) for row in await reading.all(statement)]


async def with_email(reading: Reading, emails: Sequence[str], *, limit: int) -> list[Customer]:
    """Return some customers with one of these addresses, written exactly so."""
    statement = select(customers).where(customers.c.email.in_(emails)).limit(limit)
    return [to_row(Customer, row) for row in await reading.all(statement)]
