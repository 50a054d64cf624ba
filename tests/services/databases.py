"""Databases for single tests: made empty, or copied from a template prepared once."""

import asyncio
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

Prepare = Callable[[str], None]
"""Brings the empty database at a URL to the state that tests start from, such as migrated."""


class PostgresDatabases:
    """The databases that one pytest process makes on a server.

    Each test gets a database of its own rather than truncated tables: the ledger's triggers refuse
    TRUNCATE, and with the file-copy strategy an empty database costs about 15 ms and one of forty
    tables 50 ms, about what truncating forty tables costs.
    """

    def __init__(self, server_url: str) -> None:
        # A driver named in the URL is for SQLAlchemy; asyncpg itself knows only the plain scheme.
        self._server = urlsplit(server_url)._replace(scheme="postgresql")
        self._prefix = f"accrue_test_{secrets.token_hex(4)}"
        self._made = 0
        self._template: str | None = None
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(
            asyncpg.connect(urlunsplit(self._server), ssl=None)
        )

    def create_empty(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        return self._url(self._create(template="template0"))

    def create_prepared(self, prepare: Prepare) -> str:
        """Create a copy of the template, which the first call prepares, and return its URL."""
        if self._template is None:
            template = self._create(template="template0")
            prepare(self._url(template))
            self._template = template
        return self._url(self._create(template=self._template))

    def drop(self, url: str) -> None:
        """Drop a database, disconnecting whoever a failed test left connected to it."""
        self._drop(urlsplit(url).path.removeprefix("/"))

    def close(self) -> None:
        """Drop the template and let go of the server."""
        if self._template is not None:
            self._drop(self._template)
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()

    def _create(self, *, template: str) -> str:
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return name

    def _drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        self._loop.run_until_complete(self._connection.execute(statement))

    def _url(self, name: str) -> str:
        return urlunsplit(self._server._replace(scheme="postgresql+asyncpg", path=f"/{name}"))


class SqliteDatabases:
    """The SQLite files that one pytest process makes."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.sqlite3"
        self._is_prepared = False

    def create_empty(self, folder: Path) -> str:
        """Return the URL of a file that does not exist yet; SQLite makes it on first use."""
        return _sqlite_url(folder / "accrue.sqlite3")

    def create_prepared(self, folder: Path, prepare: Prepare) -> str:
        """Copy the template, which the first call prepares, into a folder."""
        if not self._is_prepared:
            prepare(_sqlite_url(self._template))
            self._fold_in_the_log()
            self._is_prepared = True
        return _sqlite_url(Path(shutil.copy(self._template, folder / "accrue.sqlite3")))

    def _fold_in_the_log(self) -> None:
        """Move what a write-ahead log still holds into the one file that is copied."""
        with closing(sqlite3.connect(self._template)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
