"""The database's clock as an SQL expression: what leases are measured by.

Processes may disagree about the time; the database they share does not disagree with itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Double, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from accrue_core.db.columns import UtcDateTime


class DatabaseClock(FunctionElement[datetime]):
    """The current moment of the database, shifted by a number of seconds."""

    name = "database_clock"
    type = UtcDateTime()
    inherit_cache = True


def db_clock(shift: timedelta = timedelta(0)) -> DatabaseClock:
    """Return the database's current moment, moved by ``shift``.

    Unmoved it has no parameters, so that it can stand as a default in an INSERT of many rows.
    """
    return DatabaseClock(literal(shift.total_seconds(), Double())) if shift else DatabaseClock()


@compiles(DatabaseClock, "postgresql")
def _postgresql(element: DatabaseClock, compiler: SQLCompiler, **kwargs: Any) -> str:
    if not element.clauses.clauses:
        return "clock_timestamp()"
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses)}))"


@compiles(DatabaseClock, "sqlite")
def _sqlite(element: DatabaseClock, compiler: SQLCompiler, **kwargs: Any) -> str:
    if not element.clauses.clauses:
        return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
    seconds = compiler.process(element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"
