"""Rows that are jobs: claimed under a lease, retried, and in the end done or dead.

The database is the queue. A claim marks rows as running until a moment of the database's clock;
whoever finds them after that moment may claim them again. Finishing a row needs the token of the
claim, so a process that was thought dead cannot finish what somebody else has taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    or_,
    select,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.sql.dml import ReturningUpdate

from accrue_core.db.columns import UtcDateTime, Word, one_of, written
from accrue_core.db.database_clock import db_clock
from accrue_core.db.rows import filled
from accrue_core.db.transaction import Reading, Transaction


class JobStatus(StrEnum):
    """Where a job row stands. ``waiting`` with attempts behind it has failed before."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


def lease_columns() -> list[Any]:
    """Return the columns and constraints that make a table's rows jobs."""
    return [
        Column("status", Word(JobStatus), nullable=False, default=JobStatus.WAITING),
        Column("attempts", Integer, nullable=False, default=0),
        Column("due_at", UtcDateTime, nullable=False, default=db_clock()),
        Column("lease_token", String(32)),
        Column("lease_until", UtcDateTime),
        Column("last_error", String(500)),
        one_of("status", JobStatus),
    ]


def due_index(table: Table, among: Column[Any] | None = None) -> Index:
    """Return the partial index that claims read: only rows with something left to do.

    A table whose rows are claimed ``among`` some values of a column names that column.
    """
    return Index(
        f"ix_{table.name}_due",
        *(() if among is None else (among,)),
        table.c.due_at,
        table.c.id,
        postgresql_where=_unfinished(table),
        sqlite_where=_unfinished(table),
    )


def _unfinished(table: Table) -> ColumnElement[bool]:
    return table.c.status.in_([written(JobStatus.WAITING), written(JobStatus.RUNNING)])


@dataclass(frozen=True, slots=True)
class Among:
    """Only rows with one of these values in a column are meant."""

    column: Column[Any]
    values: Sequence[str]


def _due(table: Table, column: Column[Any] | None) -> ColumnElement[bool]:
    # A row that is running was due when it was claimed, and stays due.
    is_free = or_(table.c.status == written(JobStatus.WAITING), table.c.lease_until <= db_clock())
    is_due = and_(_unfinished(table), table.c.due_at <= db_clock(), is_free)
    if column is None:
        return is_due
    return and_(is_due, column.in_(bindparam("among", expanding=True)))


def _named(among: Among | None) -> tuple[Column[Any] | None, dict[str, Any]]:
    return (None, {}) if among is None else (among.column, {"among": list(among.values)})


async def is_due(reading: Reading, table: Table, among: Among | None = None) -> bool:
    """Whether a claim would find anything; takes no lock."""
    column, named = _named(among)
    return await reading.scalar(due(table, column), named) is not None


@cache
def due(table: Table, column: Column[Any] | None = None) -> Select[Any]:
    """Return the question for one due row; with a column, it wants the values ``among``."""
    return select(table.c.id).where(_due(table, column)).limit(1)


async def claim(
    tx: Transaction,
    table: Table,
    *,
    token: str,
    limit: int,
    lease: timedelta,
    max_attempts: int,
    among: Among | None = None,
) -> Sequence[RowMapping]:
    """Take due rows, oldest first; each claim counts as an attempt.

    A row whose last lease ended without a word after ``max_attempts`` is buried instead: it may
    be what kills the process that runs it.
    """
    column, named = _named(among)
    given = {"most": limit, "new_token": token, "max_attempts": max_attempts, **named}
    rows = (await tx.execute(_claim(table, column, lease), given)).mappings().all()
    claimed = (row for row in rows if row["status"] == JobStatus.RUNNING)
    return sorted(claimed, key=lambda row: (row["due_at"], row["id"]))


@cache
def _claim(table: Table, column: Column[Any] | None, lease: timedelta) -> ReturningUpdate[Any]:
    chosen = (
        select(table.c.id)
        .where(_due(table, column))
        .order_by(table.c.due_at, table.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )
    # As a CTE it is read once: PostgreSQL may repeat a plain subquery, and skip past its own locks
    # to more rows than the limit.
    picked = chosen.cte("picked")
    worn_out = and_(
        table.c.status == JobStatus.RUNNING,
        table.c.attempts >= bindparam("max_attempts", type_=Integer),
    )
    token = bindparam("new_token", type_=String)
    return (
        update(table)
        .where(table.c.id.in_(select(picked.c.id)))
        .values(
            status=case((worn_out, JobStatus.DEAD.value), else_=JobStatus.RUNNING.value),
            attempts=table.c.attempts + case((worn_out, 0), else_=1),
            lease_token=case((worn_out, None), else_=token),
            lease_until=case((worn_out, None), else_=db_clock(lease)),
            last_error=case((worn_out, "its process ended, again and again"), else_=None),
        )
        .returning(table)
    )


@cache
def mine(table: Table) -> ColumnElement[bool]:
    """Return what is true of rows that a claim still holds; wants ``ids`` and ``token``."""
    return and_(
        table.c.id.in_(bindparam("ids", expanding=True)),
        table.c.lease_token == bindparam("token"),
        table.c.status == JobStatus.RUNNING,
    )


async def finish(tx: Transaction, table: Table, ids: Sequence[str], *, token: str) -> list[str]:
    """Mark rows as done, if they are still ours; return the ids that were."""
    if not ids:
        return []
    done = await tx.execute(_finish(table), {"ids": filled(ids), "token": token})
    return list(done.scalars())


@cache
def _finish(table: Table) -> ReturningUpdate[Any]:
    return (
        update(table)
        .where(mine(table))
        .values(status=JobStatus.DONE, lease_token=None, lease_until=None, last_error=None)
        .returning(table.c.id)
    )


async def postpone(
    tx: Transaction, table: Table, id_: str, *, token: str, wait: timedelta | None, error: str
) -> None:
    """Record a failure: try again after ``wait``, or bury the row when there is none."""
    statement = (
        update(table)
        .where(mine(table))
        .values(
            status=JobStatus.DEAD if wait is None else JobStatus.WAITING,
            due_at=db_clock(wait or timedelta(0)),
            lease_token=None,
            lease_until=None,
            last_error=error[:500],
        )
    )
    await tx.execute(statement, {"ids": [id_], "token": token})


async def revive(tx: Transaction, table: Table, ids: Sequence[str]) -> int:
    """Make rows due at once with all their attempts before them; return how many."""
    if not ids:
        return 0
    result = await tx.execute(
        update(table)
        .where(
            table.c.id.in_(ids),
            table.c.status.in_([JobStatus.DONE, JobStatus.DEAD, JobStatus.WAITING]),
        )
        .values(status=JobStatus.WAITING, attempts=0, due_at=db_clock(), last_error=None)
    )
    return result.rowcount
