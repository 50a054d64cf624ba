"""The ledger only grows, and grows in one order per chain."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from accrue_core.db.transaction import Transaction
from accrue_core.ledger import queries
from accrue_core.ledger.append import append
from accrue_core.ledger.chain import GENESIS, agrees, entry_hash, read, view
from accrue_core.ledger.models import entries, heads
from accrue_core.ledger.verify import verify
from accrue_core.outbox.models import jobs
from tests.services.lanes import on_postgres, on_sqlite
from tests.spine.database import Spine
from tests.spine.ledgers import Noted, chain_name, every_entry, note, rebuilt, write


async def refused(spine: Spine, *statements: str) -> None:
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            async with spine.transaction() as tx:
                await tx.connection.exec_driver_sql(statement)


async def test_entries_are_chained_numbered_and_say_the_same_twice(spine: Spine) -> None:
    await write(spine, chains=3, length=4)
    async with spine.reading() as reading:
        found = await every_entry(reading)
        at_the_end = await queries.heads_of(reading, [chain_name(n) for n in (1, 2, 3)])
    assert len(found) == 12
    for number in (1, 2, 3):
        chain = [entry for entry in found if entry.chain == chain_name(number)]
        assert [entry.sequence for entry in chain] == [1, 2, 3, 4]
        previous = GENESIS
        for entry in chain:
            assert entry.hash == entry_hash(previous, entry.body)
            assert agrees(entry, read(entry.body))
            previous = entry.hash
        head = at_the_end[chain_name(number)]
        assert (head.sequence, head.hash, head.at) == (4, previous, chain[-1].at)
        assert [view(entry).after["number"] for entry in chain] == [0, 1, 2, 3]


async def test_an_entry_of_nobody_has_a_chain_of_its_subject(spine: Spine) -> None:
    async with spine.transaction() as tx:
        append(tx, Noted(1), subject="asub_x", customer_id=None, cause="t:1", after={})
    async with spine.reading() as reading:
        [entry] = await every_entry(reading)
    assert (entry.chain, entry.customer_id) == ("asub_x", None)


async def test_time_never_goes_back_within_a_chain(spine: Spine) -> None:
    for days in (0, -5, 1, -400, 3):
        async with spine.transaction() as tx:
            note(tx, days)
            note(tx, days, chain=2)
        spine.clock.advance(days=days)
    async with spine.reading() as reading:
        found = await every_entry(reading)
    for number in (1, 2):
        times = [entry.at for entry in found if entry.chain == chain_name(number)]
        assert times == sorted(times)
        assert len(times) == 5


async def test_a_rolled_back_entry_leaves_no_gap(spine: Spine) -> None:
    await write(spine, chains=1, length=1)

    async def flush(tx: Transaction) -> None:
        note(tx, 1)
        await tx.flush()

    with pytest.raises(KeyError):
        await spine.fail(flush)
    await write(spine, chains=1, length=1)
    async with spine.reading() as reading:
        assert [entry.sequence for entry in await every_entry(reading)] == [1, 2]
        assert (await verify(reading)).is_intact


async def test_entries_are_published_unless_an_import_wrote_them(spine: Spine) -> None:
    async with spine.transaction() as tx:
        note(tx, 1, cause="webhook:evt_1")
        note(tx, 2, cause="import:1")
    async with spine.reading() as reading:
        [promise] = await reading.all(select(jobs))
        first, _ = await every_entry(reading)
    assert promise["payload"] == {"entries": [first.id]}
    async with spine.transaction() as tx:
        note(tx, 3, cause="import:1")
    async with spine.reading() as reading:
        assert len(await reading.all(select(jobs))) == 1


async def test_twenty_tasks_that_append_to_one_chain_leave_no_gap(spine: Spine) -> None:
    alarms: list[Any] = []
    is_writing = True

    async def append_ten(task: int) -> None:
        for number in range(10):
            async with spine.transaction() as tx:
                note(tx, number, chain=1)
                note(tx, number, chain=2 + task % 3)
            spine.clock.advance(seconds=(-1) ** number)

    async def watch() -> int:
        rounds = 0
        while is_writing:
            async with spine.snapshot() as moment:
                alarms.extend((await verify(moment)).breaks)
            rounds += 1
            await asyncio.sleep(0)
        return rounds

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(append_ten(task) for task in range(20)))
    is_writing = False
    assert await watching > 1
    assert alarms == []
    async with spine.reading() as reading:
        found = await every_entry(reading)
        assert (await verify(reading)).is_intact
    mine = [entry for entry in found if entry.chain == chain_name(1)]
    assert [entry.sequence for entry in mine] == list(range(1, 201))
    assert [entry.at for entry in mine] == sorted(entry.at for entry in mine)
    assert len(found) == 400


async def test_chains_touched_in_opposite_orders_do_not_deadlock(spine: Spine) -> None:
    async def both(first: int, second: int) -> None:
        for number in range(15):
            async with spine.transaction() as tx:
                note(tx, number, chain=first)
                note(tx, number, chain=second)

    async with asyncio.timeout(60):
        await asyncio.gather(*(both(*pair) for pair in [(1, 2), (2, 1), (3, 1), (2, 3)] * 2))
    async with spine.reading() as reading:
        result = await verify(reading)
    assert (result.is_intact, result.entries, result.chains) == (True, 240, 3)


async def test_entries_are_not_updated_and_not_deleted(spine: Spine) -> None:
    await write(spine, chains=1, length=2)
    await refused(
        spine,
        "UPDATE accrue_ledger SET type = 'x'",
        "UPDATE accrue_ledger SET type = type WHERE sequence = 1",
        "DELETE FROM accrue_ledger WHERE sequence = 2",
        "DELETE FROM accrue_ledger",
        "WITH gone AS (SELECT 1) DELETE FROM accrue_ledger",
    )
    assert await spine.scalar("SELECT count(*) FROM accrue_ledger") == 2


@on_postgres
async def test_the_ledger_is_not_truncated_and_not_merged_into(spine: Spine) -> None:
    await write(spine, chains=1, length=2)
    await refused(
        spine,
        "TRUNCATE accrue_ledger",
        "TRUNCATE accrue_ledger CASCADE",
        "INSERT INTO accrue_ledger SELECT * FROM accrue_ledger "
        "ON CONFLICT (id) DO UPDATE SET type = 'x'",
        "MERGE INTO accrue_ledger l USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    )
    assert await spine.scalar("SELECT count(*) FROM accrue_ledger") == 2


@on_sqlite
async def test_an_entry_is_not_replaced(spine: Spine) -> None:
    await write(spine, chains=1, length=2)
    await refused(
        spine,
        "INSERT OR REPLACE INTO accrue_ledger SELECT * FROM accrue_ledger",
        "REPLACE INTO accrue_ledger SELECT * FROM accrue_ledger WHERE sequence = 1",
        "INSERT INTO accrue_ledger SELECT * FROM accrue_ledger WHERE true "
        "ON CONFLICT (id) DO UPDATE SET type = 'x'",
        "UPDATE OR REPLACE accrue_ledger SET sequence = 1",
    )
    assert await spine.scalar("SELECT count(*) FROM accrue_ledger") == 2


async def test_one_place_in_a_chain_is_taken_once(spine: Spine) -> None:
    await write(spine, chains=1, length=1)
    async with spine.reading() as reading:
        [entry] = await every_entry(reading)
    other = rebuilt(entry, id=entry.id[:-1] + ("0" if entry.id[-1] != "0" else "1"))
    with pytest.raises(IntegrityError):
        await spine.fail(lambda tx: tx.execute(insert(entries), [other]))


async def test_a_timeline_is_walked_page_by_page(spine: Spine) -> None:
    await write(spine, chains=2, length=7)
    seen: list[str] = []
    before: str | None = None
    async with spine.reading() as reading:
        while True:
            page = await queries.timeline(
                reading, customer_ids=[chain_name(1), chain_name(2)], before=before, limit=3
            )
            if not page:
                break
            seen += [entry.id for entry in page]
            before = page[-1].id
        everything = await every_entry(reading)
        mine = await queries.timeline(reading, subject=chain_name(2), limit=100)
    assert len(seen) == len(set(seen)) == 14
    assert [entry.sequence for entry in mine] == [7, 6, 5, 4, 3, 2, 1]
    by_id = {entry.id: entry for entry in everything}
    assert [by_id[id_].at for id_ in seen] == sorted((e.at for e in everything), reverse=True)


async def test_a_new_head_is_made_before_it_is_locked(spine: Spine) -> None:
    async def first(number: int) -> None:
        async with spine.transaction() as tx:
            note(tx, number, chain=9)

    await asyncio.gather(*(first(number) for number in range(10)))
    async with spine.reading() as reading:
        [head] = await reading.all(select(heads))
        assert head["sequence"] == 10
        assert (await verify(reading)).is_intact
