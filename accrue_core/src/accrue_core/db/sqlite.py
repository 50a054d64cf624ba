"""SQLite connections that finish what they have begun before they let themselves be cancelled.

The driver runs each statement in a thread, which no cancellation reaches: a task that is cancelled
while ``BEGIN IMMEDIATE`` runs would go away, and the lock it then gets would belong to nobody until
the connection is collected. Here the cancellation waits a few seconds for the statement, and the
connection is then rolled back or closed in good order.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")
PATIENCE = 5.0
WRITE_AHEAD = "PRAGMA journal_mode=WAL"
_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
REMEMBERED_STATEMENTS = 512
"""How many statements each connection keeps compiled: more than Accrue has, by far."""


class RolledBackConnection(sqlite3.Connection):
    """A connection that gives up its transaction when it is closed.

    Closing does not: while a statement is unfinished (a RETURNING that nobody read to its end),
    SQLite keeps the connection, and with it the write lock, until that statement is collected.
    """

    def close(self) -> None:
        """Roll back what is open, then close."""
        if self.in_transaction:
            self.rollback()
        super().close()


class WholeCursor:
    """Executes a statement, reads it to its end and closes it, in one trip to the thread.

    The driver's cursor makes a trip for each of these, and a trip is most of a statement's cost.
    """

    arraysize = 1

    def __init__(self, connection: PatientConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> WholeCursor:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> WholeCursor:
        """Run one statement."""
        await self._connection._execute(self._run, "execute", sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> WholeCursor:
        """Run one statement for each of the parameters."""
        await self._connection._execute(self._run, "executemany", sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Forget the rows; the statement itself is closed already."""
        self._rows = []

    def _run(self, method: str, sql: str, parameters: Sequence[Any]) -> None:
        self._connection.begin_if_asked()
        with closing(self._connection._conn.cursor()) as cursor:
            getattr(cursor, method)(sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid


class PatientCall(asyncio.Future[T]):
    """A call to the connection's thread. Cancelled, it is waited for all the same, for a while.

    A task whose future refuses to be cancelled is told of its cancellation when the future ends.
    """

    _was_told = False

    def cancel(self, msg: Any | None = None) -> bool:
        """Wait ``PATIENCE`` seconds and no longer; being told twice changes nothing."""
        if not self._was_told:
            self._was_told = True
            self.get_loop().call_later(PATIENCE, super().cancel, msg)
        return False


class PatientConnection(aiosqlite.Connection):
    """An aiosqlite connection whose calls cannot be abandoned half-way."""

    _under_way = 0
    _is_to_begin = False

    def begin_with_the_next_statement(self) -> None:
        """Have the next statement begin the writer's transaction, in the same trip."""
        self._is_to_begin = True

    def begin_if_asked(self) -> None:
        """Begin what was asked for; on the connection's thread."""
        if self._is_to_begin:
            self._conn.execute("BEGIN IMMEDIATE")
            self._is_to_begin = False

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        call: PatientCall[T] = PatientCall(loop=asyncio.get_running_loop())
        self._under_way += 1
        self._tx.put_nowait((call, partial(fn, *args, **kwargs)))
        try:
            return await call
        finally:
            # One that was given up is under way for ever: whatever it opens is rolled back.
            self._under_way -= not call.cancelled()

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to finish and nothing to roll back."""
        return not (self._under_way or self._is_to_begin or self.in_transaction)

    def cursor(self) -> WholeCursor:  # type: ignore[override]
        """Return a cursor that needs no opening and no closing."""
        return WholeCursor(self)

    async def rollback(self) -> None:
        """Give up the transaction, if there is one: pools ask for it after every use."""
        self._is_to_begin = False
        if self._under_way or self.in_transaction:
            await super().rollback()

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread, once: what is queued behind its end would never be answered."""
        stopping: asyncio.Future[Any] | None = super().stop() if self._running else None
        return stopping

    async def close(self) -> None:
        """Close, unless the thread has been told to stop: it closes as the last thing it does."""
        if self._running:
            # That is how the driver says that it was stopped between the question and the answer.
            with suppress(ValueError):
                await super().close()

    async def _connect(self) -> aiosqlite.Connection:
        try:
            return await finished(super()._connect())
        except asyncio.CancelledError:
            self.stop()
            raise


def connect(database: str, **options: Any) -> PatientConnection:
    """Return a connection to be awaited, in a thread that does not keep the process alive."""
    connection = PatientConnection(lambda: _opened(database, options), 64)
    connection._thread.daemon = True
    return connection


def _opened(database: str, options: Mapping[str, Any]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        database,
        factory=RolledBackConnection,
        cached_statements=REMEMBERED_STATEMENTS,
        **options,
    )
    # Two processes that do this to a new file are told at once that it is locked: SQLite waits for
    # nobody here, whatever the timeout.
    for wait in _WAITS:
        try:
            connection.execute(WRITE_AHEAD)
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                break
            time.sleep(wait)
    return connection


async def finished(work: Awaitable[T]) -> T:
    """Wait for work to end also when cancelled meanwhile; the cancellation is raised afterwards.

    Once cancelled, it waits ``PATIENCE`` seconds and no longer: a statement that waits for another
    process, or a driver's thread that has ended, must not hold up a process that is to stop.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _a_little_longer(task)
        raise


async def _a_little_longer(task: asyncio.Future[Any]) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not task.done() and (left := deadline - asyncio.get_running_loop().time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError:
            # Being told twice changes nothing: the first cancellation is raised when this ends.
            continue
    if task.done() and not task.cancelled():
        task.exception()
