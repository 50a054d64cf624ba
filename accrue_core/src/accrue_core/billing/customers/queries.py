"""Every read of customers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from accrue_core.billing.customers.models import Customer, customers
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading
from accrue_core.errors import NotFound
from accrue_core.owners import Owner

_BY_ID = select(customers).where(customers.c.id == bindparam("of_id"))
_OF_OWNER = (
    select(customers)
    .where(customers.c.owner_type == bindparam("type"), customers.c.owner_id == bindparam("of_id"))
    .order_by(customers.c.id)
)


def owner_hold(owner: Owner, processor: str) -> str:
    """Return the name that finding or creating an owner's customer holds."""
    return f"owner:{processor}:{owner}"


def subject(id_: str) -> str:
    """Return the name that commands on one customer hold."""
    return f"command:{id_}"


async def get(reading: Reading, id_: str) -> Customer:
    """Return a customer by our id, or ``NotFound``."""
    row = await reading.first(_BY_ID, {"of_id": id_})
    if row is None:
        raise NotFound(f"no customer {id_}")
    return to_row(Customer, row)


async def of_owner(
    reading: Reading, owner: Owner, *, processor: str | None = None, only_live: bool = True
) -> list[Customer]:
    """Return an owner's customers, oldest first, without those that are gone."""
    found = await reading.all(_OF_OWNER, {"type": owner.type, "of_id": owner.id})
    return [
        to_row(Customer, row)
        for row in found
        if (processor is None or row["processor"] == processor)
        and not (only_live and row["gone_at"] is not None)
    ]


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
