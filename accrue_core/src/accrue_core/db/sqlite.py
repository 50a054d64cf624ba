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
QUICK = 0.001
"""Seconds of processor time in which a quick statement is done; most take a twentieth of it."""

MOST_IN_A_ROW = 30
"""How many quick statements run on the loop before its other tasks have a turn."""

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
        await self._connection.run(self._run, "execute", sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> WholeCursor:
        """Run one statement for each of the parameters."""
        await self._connection.run(self._run, "executemany", sql, parameters)
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
        started = time.thread_time()
        with closing(self._connection._conn.cursor()) as cursor:
            getattr(cursor, method)(sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        self._connection.remember(sql, time.thread_time() - started)


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
    _in_a_row = 0

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._took: dict[str, float] = {}

    def begin_with_the_next_statement(self) -> None:
        """Have the next statement begin the writer's transaction, in the same trip."""
        self._is_to_begin = True

    def begin_if_asked(self) -> None:
        """Begin what was asked for; on the connection's thread."""
        if self._is_to_begin:
            self._conn.execute("BEGIN IMMEDIATE")
            self._is_to_begin = False

    async def run(
        self, statement: Callable[[str, str, Any], None], method: str, sql: str, parameters: Any
    ) -> None:
        """Run a statement here if it is known to be quick, and else on the connection's thread.

        The way to the thread and back takes several times as long as a statement by key does.
        What may wait for another process or for the disk, to begin and to commit, never runs
        here, and neither does what was not quick the last time.
        """
        if self._is_quick(sql):
            self._in_a_row += 1
            statement(method, sql, parameters)
        else:
            self._in_a_row = 0
            await self._execute(statement, method, sql, parameters)

    def _is_quick(self, sql: str) -> bool:
        if self._under_way or self._is_to_begin or self._in_a_row >= MOST_IN_A_ROW:
            return False
        return self._took.get(sql, QUICK) < QUICK

    def remember(self, sql: str, took: float) -> None:
        """Remember how many seconds of processor time a statement took the last time."""
        if len(self._took) >= REMEMBERED_STATEMENTS:
            self._took.clear()
        self._took[sql] = took

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
        # Its own thread and the loop's take turns, and never use it at once.
        **{**options, "check_same_thread": False},
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
