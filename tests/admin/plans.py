"""Which statements were run, and how PostgreSQL would find their rows in a table without end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from accrue_core.db.engine import Engines

_LONG_TABLES = (
    # On tables as small as a test's, reading all of it is always cheapest. With these, PostgreSQL
    # does so only where no index serves.
    "SET enable_seqscan = off",
    "SET enable_sort = off",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it reached the driver."""

    text: str
    parameters: Any


@contextmanager
def recorded(engines: Engines) -> Iterator[list[Statement]]:
    """Collect what is read while the block lasts."""
    statements: list[Statement] = []

    def note(_c: Any, _u: Any, text: str, parameters: Any, _x: Any, _m: Any) -> None:
        statements.append(Statement(text, parameters))

    engine = engines.reading.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def plan_nodes(engines: Engines, statement: Statement) -> list[dict[str, Any]]:
    """Return all nodes of the plan that PostgreSQL would make for a long table."""
    async with engines.reading.connect() as connection:
        for setting in _LONG_TABLES:
            await connection.exec_driver_sql(setting)
        explained = await connection.exec_driver_sql(
            f"EXPLAIN (FORMAT JSON) {statement.text}", statement.parameters
        )
        answer = explained.scalar_one()
        for name in ("enable_seqscan", "enable_sort"):
            await connection.exec_driver_sql(f"RESET {name}")
    (top,) = json.loads(answer) if isinstance(answer, str) else answer
    return list(_flat(top["Plan"]))


def _flat(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _flat(child)


async def scanned(engines: Engines, statements: list[Statement]) -> list[str]:
    """Return the tables that would be read from end to end, with the statement."""
    return [
        f"{node['Relation Name']}: {statement.text}"
        for statement in statements
        if statement.text.lstrip().upper().startswith(("SELECT", "WITH"))
        for node in await plan_nodes(engines, statement)
        if node["Node Type"] == "Seq Scan"
    ]
