"""Reading and writing many rows of one table: what the mirror needs of any slice's table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Insert,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.engine import RowMapping

from accrue_core.db.transaction import Reading, Transaction

# Statements are built once for each table: building one anew costs about what running it does.

LONGEST = 1024
"""How many values a statement lists at most: both databases take some thirty times as many."""

Link = tuple[Table, str, str]
"""A table, the column with a parent's id, and the column with its ref."""


async def by_ref(
    tx: Reading, table: Table, pairs: Collection[tuple[str, str]]
) -> Sequence[RowMapping]:
    """Return the rows of these (processor, ref) pairs; a transaction locks them until it ends."""
    statement = _by_ref(table, is_locking=isinstance(tx, Transaction))
    return await _all(tx, statement, pairs)


@cache
def _by_ref(table: Table, *, is_locking: bool) -> Select[Any]:
    statement = select(table).where(_named(table, table.c.ref)).order_by(table.c.id)
    return statement.with_for_update() if is_locking else statement


def _named(table: Table, ref: Column[Any]) -> ColumnElement[bool]:
    # Not as pairs: SQLite reads the whole table for those, where it has an index on both columns.
    mine = table.c.processor == bindparam("processor")
    return and_(mine, ref.in_(bindparam("refs", expanding=True)))


async def _all(
    tx: Reading, statement: Select[Any] | CompoundSelect[Any], pairs: Collection[tuple[str, str]]
) -> list[RowMapping]:
    found: list[RowMapping] = []
    refs: dict[str, list[str]] = {}
    for processor, ref in sorted(pairs):
        refs.setdefault(processor, []).append(ref)
    for processor, named in refs.items():
        for block in _blocks(named):
            found += await tx.all(statement, {"processor": processor, "refs": filled(block)})
    return found


def _blocks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + LONGEST] for start in range(0, len(values), LONGEST)]


def filled(values: Sequence[str]) -> Sequence[str]:
    """Return values, the last one repeated until their number is a power of two.

    A list of another length is another statement, which databases have to prepare anew.
    """
    length = 1 << max(0, len(values) - 1).bit_length()
    return [*values, *repeat(values[-1], length - len(values))] if values else []


async def by_parent(
    tx: Reading, table: Table, column: str, ids: Collection[str]
) -> Sequence[RowMapping]:
    """Return the rows whose column is one of these ids, each id's in their own order."""
    found: list[RowMapping] = []
    for block in _blocks(sorted(ids)):
        found += await tx.all(_by_parent(table, column), {"ids": filled(block)})
    return found


@cache
def _by_parent(table: Table, column: str) -> Select[Any]:
    mine = table.c[column].in_(bindparam("ids", expanding=True))
    return select(table).where(mine).order_by(table.c.position)


async def ids_by_ref(
    tx: Reading, table: Table, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return our ids of these (processor, ref) pairs, as far as we hold them."""
    found = await _all(tx, _ids_by_ref(table), pairs)
    return {(row["processor"], row["ref"]): row["id"] for row in found}


@cache
def _ids_by_ref(table: Table) -> Select[Any]:
    columns = (table.c.processor, table.c.ref, table.c.id)
    return select(*columns).where(_named(table, table.c.ref))


async def unlinked(
    tx: Transaction,
    table: Table,
    id_column: str,
    ref_column: str,
    pairs: Collection[tuple[str, str]],
) -> Sequence[RowMapping]:
    """Return rows that name one of these parents by ref but do not hold its id yet."""
    return await _all(tx, _unlinked(table, id_column, ref_column), pairs)


@cache
def _unlinked(table: Table, id_column: str, ref_column: str) -> Select[Any]:
    is_waiting = _waits(table, id_column, ref_column)
    return select(table).where(is_waiting).order_by(table.c.id).with_for_update()


def _waits(table: Table, id_column: str, ref_column: str) -> ColumnElement[bool]:
    return and_(table.c[id_column].is_(None), _named(table, table.c[ref_column]))


async def having_unlinked(
    tx: Transaction, links: Collection[Link], pairs: Collection[tuple[str, str]]
) -> set[Link]:
    """Return those links by which a row waits for one of these parents, in one statement."""
    ordered = tuple(links)
    found = await _all(tx, _having_unlinked(ordered), pairs)
    return {ordered[row["place"]] for row in found}


@cache
def _having_unlinked(links: tuple[Link, ...]) -> CompoundSelect[Any]:
    return union_all(
        *(
            select(literal(place).label("place")).where(
                exists(select(link[0].c.id).where(_waits(*link)))
            )
            for place, link in enumerate(links)
        )
    )


async def add(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns, in one round trip."""
    if rows:
        await tx.execute(_add(table), rows)


@cache
def _add(table: Table) -> Insert:
    return insert(table)


async def change(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows by id, all with the same columns, in one round trip."""
    if rows:
        columns = tuple(name for name in rows[0] if name != "id")
        await tx.execute(
            _change(table, columns),
            [
                {"row_id": row["id"], **{f"new_{name}": row[name] for name in columns}}
                for row in rows
            ],
        )


@cache
def _change(table: Table, columns: tuple[str, ...]) -> Update:
    mine = table.c.id == bindparam("row_id")
    return update(table).where(mine).values({name: bindparam(f"new_{name}") for name in columns})


async def remove(tx: Transaction, table: Table, ids: Sequence[str]) -> None:
    """Delete rows by id."""
    if ids:
        await tx.execute(delete(table).where(table.c.id.in_(ids)))
