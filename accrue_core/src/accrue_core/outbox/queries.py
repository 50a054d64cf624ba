"""Every read and write of promised jobs and handler runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accrue_core.db import leases
from accrue_core.db.base import to_row
from accrue_core.db.database_clock import db_clock
from accrue_core.db.leases import JobStatus
from accrue_core.db.rows import filled
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.ids import PREFIXES, to_text
from accrue_core.outbox.models import HandlerRun, Job, handler_runs, jobs

_ADD_SQLITE = sqlite.insert(jobs).on_conflict_do_nothing(index_elements=[jobs.c.dedupe_key])
_ADD_POSTGRESQL = postgresql.insert(jobs).on_conflict_do_nothing(index_elements=[jobs.c.dedupe_key])
_DROP_KEYS = (
    update(jobs).where(jobs.c.id.in_(bindparam("ids", expanding=True))).values(dedupe_key=None)
)
_DISCARD = delete(jobs).where(leases.mine(jobs))


async def add(
    tx: Transaction,
    id_: str,
    name: str,
    payload: Mapping[str, Any],
    dedupe_key: str | None,
    *,
    wait: timedelta = timedelta(0),
) -> None:
    """Insert a job unless one with its key is waiting."""
    insert = _ADD_SQLITE if tx.is_sqlite else _ADD_POSTGRESQL
    values = {"id": id_, "name": name, "payload": dict(payload), "dedupe_key": dedupe_key}
    if wait:
        await tx.execute(insert.values(**values, due_at=db_clock(wait)))
    else:
        await tx.execute(insert, [values])


async def claim(
    tx: Transaction, *, token: str, limit: int, lease: timedelta, max_attempts: int
) -> list[Job]:
    """Claim due jobs and drop their keys, so that new promises are not swallowed."""
    rows = await leases.claim(
        tx, jobs, token=token, limit=limit, lease=lease, max_attempts=max_attempts
    )
    keyed = [row["id"] for row in rows if row["dedupe_key"] is not None]
    if keyed:
        await tx.execute(_DROP_KEYS, {"ids": filled(keyed)})
    return [to_row(Job, row) for row in rows]


async def discard(tx: Transaction, ids: Sequence[str], *, token: str) -> None:
    """Delete jobs that are done, if they are still ours."""
    await tx.execute(_DISCARD, {"ids": filled(ids), "token": token})


async def postpone(
    tx: Transaction, id_: str, *, token: str, wait: timedelta | None, error: str
) -> None:
    """Record a failed attempt."""
    await leases.postpone(tx, jobs, id_, token=token, wait=wait, error=error)


async def count_dead(reading: Reading) -> int:
    """Count the jobs that were given up."""
    statement = select(func.count()).where(jobs.c.status == JobStatus.DEAD)
    return int(await reading.scalar(statement))


async def count_dead_runs(reading: Reading) -> int:
    """Count the handler runs that were given up."""
    statement = select(func.count()).where(handler_runs.c.status == JobStatus.DEAD)
    return int(await reading.scalar(statement))


async def revive_jobs(tx: Transaction, *, limit: int) -> int:
    """Make dead jobs due again; return how many."""
    chosen = select(jobs.c.id).where(jobs.c.status == JobStatus.DEAD).limit(limit)
    return await leases.revive(tx, jobs, [row["id"] for row in await tx.all(chosen)])


async def add_runs(tx: Transaction, runs: Sequence[tuple[str, str]]) -> None:
    """Add runs of handlers for subjects; those that exist already are left as they are."""
    if not runs:
        return
    insert = (sqlite if tx.is_sqlite else postgresql).insert(handler_runs)
    await tx.execute(
        insert.on_conflict_do_nothing(),
        [
            {
                "id": to_text(PREFIXES["handler_run"], tx.stamp.ids.new()),
                "handler": handler,
                "subject": subject,
            }
            for handler, subject in runs
        ],
    )
    tx.has_promised = True


async def is_run_due(reading: Reading, *, handlers: Sequence[str]) -> bool:
    """Whether one of these handlers has a run to claim."""
    return await leases.is_due(reading, handler_runs, _of(handlers))


async def claim_runs(
    tx: Transaction,
    *,
    handlers: Sequence[str],
    token: str,
    limit: int,
    lease: timedelta,
    max_attempts: int,
) -> list[HandlerRun]:
    """Claim due runs of the handlers that this process has."""
    rows = await leases.claim(
        tx,
        handler_runs,
        token=token,
        limit=limit,
        lease=lease,
        max_attempts=max_attempts,
        among=_of(handlers),
    )
    return [to_row(HandlerRun, row) for row in rows]


def _of(handlers: Sequence[str]) -> leases.Among:
    return leases.Among(handler_runs.c.handler, handlers)


async def finish_run(tx: Transaction, id_: str, *, token: str) -> None:
    """Record that a run is done, if it is still ours."""
    await leases.finish(tx, handler_runs, [id_], token=token)


async def postpone_run(
    tx: Transaction, id_: str, *, token: str, wait: timedelta | None, error: str
) -> None:
    """Record a failed run."""
    await leases.postpone(tx, handler_runs, id_, token=token, wait=wait, error=error)


async def runs_of(reading: Reading, subject: str) -> list[HandlerRun]:
    """Return the runs for one event, oldest first."""
    statement = (
        select(handler_runs).where(handler_runs.c.subject == subject).order_by(handler_runs.c.id)
    )
    return [to_row(HandlerRun, row) for row in await reading.all(statement)]


async def revive_runs(tx: Transaction, *, statuses: Sequence[JobStatus], limit: int) -> int:
    """Make finished runs due again."""
    chosen = select(handler_runs.c.id).where(handler_runs.c.status.in_(statuses)).limit(limit)
    ids = [row["id"] for row in await tx.all(chosen)]
    return await leases.revive(tx, handler_runs, ids)
