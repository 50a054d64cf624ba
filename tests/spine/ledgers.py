"""A ledger with a few chains, and hands that edit it behind the triggers' back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select, update

from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.ids import to_text
from accrue_core.ledger.append import append
from accrue_core.ledger.events import LedgerEvent
from accrue_core.ledger.models import LedgerEntry, entries
from accrue_core.ledger.verify import Break, verify
from tests.spine.database import Spine

LENGTH = 6
MIDDLE = 2

DROP_TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER accrue_ledger_no_update",
        "DROP TRIGGER accrue_ledger_no_delete",
    ),
    "postgresql": (
        "DROP TRIGGER accrue_ledger_no_change ON accrue_ledger",
        "DROP TRIGGER accrue_ledger_no_truncate ON accrue_ledger",
    ),
}


@dataclass(frozen=True, slots=True)
class Noted(LedgerEvent):
    """Something was noted."""

    type: ClassVar[str] = "note.noted"
    number: int


def chain_name(number: int) -> str:
    """Return the id of the customer whose chain this is."""
    return to_text("acus", UUID(int=number))


def note(tx: Transaction, number: int, *, chain: int = 1, cause: str = "test:1") -> None:
    """Append one entry to a chain."""
    append(
        tx,
        Noted(number),
        subject=chain_name(chain),
        customer_id=chain_name(chain),
        cause=cause,
        after={"number": number},
    )


async def write(spine: Spine, *, chains: int, length: int) -> None:
    """Write chains of this length, entry by entry in turn, a few per transaction."""
    for number in range(length):
        async with spine.transaction() as tx:
            for chain in range(1, chains + 1):
                note(tx, number, chain=chain)
        spine.clock.advance(seconds=1)


async def every_entry(reading: Reading) -> list[LedgerEntry]:
    """Return all entries, chain by chain."""
    statement = select(entries).order_by(entries.c.chain, entries.c.sequence)
    return [to_row(LedgerEntry, row) for row in await reading.all(statement)]


async def drop_triggers(tx: Transaction) -> None:
    """Do what somebody with the power over the schema can do."""
    for statement in DROP_TRIGGERS[tx.connection.dialect.name]:
        await tx.connection.exec_driver_sql(statement)


def flipped(value: bytes, place: int, bits: int) -> bytes:
    """Return the bytes with one of them changed."""
    return value[:place] + bytes([value[place] ^ bits]) + value[place + 1 :]


def rebuilt(entry: LedgerEntry, **changes: Any) -> dict[str, Any]:
    """Return an entry's columns with changes, for inserting."""
    return {
        column.name: changes.get(column.name, getattr(entry, column.name)) for column in entries.c
    }


async def breaks_after(
    spine: Spine, edit: Callable[[Transaction, list[LedgerEntry]], Awaitable[None]]
) -> list[Break]:
    """Edit behind the triggers' back, verify, and undo the edit."""
    async with spine.undone() as tx:
        before = await verify(tx)
        assert (before.is_intact, before.entries, before.chains) == (True, 3 * LENGTH, 3)
        await drop_triggers(tx)
        await edit(tx, [e for e in await every_entry(tx) if e.chain == chain_name(MIDDLE)])
        return list((await verify(tx)).breaks)


async def edit_row(tx: Transaction, entry: LedgerEntry, **values: Any) -> None:
    """Change one entry in place."""
    await tx.execute(update(entries).where(entries.c.id == entry.id).values(**values))
