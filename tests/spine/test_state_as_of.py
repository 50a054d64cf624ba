"""The ledger knows every row as it was at every moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accrue_core.app import MIRRORS
from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from accrue_core.ledger.chain import canonical_bytes, read
from accrue_core.ledger.queries import last_of
from accrue_core.mirror.thing import after_image
from tests.spine.answers import CUSTOMER, EVERYTHING, SUB, held, stored_entries, tell
from tests.spine.database import Spine
from tests.units.strategies import snapshots_of

NOUNS = [mirror.noun for mirror in MIRRORS.mirrors]
STEPS = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(days=3)])


def plain(noun: str, row: Any) -> Any:
    """Return a row's columns as the ledger writes them."""
    return read(canonical_bytes(after_image(MIRRORS.noun(noun), row)))


async def columns_at(spine: Spine, subject: str, moment: datetime) -> Any:
    async with spine.reading() as reading:
        entry = await last_of(reading, subject, moment)
    return None if entry is None else read(entry.body)["after"]


HISTORIES = st.sampled_from(NOUNS).flatmap(
    lambda noun: st.lists(st.tuples(STEPS, snapshots_of(noun)), min_size=1, max_size=5)
)
"""What one thing was said to be, after how long: drawn as one, as async tests cannot draw."""


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(HISTORIES)
async def test_every_row_can_be_had_as_it_was_at_every_instant(
    spine: Spine, told: list[tuple[timedelta, Any]]
) -> None:
    spine.clock.advance(hours=1)
    first, noun, id_ = told[0][1], told[0][1].noun, ""
    ref = f"{first.ref}_{len(await stored_entries(spine))}"
    start, seen = spine.clock.now(), dict[datetime, Any]()
    for step, snapshot in told:
        spine.clock.moment += step
        await tell(spine, replace(snapshot, ref=ref))
        row = await held(spine, noun, ref)
        id_, seen[spine.clock.now()] = row.id, plain(noun, row)

    for moment, columns in seen.items():
        assert await columns_at(spine, id_, moment) == columns
    moments = sorted(seen)
    for before, after in pairwise(moments):
        between = before + (after - before) / 2
        assert (
            await columns_at(spine, id_, max(before, between - timedelta(microseconds=1)))
            == (seen[before])
        )
    if noun != "payment_method":
        assert await columns_at(spine, id_, start - timedelta(microseconds=1)) is None


async def test_what_changes_chains_and_what_ends_is_known_as_it_was(spine: Spine) -> None:
    seen: list[tuple[datetime, Any]] = []
    told = [
        SUB,
        CUSTOMER,
        replace(SUB, metadata={}),
        UnreadableSnapshot("subscription", "sub_1", "odd"),
        GoneSnapshot("subscription", "sub_1"),
        SUB,
    ]
    for snapshot in told:
        spine.clock.advance(hours=1)
        await tell(spine, snapshot)
        row = await held(spine, "subscription", "sub_1")
        seen.append((spine.clock.now(), plain("subscription", row)))
    for moment, columns in seen:
        assert await columns_at(spine, row.id, moment) == columns
        assert await columns_at(spine, row.id, moment + timedelta(minutes=59)) == columns


async def test_several_changes_at_one_instant_leave_the_last(spine: Spine) -> None:
    await tell(spine, SUB)
    await tell(spine, *EVERYTHING)
    await tell(spine, replace(SUB, cancel_at_period_end=True))
    row = await held(spine, "subscription", "sub_1")
    assert await columns_at(spine, row.id, spine.clock.now()) == plain("subscription", row)
