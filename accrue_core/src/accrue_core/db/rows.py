"""Reading and writing many rows of one table: what the mirror needs of any slice's table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.engine import RowMapping

from accrue_core.db.transaction import Reading, Transaction


async def by_ref(
    tx: Reading, table: Table, pairs: Collection[tuple[str, str]]
) -> Sequence[RowMapping]:
    """Return the rows of these (processor, ref) pairs; a transaction locks them until it ends."""
    if not pairs:
        return []
    statement = (
        select(table)
        .where(tuple_(table.c.processor, table.c.ref).in_(sorted(pairs)))
        .order_by(table.c.id)
    )
    if isinstance(tx, Transaction):
        statement = statement.with_for_update()
    return await tx.all(statement)


async def by_parent(
    tx: Reading, table: Table, column: str, ids: Collection[str]
) -> Sequence[RowMapping]:
    """Return the rows whose column is one of these ids, in their own order."""
    if not ids:
        return []
    statement = select(table).where(table.c[column].in_(sorted(ids))).order_by(table.c.position)
    return await tx.all(statement)


async def ids_by_ref(
    tx: Reading, table: Table, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return our ids of these (processor, ref) pairs, as far as we hold them."""
    if not pairs:
        return {}
    statement = select(table.c.processor, table.c.ref, table.c.id).where(
        tuple_(table.c.processor, table.c.ref).in_(sorted(pairs))
    )
    return {(row["processor"], row["ref"]): row["id"] for row in await tx.all(statement)}


async def unlinked(
    tx: Transaction,
    table: Table,
    id_column: str,
    ref_column: str,
    pairs: Collection[tuple[str, str]],
) -> Sequence[RowMapping]:
    """Return rows that name one of these parents by ref but do not hold its id yet."""
    statement = (
        select(table)
        .where(
            table.c[id_column].is_(None),
            tuple_(table.c.processor, table.c[ref_column]).in_(sorted(pairs)),
        )
        .order_by(table.c.id)
        .with_for_update()
    )
    return await tx.all(statement)


async def add(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns, in one round trip."""
    if rows:
        await tx.execute(insert(table), rows)


async def change(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows by id, all with the same columns, in one round trip."""
    if rows:
        columns = [name for name in rows[0] if name != "id"]
        statement = (
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values({name: bindparam(f"new_{name}") for name in columns})
        )
        await tx.execute(
            statement,
            [
                {"row_id": row["id"], **{f"new_{name}": row[name] for name in columns}}
                for row in rows
            ],
        )


async def remove(tx: Transaction, table: Table, ids: Sequence[str]) -> None:
    """Delete rows by id."""
    if ids:
        await tx.execute(delete(table).where(table.c.id.in_(ids)))
