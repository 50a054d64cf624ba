"""Fixtures that every test may ask for: the event loop and real databases.

A test that asks for `database_url` runs twice, on SQLite and on PostgreSQL. PostgreSQL is started
by the session itself unless `ACCRUE_TEST_POSTGRES_URL` names a server on which the user may create
databases. When it cannot be had, the tests that need it fail; they are never skipped.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from accrue_core.db import migrate
from accrue_core.settings import Settings
from tests.services.databases import PostgresDatabases, Prepare, SqliteDatabases
from tests.services.postgres import running_postgres
from tests.services.postgres_binaries import PostgresDidNotStart

pytest_plugins = ["tests.services.lanes", "pytester"]
collect_ignore = ["browser", "strangers"]
"""Lanes of their own: `make test-browser` and `make test-strangers`, or by their paths. Without a
Chromium, or without Node, they fail."""

SERVER_VARIABLE = "ACCRUE_TEST_POSTGRES_URL"
shared_server = pytest.StashKey[dict[str, str]]()
open_services = pytest.StashKey[ExitStack]()

# The same examples on every machine: a red run can be repeated, a green one means the same to all.
settings.register_profile("suite", deadline=None, derandomize=True, database=None)
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Start the one server that all workers of a distributed run share."""
    config.stash[open_services] = ExitStack()
    is_controller = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if not is_controller or SERVER_VARIABLE in os.environ:
        return
    try:
        server = config.stash[open_services].enter_context(running_postgres())
        config.stash[shared_server] = {"postgres_url": server.url}
    except (PostgresDidNotStart, OSError) as error:
        config.stash[shared_server] = {"postgres_error": str(error)}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started."""
    config.stash[open_services].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the shared server is, or why there is none."""
    node.workerinput.update(node.config.stash.get(shared_server, {}))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run every async test on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """Return the maintenance URL of the session's PostgreSQL server."""
    if SERVER_VARIABLE in os.environ:
        return os.environ[SERVER_VARIABLE]
    shared: dict[str, str] = getattr(pytestconfig, "workerinput", {})
    if "postgres_error" in shared:
        raise PostgresDidNotStart(shared["postgres_error"])
    if "postgres_url" in shared:
        return shared["postgres_url"]
    return pytestconfig.stash[open_services].enter_context(running_postgres()).url


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[PostgresDatabases]:
    """Make and drop databases on the session's server."""
    databases = PostgresDatabases(postgres_server)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Make SQLite files, copying a template where one is wanted."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def prepare_database() -> Prepare:
    """Return what turns an empty database into the template of `prepared_database_url`."""
    return migrate_database


def migrate_database(url: str) -> None:
    """Run all migrations."""
    asyncio.run(migrate.upgrade(Settings(database_url=url)))


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Name the database of this run of the test."""
    return str(request.param)


@pytest.fixture
def database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """Return the URL of an empty database that only this test uses."""
    if database_kind == "sqlite":
        yield request.getfixturevalue("sqlite_databases").create_empty(tmp_path)
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    url = databases.create_empty()
    yield url
    databases.drop(url)


@pytest.fixture
def prepared_database_url(
    database_kind: str, prepare_database: Prepare, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """Return the URL of a copy of the prepared template that only this test uses."""
    if database_kind == "sqlite":
        files: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        yield files.create_prepared(tmp_path, prepare_database)
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    url = databases.create_prepared(prepare_database)
    yield url
    databases.drop(url)
