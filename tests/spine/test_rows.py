"""Rows that are asked for by the thousand, and how few statements that takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine

from accrue_core.billing.customers.models import customers
from accrue_core.clock import SystemClock
from accrue_core.db import rows
from accrue_core.ids import PREFIXES, TimeOrderedIds, to_text
from tests.spine.database import Spine

KINDS = ("braintree", "fake")


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Collect the statements that run."""
    statements: list[str] = []

    def collect(_c: Any, _cursor: Any, sql: str, _given: Any, _x: Any, _many: bool) -> None:
        statements.append(sql)

    event.listen(Engine, "before_cursor_execute", collect)
    yield statements
    event.remove(Engine, "before_cursor_execute", collect)


async def add(spine: Spine, refs: list[str]) -> None:
    ids, now = TimeOrderedIds(), SystemClock().now()
    fixed = {"seen": 1, "created_at": now, "updated_at": now, "metadata": {}}
    fixed |= {"tax_location": "unknown"}
    async with spine.transaction() as tx:
        await tx.execute(
            insert(customers),
            [
                {"id": to_text(PREFIXES["customer"], ids.new()), "processor": kind, "ref": ref}
                | fixed
                for kind in KINDS
                for ref in refs
            ],
        )


async def test_thousands_are_found_of_each_processor_in_blocks(
    spine: Spine, asked: list[str]
) -> None:
    there = [f"cus_{number:05}" for number in range(2 * rows.LONGEST + 3)]
    await add(spine, there)
    pairs = {(kind, ref) for kind in KINDS for ref in (*there, "cus_gone")}
    asked.clear()

    async with spine.reading() as reading:
        found = await rows.by_ref(reading, customers, pairs)
        ids = await rows.ids_by_ref(reading, customers, pairs)

    assert sorted((row["processor"], row["ref"]) for row in found) == sorted(
        (kind, ref) for kind in KINDS for ref in there
    )
    assert ids == {(row["processor"], row["ref"]): row["id"] for row in found}
    assert len(asked) == 2 * len(KINDS) * 3


async def test_lists_of_all_lengths_are_few_statements(spine: Spine, asked: list[str]) -> None:
    await add(spine, ["cus_1"])
    asked.clear()
    async with spine.reading() as reading:
        for length in range(1, 65):
            refs = {("fake", f"cus_{number}") for number in range(1, length + 1)}
            assert len(await rows.by_ref(reading, customers, refs)) == 1

    assert len(asked) == 64
    assert len(set(asked)) == 7


async def test_nothing_is_asked_for_nothing(spine: Spine, asked: list[str]) -> None:
    async with spine.reading() as reading:
        assert await rows.by_ref(reading, customers, set()) == []
        assert await rows.ids_by_ref(reading, customers, set()) == {}
        assert await rows.by_parent(reading, customers, "id", []) == []
    assert asked == []


@given(st.lists(st.text(), max_size=300))
def test_a_list_is_filled_with_its_last_value(values: list[str]) -> None:
    filled = rows.filled(values)

    assert list(filled[: len(values)]) == values
    assert set(filled[len(values) :]) <= set(values[-1:])
    assert len(filled) & (len(filled) - 1) == 0
    assert len(filled) < 2 * max(1, len(values))
