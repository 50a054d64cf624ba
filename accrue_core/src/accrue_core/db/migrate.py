"""Bring the database to the schema this version needs, without leaving Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.engine import Connection

from accrue_core.db.base import VERSION_TABLE
from accrue_core.db.engine import build
from accrue_core.db.transaction import Reading, connected
from accrue_core.errors import SchemaOutdated
from accrue_core.settings import Settings

_LOCK = 7_310_868_735_423_447


async def upgrade(settings: Settings, revision: str = "head") -> None:
    """Run all migrations up to a revision, in one transaction; concurrent callers wait."""
    await _run(settings, lambda config: command.upgrade(config, revision))


async def downgrade(settings: Settings, revision: str) -> None:
    """Run migrations backwards to a revision, ``base`` for none. Deletes what they hold."""
    await _run(settings, lambda config: command.downgrade(config, revision))


async def current(settings: Settings) -> str | None:
    """Return the database's revision, or ``None`` before the first migration."""
    engines = build(settings)
    try:
        async with connected(engines.reading) as connection:
            return await connection.run_sync(_revision)
    finally:
        await engines.close()


def head() -> str:
    """Return the revision this version needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


async def is_current(reading: Reading) -> bool:
    """Whether the database that is being read is at the revision this version needs."""
    return await reading.connection.run_sync(_revision) == head()


async def require_current(settings: Settings) -> None:
    """Raise ``SchemaOutdated`` unless the database is at the revision this version needs."""
    found = await current(settings)
    if found == head():
        return
    if found is not None and not _is_known(found):
        raise SchemaOutdated(
            f"the database is at revision {found}, which this version does not know: "
            "it was upgraded by a newer version of accrue-core; install that one"
        )
    raise SchemaOutdated(
        f"the database is at revision {found or 'none'}, this version needs {head()}: "
        "run 'accrue database upgrade'"
    )


async def _run(settings: Settings, act: Callable[[Config], None]) -> None:
    engines = build(settings)
    try:
        async with connected(engines.writing) as connection, connection.begin():
            if not engines.is_sqlite:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_act, act)
    except CommandError as error:
        raise SchemaOutdated(f"the migration cannot be run: {error}") from error
    finally:
        await engines.close()


def _is_known(revision: str) -> bool:
    scripts = ScriptDirectory.from_config(_config())
    return revision in {script.revision for script in scripts.walk_revisions()}


def _act(connection: Connection, act: Callable[[Config], None]) -> None:
    config = _config()
    config.attributes["connection"] = connection
    act(config)


def _revision(connection: Connection) -> str | None:
    options: dict[str, Any] = {"version_table": VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
