"""The schema: up, down, up again, and the same as the metadata."""

from __future__ import annotations

import asyncio
import multiprocessing
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
)

from accrue_core.db import migrate
from accrue_core.db.base import VERSION_TABLE, include_name, metadata
from accrue_core.db.engine import build
from accrue_core.db.migrate import current, downgrade, head, require_current, upgrade
from accrue_core.errors import SchemaOutdated
from accrue_core.settings import Settings
from tests.services.lanes import on_postgres


async def look(url: str, ask: Any) -> Any:
    """Run a synchronous question on a connection of its own."""
    engines = build(Settings(database_url=url))
    try:
        async with engines.writing.connect() as connection:
            return await connection.run_sync(ask)
    finally:
        await engines.close()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_schema_goes_up_and_down_and_up_again(database_url: str) -> None:
    settings = Settings(database_url=database_url)
    assert await current(settings) is None
    for _ in range(2):
        await upgrade(settings)
        assert await current(settings) == head()
        assert await look(database_url, tables) == {*metadata.tables, VERSION_TABLE}
        await upgrade(settings)
        await downgrade(settings, "base")
        assert await current(settings) is None
        assert await look(database_url, tables) == {VERSION_TABLE}
    if not database_url.startswith("sqlite"):
        left = await look(database_url, lambda c: inspect(c).get_sequence_names())
        assert left == []


async def test_a_migration_that_fails_leaves_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url=database_url)
    act = migrate._act

    def fail_at_the_end(connection: Connection, step: Any) -> None:
        act(connection, step)
        raise KeyError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(migrate, "_act", fail_at_the_end)
        with pytest.raises(KeyError):
            await upgrade(settings)
    assert await look(database_url, tables) == set()
    await upgrade(settings)
    assert await current(settings) == head()


async def test_the_migrated_schema_is_the_metadata(prepared_database_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    assert await look(prepared_database_url, differences) == []


def indexes(connection: Connection) -> dict[str, tuple[str, tuple[str | None, ...], bool]]:
    inspector = inspect(connection)
    return {
        str(index["name"]): (table, tuple(index["column_names"]), bool(index["unique"]))
        for table in inspector.get_table_names()
        for index in inspector.get_indexes(table)
        if not index.get("duplicates_constraint")
    }


async def test_every_index_constraint_and_foreign_key_exists(prepared_database_url: str) -> None:
    found = await look(prepared_database_url, indexes)
    wanted = {
        str(index.name): (
            table.name,
            tuple(column.name for column in index.columns),
            bool(index.unique),
        )
        for table in metadata.tables.values()
        for index in table.indexes
    }
    assert found == wanted
    assert len(wanted) >= 20

    def constraints(connection: Connection) -> dict[str, tuple[set[Any], set[Any], set[Any]]]:
        inspector = inspect(connection)
        return {
            name: (
                {tuple(u["column_names"]) for u in inspector.get_unique_constraints(name)},
                {
                    (tuple(f["constrained_columns"]), f["referred_table"])
                    for f in inspector.get_foreign_keys(name)
                },
                {str(check["name"]) for check in inspector.get_check_constraints(name)},
            )
            for name in metadata.tables
        }

    found_constraints = await look(prepared_database_url, constraints)
    for name, (unique, foreign, checks) in found_constraints.items():
        table = metadata.tables[name]
        declared = list(table.constraints)
        assert unique == {
            tuple(c.columns.keys()) for c in declared if isinstance(c, UniqueConstraint)
        }, name
        assert len(checks) == len([c for c in declared if isinstance(c, CheckConstraint)]), name
        assert foreign == {
            ((key.parent.name,), key.column.table.name) for key in table.foreign_keys
        }, name


async def test_every_foreign_key_column_leads_an_index(prepared_database_url: str) -> None:
    found = await look(prepared_database_url, indexes)
    leading = {(table, columns[0]) for table, columns, _ in found.values()}
    leading |= {
        (table.name, next(iter(constraint.columns)).name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    }
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            assert (table.name, key.parent.name) in leading


async def test_a_database_that_is_not_current_is_refused_and_the_message_says_what_to_run(
    database_url: str,
) -> None:
    settings = Settings(database_url=database_url)
    with pytest.raises(SchemaOutdated, match=r"revision none.*run 'accrue database upgrade'"):
        await require_current(settings)
    await upgrade(settings)
    await require_current(settings)
    await downgrade(settings, "base")
    with pytest.raises(SchemaOutdated):
        await require_current(settings)


def upgrade_in_a_process(url: str, gate: Any, results: Any) -> None:
    gate.wait(60)
    try:
        asyncio.run(upgrade(Settings(database_url=url)))
    except Exception as error:
        results.put(repr(error))
    else:
        results.put("upgraded")


def test_processes_that_upgrade_at_once_wait_for_each_other(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(4), context.Queue()
    children = [
        context.Process(
            target=upgrade_in_a_process, args=(database_url, gate, results), daemon=True
        )
        for _ in range(4)
    ]
    for child in children:
        child.start()
    assert [results.get(timeout=120) for _ in children] == ["upgraded"] * 4
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    asyncio.run(require_current(Settings(database_url=database_url)))


async def test_a_hosts_autogenerate_leaves_our_tables_alone(prepared_database_url: str) -> None:
    host = MetaData()
    Table("users", host, Column("id", Integer, primary_key=True))
    wanted = MetaData()
    Table("users", wanted, Column("id", Integer, primary_key=True), Column("age", Integer))

    def proposals(connection: Connection, options: dict[str, Any]) -> set[str]:
        context = MigrationContext.configure(connection, opts=options)
        return {
            f"{entry[0]} {getattr(entry[1], 'name', '')}"
            if entry[0] != "add_column"
            else f"add_column {entry[3].name}"
            for entry in compare_metadata(context, wanted)
            if isinstance(entry, tuple)
        }

    def ask(connection: Connection) -> tuple[set[str], set[str]]:
        host.create_all(connection)
        return (
            proposals(connection, {"include_name": include_name}),
            proposals(connection, {}),
        )

    filtered, unfiltered = await look(prepared_database_url, ask)
    assert filtered == {"add_column age"}
    drops = {f"remove_table {name}" for name in [*metadata.tables, VERSION_TABLE]}
    assert drops <= unfiltered


@on_postgres
async def test_two_upgrades_in_one_process_wait_for_each_other(database_url: str) -> None:
    settings = Settings(database_url=database_url)
    await asyncio.gather(*(upgrade(settings) for _ in range(3)))
    await require_current(settings)
