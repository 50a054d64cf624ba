"""No statement of a running business reads a table from one end to the other.

Tables grow for years while what is asked for stays small, so every look-up must have an index that
the database can see to be the right one. The plans are asked for after the business has lived.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from accrue_core.outbox import queries as outbox
from accrue_core.webhooks import queries as deliveries
from tests.services.lanes import on_postgres, on_sqlite
from tests.simulation.firm import Firm

Asked = dict[str, Any]
MARK = "ours"
PLANNED = ("SELECT", "WITH", "UPDATE", "DELETE")
SMALL = re.compile(r"USING INDEX (ix_\w+_due|uq_\w+_open_subject)\b|SCAN accrue_ledger_heads\b")
WHOLE = re.compile(r"SCAN accrue_\w+|SEARCH accrue_\w+ USING .*\((processor|handler)=\?\)")


@pytest.fixture
def asked() -> Iterator[Asked]:
    """Collect the statements that run, one of each text, with its parameters."""
    statements: Asked = {}

    def collect(_c: Any, _cursor: Any, sql: str, given: Any, _x: Any, many: bool) -> None:
        if sql.lstrip().startswith(PLANNED):
            statements.setdefault(sql, given[0] if many else given)

    event.listen(Engine, "before_cursor_execute", collect)
    yield statements
    event.remove(Engine, "before_cursor_execute", collect)


async def live(opened: Firm, asked: Asked) -> Asked:
    """Let some months pass, without the audits, which read everything."""
    simulation = opened.simulation(customers=25, months=4, seed=5)
    for _ in range(4):
        await simulation.live_a_month()
        await simulation.come_to_rest()
    await look_after(opened)
    collected = dict(asked)
    assert len(collected) > 60, "hardly anything ran"
    return collected


async def look_after(opened: Firm) -> None:
    """Ask what operators and handlers ask, and verify the ledger.

    That reads all of it, in blocks, and the head of every chain: only a block is looked for.
    """
    billing = opened.accrue.billing
    assert (await billing.verify_ledger()).is_intact
    async with billing.transaction("handlers") as tx:
        await outbox.claim_runs(
            tx, handlers=["hears"], token=MARK, limit=9, lease=timedelta(1), max_attempts=3
        )
    async with billing.reading() as reading:
        await outbox.is_run_due(reading, handlers=["hears"])
        await outbox.runs_of(reading, "evt")
        await outbox.count_dead_runs(reading)
        await deliveries.counts(reading)
        await deliveries.backlog(reading, up_to=9)


@on_sqlite
async def test_sqlite_finds_every_row_by_an_index(opened: Firm, asked: Asked) -> None:
    whole = []
    collected = await live(opened, asked)
    async with opened.accrue.billing.reading() as reading:
        for sql, given in collected.items():
            plan = await reading.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
            steps = [row["detail"] for row in plan.mappings()]
            whole += [
                f"{step}: {sql}" for step in steps if WHOLE.match(step) and not SMALL.search(step)
            ]
    assert not whole, "\n\n".join(whole)


@on_postgres
async def test_postgresql_can_find_every_row_by_an_index(opened: Firm, asked: Asked) -> None:
    """What is planned once for all parameters must be served by the partial indexes, too."""
    whole = []
    collected = await live(opened, asked)
    async with opened.accrue.billing.reading() as reading:
        raw = await reading.connection.get_raw_connection()
        driver: Any = raw.driver_connection
        await driver.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        for place, sql in enumerate(collected):
            await driver.execute(f"PREPARE asked_{place} AS {sql}")
            wanted = max((int(number) for number in re.findall(r"\$(\d+)", sql)), default=0)
            given = f"({', '.join(['NULL'] * wanted)})" if wanted else ""
            plan = await driver.fetch(f"EXPLAIN (COSTS OFF) EXECUTE asked_{place}{given}")
            whole += [f"{row[0]}: {sql}" for row in plan if "Seq Scan on accrue_" in row[0]]
        await driver.execute("DEALLOCATE ALL; RESET ALL")
    assert not whole, "\n\n".join(whole)
