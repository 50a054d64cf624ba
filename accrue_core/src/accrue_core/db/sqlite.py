"""SQLite connections that finish what they have begun before they let themselves be cancelled.

The driver runs each statement in a thread, which no cancellation reaches: a task that is cancelled
while ``BEGIN IMMEDIATE`` runs would go away, and the lock it then gets would belong to nobody until
the connection is collected. Here the cancellation waits a few seconds for the statement, and the
connection is then rolled back or closed in good order.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")
PATIENCE = 5.0


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


class PatientConnection(aiosqlite.Connection):
    """An aiosqlite connection whose calls cannot be abandoned half-way."""

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        call: Awaitable[T] = super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return await finished(call)

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
    connection = PatientConnection(
        lambda: sqlite3.connect(database, factory=RolledBackConnection, **options), 64
    )
    connection._thread.daemon = True
    return connection


async def finished(work: Awaitable[T]) -> T:
    """Wait for work to end also when cancelled meanwhile; the cancellation is raised afterwards.

    Once cancelled, it waits ``PATIENCE`` seconds and no longer: a statement that waits for another
    process, or a driver's thread that has ended, must not hold up a process that is to stop.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        await _a_little_longer(task)
        raise
    return task.result()


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
