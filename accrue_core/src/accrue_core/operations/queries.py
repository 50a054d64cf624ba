"""Every read and write of operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.sql.dml import ReturningInsert

from accrue_core.db.base import to_row
from accrue_core.db.database_clock import db_clock
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.operations.models import (
    IS_OPEN,
    OperationRecord,
    OperationStatus,
    operations,
)

_UNFINISHED = (OperationStatus.OPEN, OperationStatus.RELEASED, OperationStatus.STUCK)

_GIVEN = ("id", "key", "method", "subject", "processor", "request", "personal", "asked", "actor")
_BY_KEY = select(operations).where(operations.c.key == bindparam("of_key"))
_BY_KEY_LOCKED = _BY_KEY.with_for_update()
_BY_ID = select(operations).where(operations.c.id == bindparam("of_id"))
_BY_ID_LOCKED = _BY_ID.with_for_update()
_OPEN_ON = select(operations).where(operations.c.subject == bindparam("of_subject"), IS_OPEN)
_STANDING = (
    select(operations)
    .where(
        or_(
            operations.c.key == bindparam("of_key"),
            and_(
                operations.c.subject == bindparam("of_subject"),
                IS_OPEN,
            ),
        )
    )
    .with_for_update()
)
_is_expired = and_(IS_OPEN, operations.c.lease_until <= db_clock())
_EXPIRED = (
    select(operations)
    .where(_is_expired)
    .order_by(operations.c.lease_until)
    .limit(bindparam("most", type_=Integer))
)
_END = (
    update(operations)
    .where(operations.c.id == bindparam("of_id"), operations.c.status.in_(_UNFINISHED))
    .values(
        status=bindparam("new_status"),
        ended_at=db_clock(),
        personal=None,
        result_noun=bindparam("noun"),
        result_ref=bindparam("ref"),
        refusal=bindparam("why"),
    )
)


def _record(row: RowMapping | None) -> OperationRecord | None:
    return None if row is None else to_row(OperationRecord, row)


async def by_key(reading: Reading, key: str) -> OperationRecord | None:
    """Return the operation of this key; inside a transaction its row is locked."""
    statement = _BY_KEY_LOCKED if isinstance(reading, Transaction) else _BY_KEY
    return _record(await reading.first(statement, {"of_key": key}))


async def by_id(reading: Reading, id_: str) -> OperationRecord | None:
    """Return an operation by our id; inside a transaction its row is locked."""
    statement = _BY_ID_LOCKED if isinstance(reading, Transaction) else _BY_ID
    return _record(await reading.first(statement, {"of_id": id_}))


async def lock(tx: Transaction, id_: str) -> None:
    """Lock an operation's row. On SQLite the writer is alone anyway."""
    if not tx.is_sqlite:
        await tx.execute(_BY_ID_LOCKED, {"of_id": id_})


async def standing(
    tx: Transaction, key: str | None, subject: str
) -> tuple[OperationRecord | None, OperationRecord | None]:
    """Return the operation of a key, and another one that is open on the subject; both locked."""
    found = await tx.all(_STANDING, {"of_key": key, "of_subject": subject})
    records = [to_row(OperationRecord, row) for row in found]
    known = next((one for one in records if key is not None and one.key == key), None)
    return known, next((one for one in records if one is not known), None)


async def is_expired(reading: Reading, id_: str) -> bool:
    """Whether an operation is open and nobody holds its lease."""
    statement = select(operations.c.id).where(
        operations.c.id == id_,
        IS_OPEN,
        operations.c.lease_until <= db_clock(),
    )
    return await reading.scalar(statement) is not None


async def open_on(reading: Reading, subject: str) -> OperationRecord | None:
    """Return the open operation on a subject, if there is one."""
    return _record(await reading.first(_OPEN_ON, {"of_subject": subject}))


async def add(tx: Transaction, values: Mapping[str, Any], *, lease: timedelta) -> OperationRecord:
    """Insert an open operation under a lease."""
    added = await tx.execute(_add(lease), values)
    return to_row(OperationRecord, added.mappings().one())


@cache
def _add(lease: timedelta) -> ReturningInsert[Any]:
    fixed = {"status": OperationStatus.OPEN, "attempts": 1}
    given: dict[str, Any] = {name: bindparam(name) for name in _GIVEN}
    times = {"lease_until": db_clock(lease), "started_at": db_clock()}
    return insert(operations).values({**given, **fixed, **times}).returning(operations)


async def take(tx: Transaction, id_: str, *, lease: timedelta) -> OperationRecord:
    """Renew the lease of an operation and open it again if it was released."""
    statement = (
        update(operations)
        .where(operations.c.id == id_)
        .values(
            status=OperationStatus.OPEN,
            attempts=case(
                (operations.c.status == OperationStatus.RELEASED, 1),
                else_=operations.c.attempts + 1,
            ),
            lease_until=db_clock(lease),
        )
        .returning(operations)
    )
    return to_row(OperationRecord, (await tx.execute(statement)).mappings().one())


async def take_expired(tx: Transaction, id_: str, *, lease: timedelta) -> OperationRecord | None:
    """Take over an open operation whose lease has ended; ``None`` when it has not."""
    statement = (
        update(operations)
        .where(
            operations.c.id == id_,
            IS_OPEN,
            operations.c.lease_until <= db_clock(),
        )
        .values(attempts=operations.c.attempts + 1, lease_until=db_clock(lease))
        .returning(operations)
    )
    return _record((await tx.execute(statement)).mappings().first())


async def end(
    tx: Transaction,
    id_: str,
    status: OperationStatus,
    *,
    noun: str | None = None,
    ref: str | None = None,
    refusal: Mapping[str, Any] | None = None,
) -> None:
    """Record the outcome of an unfinished operation and forget the personal parts."""
    values = {"of_id": id_, "new_status": status, "noun": noun, "ref": ref, "why": refusal}
    await tx.execute(_END, [values])


async def release(tx: Transaction, record: OperationRecord) -> None:
    """Record that the processor was certainly not asked, if nobody but us has tried to.

    After an earlier attempt with an unknown outcome, "not asked" says only that this attempt had
    no effect: the operation stays open then.
    """
    await tx.execute(
        update(operations)
        .where(
            operations.c.id == record.id,
            IS_OPEN,
            operations.c.attempts == 1,
            literal(record.attempts) == 1,
        )
        .values(status=OperationStatus.RELEASED, lease_until=db_clock())
    )


async def postpone(tx: Transaction, id_: str, *, wait: timedelta) -> None:
    """Leave an open operation alone for a while."""
    await tx.execute(
        update(operations).where(operations.c.id == id_, IS_OPEN).values(lease_until=db_clock(wait))
    )


async def expired(reading: Reading, *, limit: int) -> list[OperationRecord]:
    """Return open operations whose lease has ended, oldest first."""
    found = await reading.all(_EXPIRED, {"most": limit})
    return [to_row(OperationRecord, row) for row in found]


async def abandon_released(tx: Transaction, *, older_than: timedelta) -> int:
    """Give up released operations that nobody came back for."""
    result = await tx.execute(
        update(operations)
        .where(
            operations.c.status == OperationStatus.RELEASED,
            operations.c.lease_until <= db_clock(-older_than),
        )
        .values(status=OperationStatus.ABANDONED, ended_at=db_clock(), personal=None)
    )
    return result.rowcount


def one_expired() -> Select[Any]:
    """Return the question for one operation that ``expired`` would return."""
    return select(operations.c.id).where(_is_expired).limit(1)


def one_released(*, older_than: timedelta) -> Select[Any]:
    """Return the question for one operation that ``abandon_released`` would give up."""
    is_old = operations.c.lease_until <= db_clock(-older_than)
    is_released = operations.c.status == OperationStatus.RELEASED
    return select(operations.c.id).where(is_released, is_old).limit(1)


async def ended_on(reading: Reading, subject: str, method: str) -> int:
    """Count the operations of a method on a subject whose outcome is known."""
    statement = select(func.count()).where(
        operations.c.subject == subject,
        operations.c.method == method,
        operations.c.status.not_in(_UNFINISHED),
    )
    return int(await reading.scalar(statement))


async def open_by(reading: Reading, *, method: str, processor: str) -> list[OperationRecord]:
    """Return the open operations of a method at a processor."""
    statement = select(operations).where(
        IS_OPEN,
        operations.c.method == method,
        operations.c.processor == processor,
    )
    return [to_row(OperationRecord, row) for row in await reading.all(statement)]


async def count(reading: Reading, status: OperationStatus) -> int:
    """Count the operations of a status."""
    statement = select(func.count()).where(operations.c.status == status)
    return int(await reading.scalar(statement))


async def listed(
    reading: Reading, *, statuses: Sequence[OperationStatus], limit: int
) -> list[OperationRecord]:
    """Return operations in these statuses, newest first."""
    statement = (
        select(operations)
        .where(operations.c.status.in_(statuses))
        .order_by(operations.c.id.desc())
        .limit(limit)
    )
    return [to_row(OperationRecord, row) for row in await reading.all(statement)]
