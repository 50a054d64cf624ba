"""The databases that tests are given are fresh, isolated and of the promised kind."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.services.databases import PostgresDatabases, SqliteDatabases
from tests.services.lanes import on_postgres, on_sqlite


async def tables_at(url: str) -> list[str]:
    engine = create_async_engine(url)
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    try:
        async with engine.connect() as connection:
            return list((await connection.execute(text(names))).scalars())
    finally:
        await engine.dispose()


async def execute(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
async def test_every_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    assert await tables_at(database_url) == []
    await execute(database_url, "CREATE TABLE left_behind (id integer)")


@on_postgres
async def test_a_postgres_url_leads_to_postgres(database_url: str) -> None:
    assert database_url.startswith("postgresql+asyncpg://")
    await execute(database_url, "SELECT pg_backend_pid()")


@on_sqlite
async def test_a_sqlite_url_leads_into_the_folder_of_the_test(
    database_url: str, tmp_path: Path
) -> None:
    await execute(database_url, "SELECT sqlite_version()")

    assert database_url.startswith("sqlite+aiosqlite:///")
    assert database_url.endswith(f"{tmp_path}/accrue.sqlite3")


async def test_a_prepared_database_is_available(prepared_database_url: str) -> None:
    await execute(prepared_database_url, "CREATE TABLE made_by_the_test (id integer)")

    assert "made_by_the_test" in await tables_at(prepared_database_url)


def test_a_postgres_template_is_prepared_once_and_not_shared(postgres_server: str) -> None:
    prepared: list[str] = []
    with closing(PostgresDatabases(postgres_server)) as databases:
        copies = [databases.create_prepared(prepared.append) for _ in range(2)]
        for copy in copies:
            databases.drop(copy)

    assert len(prepared) == 1
    assert len({*prepared, *copies}) == 3


def test_a_postgres_copy_holds_what_the_template_was_given(postgres_server: str) -> None:
    with closing(PostgresDatabases(postgres_server)) as databases:
        copy = databases.create_prepared(with_a_plans_table)
        found = asyncio.run(tables_at(copy))
        databases.drop(copy)

    assert found == ["plans"]


def test_a_sqlite_copy_holds_what_the_template_was_given(tmp_path: Path) -> None:
    templates, first, second = (tmp_path / name for name in ("templates", "first", "second"))
    for folder in (templates, first, second):
        folder.mkdir()
    databases = SqliteDatabases(templates)

    asyncio.run(execute(databases.create_prepared(first, with_a_plans_table), "DROP TABLE plans"))
    url = databases.create_prepared(second, with_a_plans_table)

    assert asyncio.run(tables_at(url)) == ["plans"]


def test_a_sqlite_copy_holds_what_was_still_in_the_log(tmp_path: Path) -> None:
    held_open: list[sqlite3.Connection] = []

    def prepare(url: str) -> None:
        connection = sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"))
        held_open.append(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE plans (id integer)")

    (tmp_path / "template").mkdir()
    url = SqliteDatabases(tmp_path / "template").create_prepared(tmp_path, prepare)
    held_open.pop().close()

    assert asyncio.run(tables_at(url)) == ["plans"]


def test_dropping_disconnects_who_is_still_connected(postgres_server: str) -> None:
    async def stay_connected(url: str) -> None:
        left_open = await asyncpg.connect(url.replace("+asyncpg", ""))
        await asyncio.to_thread(databases.drop, url)
        with pytest.raises((asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError)):
            await left_open.execute("SELECT 1")

    with closing(PostgresDatabases(postgres_server)) as databases:
        asyncio.run(stay_connected(databases.create_empty()))


def with_a_plans_table(url: str) -> None:
    asyncio.run(execute(url, "CREATE TABLE plans (id integer)"))
