"""Whatever single thing is edited in the ledger, verification finds it and names the place."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from accrue_core.db.transaction import Transaction
from accrue_core.ledger.chain import canonical_bytes, entry_hash, read
from accrue_core.ledger.models import LedgerEntry, entries
from tests.spine.database import Spine
from tests.spine.ledgers import (
    LENGTH,
    MIDDLE,
    breaks_after,
    chain_name,
    edit_row,
    flipped,
    rebuilt,
)

# Drawn whole before the test runs: an async test cannot draw while it does.
chances = st.integers(0, 10**6).map(Random)
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def edited_value(entry: LedgerEntry, column: str, chance: Random) -> Any:
    """Return another value for a column."""
    value = getattr(entry, column)
    if column in {"body", "hash"}:
        return flipped(value, chance.randrange(len(value)), chance.randrange(1, 256))
    if column == "at":
        return value + timedelta(microseconds=chance.choice([-1, 1, 10**9]))
    if column == "id":
        return f"aled_{chance.randrange(10**9):026d}"
    if column == "customer_id":
        return chance.choice([None, chain_name(77)])
    return value + chance.choice(" .x")


COLUMNS = ["id", "type", "subject", "customer_id", "at", "body", "hash"]


@many
@given(
    place=st.integers(0, LENGTH - 1),
    column=st.sampled_from(COLUMNS),
    chance=chances,
)
async def test_an_edited_entry_is_named(
    written: Spine, place: int, column: str, chance: Random
) -> None:
    edited: dict[str, Any] = {}

    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        value = edited_value(chain[place], column, chance)
        edited["id"] = value if column == "id" else chain[place].id
        await edit_row(tx, chain[place], **{column: value})

    [found] = await breaks_after(written, edit)
    assert (found.chain, found.sequence) == (chain_name(MIDDLE), place + 1)
    assert found.entry_id == edited["id"]
    reason = "bytes do not match" if column in {"body", "hash"} else "columns do not match"
    assert reason in found.reason


@many
@given(place=st.integers(0, LENGTH - 1), chance=chances)
async def test_an_entry_moved_to_another_place_or_chain_leaves_a_hole(
    written: Spine, place: int, chance: Random
) -> None:
    moves: list[tuple[str, Any]] = [
        ("sequence", chance.choice([0, -1, LENGTH + 1, LENGTH + 9])),
        ("chain", chance.choice(["", "zzz", chain_name(88)])),
    ]
    column, value = chance.choice(moves)

    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        await edit_row(tx, chain[place], **{column: value})

    mine = [b for b in await breaks_after(written, edit) if b.chain == chain_name(MIDDLE)]
    [found] = mine
    expected = 1 if column == "sequence" and value < 1 else place + 1
    if column == "sequence" and value == LENGTH + 1 and place == LENGTH - 1:
        expected = LENGTH
    assert found.sequence == expected


@many
@given(start=st.integers(0, LENGTH - 1), count=st.integers(1, LENGTH))
async def test_deleted_entries_leave_a_hole_a_cut_tail_or_an_empty_chain(
    written: Spine, start: int, count: int
) -> None:
    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        gone = [entry.id for entry in chain[start : start + count]]
        await tx.execute(delete(entries).where(entries.c.id.in_(gone)))

    [found] = await breaks_after(written, edit)
    assert (found.chain, found.sequence, found.entry_id) == (chain_name(MIDDLE), start + 1, None)
    if start == 0 and count == LENGTH:
        assert found.reason == "the whole chain is missing"
    elif start + count >= LENGTH:
        assert found.reason == "the chain was cut off here"
    else:
        assert found.reason == "an entry is missing here"


@many
@given(st.sets(st.integers(0, LENGTH - 1), min_size=2, max_size=2))
async def test_two_swapped_entries_are_found_at_the_first(written: Spine, places: set[int]) -> None:
    first, second = sorted(places)

    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        for entry, sequence in (
            (chain[first], -1),
            (chain[second], first + 1),
            (chain[first], second + 1),
        ):
            await edit_row(tx, entry, sequence=sequence)

    [found] = await breaks_after(written, edit)
    assert (found.chain, found.sequence) == (chain_name(MIDDLE), first + 1)
    assert found.entry_id is not None


async def test_an_entry_added_by_hand_is_found(written: Spine) -> None:
    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        last = chain[-1]
        content = read(last.body) | {"sequence": LENGTH + 1, "id": "aled_" + "0" * 26}
        body = canonical_bytes(content)
        await tx.execute(
            insert(entries),
            [
                rebuilt(
                    last,
                    id=content["id"],
                    sequence=LENGTH + 1,
                    body=body,
                    hash=entry_hash(last.hash, body),
                )
            ],
        )

    [found] = await breaks_after(written, edit)
    assert (found.chain, found.reason) == (
        chain_name(MIDDLE),
        "the head of the chain was changed",
    )


async def test_an_entry_rewritten_with_a_fitting_hash_is_found_at_its_successor(
    written: Spine,
) -> None:
    async def edit(tx: Transaction, chain: list[LedgerEntry]) -> None:
        body = canonical_bytes(read(chain[2].body) | {"actor": "operator:9"})
        await edit_row(tx, chain[2], body=body, hash=entry_hash(chain[1].hash, body))

    [found] = await breaks_after(written, edit)
    assert found.sequence == 4
