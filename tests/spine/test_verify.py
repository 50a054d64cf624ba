"""Verification stays upright whatever it meets, and walks in blocks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from accrue_core.db.transaction import Transaction
from accrue_core.ledger import queries
from accrue_core.ledger import verify as verifying
from accrue_core.ledger.chain import entry_hash
from accrue_core.ledger.models import LedgerEntry, entries, heads
from accrue_core.ledger.verify import verify
from tests.services.lanes import on_sqlite
from tests.spine.database import Spine
from tests.spine.ledgers import (
    LENGTH,
    MIDDLE,
    breaks_after,
    chain_name,
    drop_triggers,
    edit_row,
    note,
)


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[1]", b"{}", b'"x"', b"[" * 2000])
async def test_bytes_that_are_no_entry_are_found_even_under_a_fitting_hash(
    written: Spine, body: bytes
) -> None:
    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        await edit_row(tx, chain[-1], body=body, hash=entry_hash(chain[-2].hash, body))

    [found] = await breaks_after(written, edit)
    assert (found.sequence, found.entry_id is not None) == (LENGTH, True)


@on_sqlite
@pytest.mark.parametrize(
    "edit", ["at = 'yesterday'", "id = 'nobody'", "customer_id = 'x'", "hash = 'x'", "body = 'x'"]
)
async def test_a_column_that_cannot_even_be_read_is_found(written: Spine, edit: str) -> None:
    async def scribble(tx: Transaction, chain: list[LedgerEntry]) -> None:
        await tx.connection.exec_driver_sql(
            f"UPDATE accrue_ledger SET {edit} WHERE chain = '{chain[0].chain}' AND sequence = 3"
        )

    [found] = await breaks_after(written, scribble)
    assert (found.chain, found.sequence) == (chain_name(MIDDLE), 3)


HEADS: dict[str, dict[str, Any]] = {
    "sequence back": {"sequence": LENGTH - 1},
    "sequence forward": {"sequence": LENGTH + 1},
    "hash": {"hash": bytes(32)},
    "at": {"at": "moved"},
}


@pytest.mark.parametrize("change", sorted(HEADS))
async def test_an_edited_head_is_found(written: Spine, change: str) -> None:
    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        values = dict(HEADS[change])
        if "at" in values:
            values["at"] = chain[-1].at + timedelta(days=900)
        await tx.execute(update(heads).where(heads.c.chain == chain[0].chain).values(**values))

    [found] = await breaks_after(written, edit)
    assert found.chain == chain_name(MIDDLE)
    assert "head" in found.reason or "cut off" in found.reason


async def test_a_removed_or_renamed_head_is_found(written: Spine) -> None:
    async def remove(tx: Transaction, chain: list[LedgerEntry]) -> None:
        await tx.execute(delete(heads).where(heads.c.chain == chain[0].chain))

    [found] = await breaks_after(written, remove)
    assert (found.chain, found.reason) == (
        chain_name(MIDDLE),
        "the head of the chain is missing",
    )

    async def rename(tx: Transaction, chain: list[LedgerEntry]) -> None:
        await tx.execute(update(heads).where(heads.c.chain == chain[0].chain).values(chain="zz"))

    found_both = await breaks_after(written, rename)
    assert {b.chain for b in found_both} == {chain_name(MIDDLE), "zz"}


async def test_edits_of_two_chains_are_both_found(written: Spine) -> None:
    async with written.undone() as tx:
        await drop_triggers(tx)
        await tx.execute(update(entries).where(entries.c.sequence == 3).values(type="x"))
        found = await verify(tx)
    assert [(b.chain, b.sequence) for b in found.breaks] == [
        (chain_name(number), 3) for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("size", [1, 2, 5, 7])
async def test_blocks_of_any_size_find_the_same(
    written: Spine, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_BLOCK", size)
    held: list[int] = []
    walk = queries.walk

    async def counted(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        async for block in walk(*args, **kwargs):
            held.append(len(block))
            yield block

    monkeypatch.setattr(queries, "walk", counted)
    async with written.snapshot() as moment:
        whole = await verify(moment)
    assert (whole.is_intact, whole.entries, whole.chains) == (True, 3 * LENGTH, 3)
    assert max(held) <= size
    assert len(held) >= 3 * LENGTH // size

    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        await edit_row(tx, chain[4], type="x")

    [found] = await breaks_after(written, edit)
    assert found.sequence == 5


async def test_an_empty_ledger_is_intact(spine: Spine) -> None:
    async with spine.reading() as reading:
        empty = await verify(reading)
    assert (empty.is_intact, empty.entries, empty.chains) == (True, 0, 0)
    async with spine.transaction() as tx:
        note(tx, 1)
    async with spine.reading() as reading:
        assert (await verify(reading)).entries == 1
