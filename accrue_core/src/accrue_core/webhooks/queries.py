"""Every read and write of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from accrue_core.db import leases
from accrue_core.db.base import to_row
from accrue_core.db.leases import JobStatus
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.webhooks.models import Arrival, Delivery, deliveries

_UNFINISHED = tuple(status for status in JobStatus if status != JobStatus.DONE)
_UNIQUE = [deliveries.c.processor, deliveries.c.event_ref]
_ADD_SQLITE = (
    sqlite.insert(deliveries)
    .on_conflict_do_nothing(index_elements=_UNIQUE)
    .returning(deliveries.c.id)
)
_ADD_POSTGRESQL = (
    postgresql.insert(deliveries)
    .on_conflict_do_nothing(index_elements=_UNIQUE)
    .returning(deliveries.c.id)
)


async def add(tx: Transaction, arrivals: Sequence[Arrival]) -> set[str]:
    """Write deliveries down; return the ids of those whose event had not been received before."""
    statement = _ADD_SQLITE if tx.is_sqlite else _ADD_POSTGRESQL
    rows = [
        {
            "id": arrival.id,
            "processor": arrival.processor,
            "event_ref": arrival.event.ref,
            "type": arrival.event.type,
            "noun": arrival.event.noun,
            "announces": arrival.event.announces,
            "object_ref": arrival.event.object_ref,
            "is_deletion": arrival.event.is_deletion,
            "livemode": arrival.event.livemode,
            "remote_at": arrival.event.created_at,
            "body": arrival.body,
        }
        for arrival in arrivals
    ]
    return set((await tx.execute(statement, rows)).scalars())


async def claim(
    tx: Transaction,
    *,
    processors: Sequence[str],
    token: str,
    limit: int,
    lease: timedelta,
    max_attempts: int,
) -> list[Delivery]:
    """Claim due deliveries of the processors that this process has, oldest first."""
    rows = await leases.claim(
        tx,
        deliveries,
        token=token,
        limit=limit,
        lease=lease,
        max_attempts=max_attempts,
        among=_of(processors),
    )
    return [to_row(Delivery, row) for row in rows]


def _of(processors: Sequence[str]) -> leases.Among:
    return leases.Among(deliveries.c.processor, processors)


async def finish(tx: Transaction, ids: Sequence[str], *, token: str) -> list[str]:
    """Record that deliveries are done; return those that were still ours."""
    return await leases.finish(tx, deliveries, ids, token=token)


async def postpone(
    tx: Transaction, id_: str, *, token: str, wait: timedelta | None, error: str
) -> None:
    """Record a failure: try again after ``wait``, or bury the delivery."""
    await leases.postpone(tx, deliveries, id_, token=token, wait=wait, error=error)


async def get(reading: Reading, id_: str) -> Delivery | None:
    """Return one delivery by our id."""
    row = await reading.first(select(deliveries).where(deliveries.c.id == id_))
    return None if row is None else to_row(Delivery, row)


async def listed(
    reading: Reading,
    *,
    status: JobStatus | None = None,
    before: str | None = None,
    limit: int,
) -> list[Delivery]:
    """Return deliveries, newest first."""
    statement = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
    if status is not None:
        statement = statement.where(deliveries.c.status == status)
    if before is not None:
        statement = statement.where(deliveries.c.id < before)
    return [to_row(Delivery, row) for row in await reading.all(statement)]


async def replay(tx: Transaction, ids: Sequence[str]) -> int:
    """Make deliveries due again; return how many."""
    tx.has_promised = True
    return await leases.revive(tx, deliveries, ids)


async def counts(reading: Reading) -> dict[JobStatus, int]:
    """Count the deliveries that are not done, by status."""
    statement = (
        select(deliveries.c.status, func.count().label("number"))
        .where(deliveries.c.status.in_(_UNFINISHED))
        .group_by(deliveries.c.status)
    )
    return {row["status"]: row["number"] for row in await reading.all(statement)}


async def about(
    reading: Reading, processor: str, object_ref: str, *, before: str | None = None, limit: int
) -> list[Delivery]:
    """Return the deliveries that point at one thing of a processor, newest first."""
    statement = (
        select(deliveries)
        .where(deliveries.c.processor == processor, deliveries.c.object_ref == object_ref)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(deliveries.c.id < before)
    return [to_row(Delivery, row) for row in await reading.all(statement)]


async def announcing(reading: Reading, processors: Sequence[str], event_ref: str) -> list[Delivery]:
    """Return the deliveries of an event, going by its ref: at most one for each processor."""
    statement = select(deliveries).where(
        deliveries.c.processor.in_(processors), deliveries.c.event_ref == event_ref
    )
    return [to_row(Delivery, row) for row in await reading.all(statement)]


async def oldest_waiting(reading: Reading) -> Delivery | None:
    """Return the waiting delivery that was received first."""
    statement = (
        select(deliveries)
        .where(deliveries.c.status == JobStatus.WAITING)
        .order_by(deliveries.c.id)
        .limit(1)
    )
    row = await reading.first(statement)
    return None if row is None else to_row(Delivery, row)


async def backlog(reading: Reading, *, up_to: int) -> dict[str, int]:
    """Count the deliveries that are not done, by status, and stop counting at ``up_to``."""
    bounded = [
        select(literal(1)).where(deliveries.c.status == status).limit(up_to).subquery()
        for status in _UNFINISHED
    ]
    statement = union_all(
        *(
            select(literal(status.value).label("status"), func.count().label("number")).select_from(
                some
            )
            for status, some in zip(_UNFINISHED, bounded, strict=True)
        )
    )
    return {row["status"]: int(row["number"]) for row in await reading.all(statement)}
