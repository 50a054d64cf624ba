"""What the database and the processor hold, counted; and the database's own time, pushed on.

Leases and waits are measured by the database's clock, which a test cannot move. It moves the rows
instead: what would fall due within a year falls due at once.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import Executable, func, select, update

from accrue_core.contracts.processor import REQUESTS
from accrue_core.db.base import metadata
from accrue_core.db.database_clock import db_clock
from accrue_core.db.leases import JobStatus
from accrue_core.operations.models import OperationRecord, OperationStatus, operations
from accrue_core.outbox.models import handler_runs, jobs
from accrue_core.webhooks.models import deliveries
from tests.stage import Stage

COUNTERS = {"accrue_counters"}


async def run(stage: Stage, *statements: Executable) -> None:
    """Execute statements behind Accrue's back."""
    engines = stage.accrue.runtime.engines()
    async with engines.writing.begin() as connection:
        for statement in statements:
            await connection.execute(statement)


async def rows(stage: Stage, statement: Executable) -> list[Any]:
    """Return the rows of a statement as mappings."""
    async with stage.billing.reading() as reading:
        return list(await reading.all(statement))


async def counted(stage: Stage) -> dict[str, int]:
    """Return how many rows every table has."""
    found = {}
    async with stage.billing.reading() as reading:
        for name, table in sorted(metadata.tables.items()):
            if name not in COUNTERS:
                found[name] = int(await reading.scalar(select(func.count()).select_from(table)))
    return found


def asked(stage: Stage) -> Counter[str]:
    """Return how often the processor was asked anything."""
    return Counter(stage.processor.backend.calls)


def changes(stage: Stage) -> Counter[str]:
    """Return how often the processor was asked to change something."""
    return Counter({call: n for call, n in asked(stage).items() if call in REQUESTS})


async def let_leases_end(stage: Stage) -> None:
    """Let every lease of an open operation end now."""
    await run(
        stage,
        update(operations)
        .where(operations.c.status == OperationStatus.OPEN)
        .values(lease_until=db_clock(timedelta(seconds=-1))),
    )


async def make_older(stage: Stage, by: timedelta) -> None:
    """Let unfinished operations have begun so much earlier, and their leases have ended."""
    seconds = timedelta(0) - by
    for record in await unfinished(stage):
        await run(
            stage,
            update(operations)
            .where(operations.c.id == record.id)
            .values(started_at=db_clock(seconds), lease_until=db_clock(seconds)),
        )


async def hurry(stage: Stage) -> None:
    """Let everything that waits to be tried again fall due now."""
    await run(
        stage,
        *(
            update(table)
            .where(table.c.status == JobStatus.WAITING)
            .values(due_at=db_clock(timedelta(seconds=-1)))
            for table in (deliveries, jobs, handler_runs)
        ),
    )


async def settle_hurried(stage: Stage, *, rounds: int = 20) -> None:
    """Deliver and work until nothing is left, without waiting for anything."""
    for _ in range(rounds):
        await hurry(stage)
        delivered = await stage.deliver()
        if not delivered and not await stage.accrue.work.drain():
            return
    raise AssertionError("work never ends")


async def unfinished(stage: Stage) -> list[OperationRecord]:
    """Return the operations whose outcome is not known."""
    return await stage.billing.open_operations()


async def all_operations(stage: Stage) -> list[OperationRecord]:
    """Return every operation, oldest first."""
    found = [
        record
        for status in OperationStatus
        for record in await stage.billing.open_operations(status=status.value, limit=500)
    ]
    return sorted(found, key=lambda record: record.id)


async def statuses(stage: Stage) -> list[tuple[str, str]]:
    """Return what was asked and how it stands, oldest first."""
    return [(record.method, record.status.value) for record in await all_operations(stage)]
