"""Transactions: the only place where anything is written."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import CursorResult, RowMapping
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from accrue_core.actors import Actor
from accrue_core.clock import Clock
from accrue_core.db.database_clock import db_clock
from accrue_core.db.engine import Engines
from accrue_core.errors import CalledInsideTransaction, DatabaseUnavailable
from accrue_core.ids import IdSource

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Announce = Callable[[str], None]

_open: ContextVar[bool] = ContextVar("accrue_transaction_open", default=False)

_HOLD = select(func.pg_advisory_xact_lock(func.unnest(bindparam("keys", type_=ARRAY(BigInteger)))))


class Reading:
    """A connection to read from: every statement sees what is committed when it starts."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def all(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]:
        """Return all rows as mappings."""
        return (await self.connection.execute(statement, parameters)).mappings().all()

    async def first(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> RowMapping | None:
        """Return the first row as a mapping, or ``None``."""
        return (await self.connection.execute(statement, parameters)).mappings().first()

    async def scalar(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the first column of the first row, or ``None``."""
        return await self.connection.scalar(statement, parameters)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, and with what clock and ids: the same for a whole transaction."""

    actor: Actor
    clock: Clock
    ids: IdSource
    mirrors: Any
    announce: Announce


class Transaction(Reading):
    """One open transaction of the writer.

    Locks are taken in one order everywhere: holds (all of them at once, sorted), the operation's
    row, mirrored rows, deliveries and jobs, and last the heads of ledger chains, which only the
    flush just before the commit touches.
    """

    def __init__(self, connection: AsyncConnection, stamp: Stamp) -> None:
        super().__init__(connection)
        self.stamp = stamp
        self.held: set[str] = set()
        self.has_promised = False
        self.buffers: dict[str, list[Any]] = {}
        self._flushes: list[Callable[[Transaction], Awaitable[None]]] = []
        self._db_now: datetime | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.connection.dialect.name == "sqlite"

    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[Any]:
        """Run one statement; a list of parameters runs it for each, in one round trip."""
        return await self.connection.execute(statement, parameters)

    async def db_now(self) -> datetime:
        """Return the database's clock: leases are measured by it, business time never is."""
        if self._db_now is None:
            now: datetime = await self.scalar(select(db_clock()))
            self._db_now = now
        return self._db_now

    async def hold(self, names: Iterable[str]) -> None:
        """Keep names to this transaction until it ends; others who hold one of them wait.

        Works for things that have no row yet. Names are locked in one order, so two transactions
        that hold all they need in one call cannot deadlock. On SQLite the writer is alone anyway.
        """
        new = set(names) - self.held
        if new and not self.is_sqlite:
            await self.connection.execute(_HOLD, {"keys": sorted({_lock_key(n) for n in new})})
        self.held |= new

    def before_commit(
        self, name: str, item: Any, flush: Callable[[Transaction], Awaitable[None]]
    ) -> None:
        """Buffer an item under a name; ``flush`` runs once, just before the commit."""
        if name not in self.buffers:
            self.buffers[name] = []
            self._flushes.append(flush)
        self.buffers[name].append(item)

    async def flush(self) -> None:
        """Run what was registered for the moment before the commit."""
        for flush in self._flushes:
            await flush(self)


@asynccontextmanager
async def transaction(engines: Engines, stamp: Stamp, *, name: str) -> AsyncIterator[Transaction]:
    """Open the transaction of this task; a second one inside it is ``CalledInsideTransaction``.

    Commits at the end of the block, rolls back on any exception. ``name`` is announced around
    the commit, so that tests can stop the process at either side of it.
    """
    refuse_inside("a transaction")
    token = _open.set(True)
    try:
        async with connected(engines.writing) as connection, connection.begin() as database:
            tx = Transaction(connection, stamp)
            yield tx
            await tx.flush()
            stamp.announce(f"{name}:before_commit")
            await database.commit()
    finally:
        _open.reset(token)
    stamp.announce(f"{name}:after_commit")


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Check a connection out of an engine's pool, or raise ``DatabaseUnavailable``."""
    try:
        connection = await engine.connect()
    except (OSError, SQLAlchemyError) as error:
        raise DatabaseUnavailable(engine.dialect.name) from error
    try:
        yield connection
    finally:
        # Whoever is cancelled here must still give the connection back in good order.
        if _is_idle(connection):
            await connection.close()
        else:
            await asyncio.shield(asyncio.create_task(connection.close()))


def _is_idle(connection: AsyncConnection) -> bool:
    """Whether closing it asks nobody anything, so that no cancellation can come in between."""
    inner = connection.sync_connection
    if inner is None or inner.closed or inner.invalidated:
        return False
    return getattr(inner.connection.driver_connection, "is_idle", False)


@asynccontextmanager
async def reading(engines: Engines) -> AsyncIterator[Reading]:
    """Open a connection to read from, on AUTOCOMMIT: no BEGIN, no ROLLBACK, no lock kept."""
    async with connected(engines.reading) as connection:
        yield Reading(connection)


def refuse_inside(what: str) -> None:
    """Raise ``CalledInsideTransaction`` when this task has a transaction open."""
    if _open.get():
        raise CalledInsideTransaction(what)


@asynccontextmanager
async def snapshot(engines: Engines) -> AsyncIterator[Reading]:
    """Open a connection whose statements all see the same moment: for walks over many rows."""
    if engines.is_sqlite:
        async with connected(engines.reading) as connection:
            await connection.exec_driver_sql("BEGIN")
            try:
                yield Reading(connection)
            finally:
                await connection.exec_driver_sql("ROLLBACK")
        return
    async with connected(engines.writing) as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        yield Reading(connection)


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
