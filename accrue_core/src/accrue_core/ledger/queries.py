"""Every read and write of the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, func, insert, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import RowMapping

from accrue_core.db.base import column_names, to_row
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.errors import InvalidRequest
from accrue_core.ledger.chain import GENESIS
from accrue_core.ledger.models import (
    ChainHead,
    LedgerEntry,
    UnreadableEntry,
    entries,
    heads,
)

_HEADS = (
    select(heads)
    .where(heads.c.chain.in_(bindparam("chains", expanding=True)))
    .order_by(heads.c.chain)
)
_LOCK_HEADS = _HEADS.with_for_update()
_NEW_HEADS_SQLITE = sqlite.insert(heads).on_conflict_do_nothing()
_NEW_HEADS_POSTGRESQL = postgresql.insert(heads).on_conflict_do_nothing()
_ADD = insert(entries)
_MOVE_HEADS = (
    update(heads)
    .where(heads.c.chain == bindparam("of_chain"))
    .values(sequence=bindparam("new_sequence"), hash=bindparam("new_hash"), at=bindparam("new_at"))
)


async def lock_heads(tx: Transaction, chains: Sequence[str], now: datetime) -> dict[str, ChainHead]:
    """Lock the heads of these chains, making those that do not exist yet.

    A missing head is inserted before any is locked. SELECT ... FOR UPDATE of a missing row locks
    nothing, and two first writers would both take the first number; and who inserts one while
    others are locked waits for another first writer, who may be waiting for those. On SQLite the
    writer is alone, and looks once.
    """
    found = await tx.all(_HEADS, {"chains": chains})
    there = {row["chain"] for row in found}
    missing = [chain for chain in chains if chain not in there]
    if missing:
        new = _NEW_HEADS_SQLITE if tx.is_sqlite else _NEW_HEADS_POSTGRESQL
        await tx.execute(
            new, [{"chain": chain, "sequence": 0, "hash": GENESIS, "at": now} for chain in missing]
        )
    if missing or not tx.is_sqlite:
        found = await tx.all(_LOCK_HEADS, {"chains": chains})
    return {row["chain"]: to_row(ChainHead, row) for row in found}


async def add(tx: Transaction, written: Sequence[LedgerEntry]) -> None:
    """Insert entries."""
    names = column_names(LedgerEntry)
    await tx.execute(_ADD, [{name: getattr(entry, name) for name in names} for entry in written])


async def move_heads(tx: Transaction, moved: Sequence[ChainHead]) -> None:
    """Let heads point at the newest entries."""
    await tx.execute(
        _MOVE_HEADS,
        [
            {
                "of_chain": head.chain,
                "new_sequence": head.sequence,
                "new_hash": head.hash,
                "new_at": head.at,
            }
            for head in moved
        ],
    )


async def by_ids(reading: Reading, ids: Sequence[str]) -> list[LedgerEntry]:
    """Return entries by id, in the order they were written."""
    statement = select(entries).where(entries.c.id.in_(ids)).order_by(entries.c.id)
    return [to_row(LedgerEntry, row) for row in await reading.all(statement)]


async def timeline(
    reading: Reading,
    *,
    customer_ids: Sequence[str] = (),
    subject: str | None = None,
    before: str | None = None,
    limit: int,
) -> list[LedgerEntry]:
    """Return the newest entries of customers, or of one subject, older than entry ``before``."""
    order = (entries.c.at, entries.c.sequence, entries.c.id)
    statement = select(entries).order_by(*(column.desc() for column in order)).limit(limit)
    if subject is not None:
        statement = statement.where(entries.c.subject == subject)
    else:
        statement = statement.where(entries.c.customer_id.in_(customer_ids))
    if before is not None:
        cursor = await reading.first(select(*order).where(entries.c.id == before))
        if cursor is None:
            raise InvalidRequest(f"no ledger entry {before}")
        statement = statement.where(
            tuple_(*order) < tuple_(*(literal(cursor[c.name], c.type) for c in order))
        )
    return [to_row(LedgerEntry, row) for row in await reading.all(statement)]


async def last_of(reading: Reading, subject: str, moment: datetime) -> LedgerEntry | None:
    """Return the newest entry about a subject that is not after a moment.

    Several may have one time. Within a chain their numbers order them; a subject that has changed
    chains (its customer became known, or another) was last written where the id is newest.
    """
    newest = (
        select(func.max(entries.c.at))
        .where(entries.c.subject == subject, entries.c.at <= moment)
        .scalar_subquery()
    )
    statement = select(entries).where(entries.c.subject == subject, entries.c.at == newest)
    last: dict[str, LedgerEntry] = {}
    for row in await reading.all(statement.order_by(entries.c.sequence)):
        last[row["chain"]] = to_row(LedgerEntry, row)
    return max(last.values(), key=lambda entry: entry.id, default=None)


async def listed(
    reading: Reading, *, type_: str | None = None, before: str | None = None, limit: int
) -> list[LedgerEntry]:
    """Return entries of all chains, of one type or of all, newest first, older than ``before``."""
    statement = select(entries).order_by(entries.c.id.desc()).limit(limit)
    if type_ is not None:
        statement = statement.where(entries.c.type == type_)
    if before is not None:
        statement = statement.where(entries.c.id < before)
    return [to_row(LedgerEntry, row) for row in await reading.all(statement)]


async def around(reading: Reading, entry: LedgerEntry) -> list[LedgerEntry]:
    """Return an entry's neighbours in its chain: the one before and the one after it, if any."""
    statement = (
        select(entries)
        .where(
            entries.c.chain == entry.chain,
            entries.c.sequence.in_([entry.sequence - 1, entry.sequence + 1]),
        )
        .order_by(entries.c.sequence)
    )
    return [to_row(LedgerEntry, row) for row in await reading.all(statement)]


async def walk(
    reading: Reading, *, size: int
) -> AsyncIterator[list[LedgerEntry | UnreadableEntry]]:
    """Yield all entries in chain order, in blocks, with constant memory."""
    chain, sequence = "", -1
    order = (entries.c.chain, entries.c.sequence)
    while True:
        # As a pair: written out with OR, SQLite begins each block at the first entry.
        after = tuple_(*order) > tuple_(literal(chain), literal(sequence))
        try:
            statement = select(entries).where(after).order_by(*order).limit(size)
            rows = await reading.all(statement)
            block: list[LedgerEntry | UnreadableEntry] = [_readable(row) for row in rows]
        except (ValueError, TypeError):
            keys = await reading.all(select(*order).where(after).order_by(*order).limit(size))
            block = [await _one(reading, key["chain"], key["sequence"]) for key in keys]
        if not block:
            return
        yield block
        chain, sequence = block[-1].chain, block[-1].sequence


async def _one(reading: Reading, chain: str, sequence: int) -> LedgerEntry | UnreadableEntry:
    """Return one entry, or that somebody put into its columns what cannot even be read."""
    statement = select(entries).where(entries.c.chain == chain, entries.c.sequence == sequence)
    try:
        return _readable((await reading.all(statement))[0])
    except (ValueError, TypeError):
        return UnreadableEntry(chain=chain, sequence=sequence)


def _readable(row: RowMapping) -> LedgerEntry:
    entry = to_row(LedgerEntry, row)
    if not isinstance(entry.body, bytes) or not isinstance(entry.hash, bytes):
        raise TypeError("SQLite keeps in a column whatever is put there")
    return entry


async def heads_of(reading: Reading, chains: Sequence[str]) -> dict[str, ChainHead]:
    """Return the heads of these chains."""
    statement = select(heads).where(heads.c.chain.in_(chains))
    return {row["chain"]: to_row(ChainHead, row) for row in await reading.all(statement)}


async def emptied_heads(reading: Reading, *, limit: int) -> list[ChainHead]:
    """Return heads whose chain has lost all of its entries."""
    statement = (
        select(heads)
        .where(~exists().where(entries.c.chain == heads.c.chain))
        .order_by(heads.c.chain)
        .limit(limit)
    )
    return [to_row(ChainHead, row) for row in await reading.all(statement)]
