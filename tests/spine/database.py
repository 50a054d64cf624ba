"""A database as core uses it: engines and transactions, but no whole Accrue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from accrue_core.actors import SYSTEM
from accrue_core.app import MIRRORS
from accrue_core.db.engine import Engines
from accrue_core.db.transaction import Reading, Stamp, Transaction, reading, snapshot, transaction
from accrue_core.ids import TimeOrderedIds
from accrue_core.settings import Settings


class SetClock:
    """Business time that moves only when a test says so."""

    def __init__(self) -> None:
        self.moment = datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self.moment

    def advance(self, **units: float) -> None:
        """Move it."""
        self.moment += timedelta(**units)


@dataclass(slots=True)
class Spine:
    """The database as core uses it."""

    url: str
    engines: Engines
    clock: SetClock = field(default_factory=SetClock)
    announced: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """The settings that lead to this database."""
        return Settings(database_url=self.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is the embedded database."""
        return self.engines.is_sqlite

    def stamp(self) -> Stamp:
        """Return what a transaction is stamped with."""
        return Stamp(
            actor=SYSTEM,
            clock=self.clock,
            ids=TimeOrderedIds(),
            mirrors=MIRRORS,
            announce=self.announced.append,
        )

    def transaction(self, name: str = "test") -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction."""
        return transaction(self.engines, self.stamp(), name=name)

    def reading(self) -> AbstractAsyncContextManager[Reading]:
        """Open a reader."""
        return reading(self.engines)

    def snapshot(self) -> AbstractAsyncContextManager[Reading]:
        """Open a reader that sees one moment."""
        return snapshot(self.engines)

    async def rows(self, sql: str) -> list[Any]:
        """Run a query as it is written and return its rows."""
        async with self.engines.reading.connect() as connection:
            return [tuple(row) for row in await connection.exec_driver_sql(sql)]

    async def scalar(self, sql: str) -> Any:
        """Run a query as it is written and return the first column of its first row."""
        return (await self.rows(sql))[0][0]

    async def fail(self, act: Callable[[Transaction], Awaitable[object]]) -> None:
        """Do something in a transaction that then fails with a ``KeyError``."""
        async with self.transaction() as tx:
            await act(tx)
            raise KeyError("the transaction fails")

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[Transaction]:
        """Open a transaction that is rolled back in the end, whatever happens in it."""
        async with self.engines.writing.connect() as connection, connection.begin() as database:
            yield Transaction(connection, self.stamp())
            await database.rollback()
