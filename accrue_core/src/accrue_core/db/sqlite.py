"""SQLite connections that finish what they have begun before they let themselves be cancelled.

The driver runs each statement in a thread, which no cancellation reaches: a task that is cancelled
while ``BEGIN IMMEDIATE`` runs would go away, and the lock it then gets would belong to nobody until
the connection is collected. Here the cancellation waits for the statement, at most as long as the
busy timeout, and the connection is then rolled back or closed in good order.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")


class PatientConnection(aiosqlite.Connection):
    """An aiosqlite connection whose calls cannot be abandoned half-way."""

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        call: Awaitable[T] = super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return await finished(call)

    async def _connect(self) -> aiosqlite.Connection:
        try:
            return await finished(super()._connect())
        except asyncio.CancelledError:
            self.stop()
            raise


def connect(database: str, **options: Any) -> PatientConnection:
    """Return a connection to be awaited, in a thread that does not keep the process alive."""
    connection = PatientConnection(lambda: sqlite3.connect(database, **options), 64)
    connection._thread.daemon = True
    return connection


async def finished(work: Awaitable[T]) -> T:
    """Wait for work to end also when cancelled meanwhile; the cancellation is raised afterwards."""
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        task.exception()
        raise interruption
    return task.result()
