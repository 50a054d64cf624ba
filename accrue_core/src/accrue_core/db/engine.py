"""Engines: one that writes, one that reads, set up so that neither loses an update.

SQLite's driver opens no transaction for a SELECT and so silently loses updates out of the box.
Here the writer is one connection whose transactions begin IMMEDIATE, readers are separate
connections that cannot write, and every commit reaches the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from accrue_core.db.sqlite import WRITE_AHEAD, connect
from accrue_core.settings import Settings

SQLITE_PRAGMAS = (
    WRITE_AHEAD,
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # Without this, INSERT OR REPLACE deletes ledger rows behind the triggers' back.
    "PRAGMA recursive_triggers=ON",
    "PRAGMA busy_timeout=30000",
)


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of one process and one event loop."""

    writing: AsyncEngine
    reading: AsyncEngine

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.writing.dialect.name == "sqlite"

    async def close(self) -> None:
        """Release all connections."""
        await self.writing.dispose()
        await self.reading.dispose()


def build(settings: Settings) -> Engines:
    """Build both engines for the configured database. Connects on first use."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return Engines(_sqlite(settings, writes=True), _sqlite(settings, writes=False))
    options: dict[str, Any] = {"pool_size": 10, "max_overflow": 10, "hide_parameters": True}
    if settings.transaction_pooler:
        options["connect_args"] = {"statement_cache_size": 0}
        url = url.update_query_dict({"prepared_statement_cache_size": "0"})
    writing = create_async_engine(url, isolation_level="READ COMMITTED", **options)
    return Engines(writing, writing.execution_options(isolation_level="AUTOCOMMIT"))


def _sqlite(settings: Settings, *, writes: bool) -> AsyncEngine:
    pool = {"pool_size": 1, "max_overflow": 0} if writes else {"pool_size": 5, "max_overflow": 5}
    engine = create_async_engine(
        settings.database_url,
        pool_timeout=60,
        connect_args={"async_creator_fn": connect},
        # An error that is logged must not repeat what was being stored.
        hide_parameters=True,
        **pool,
        **({} if writes else {"isolation_level": "AUTOCOMMIT"}),
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        if not writes:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    if writes:

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Connection) -> None:
            driver: Any = connection.connection.driver_connection
            driver.begin_with_the_next_statement()

    return engine
