"""Nothing personal reaches the ledger."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from accrue_core.app import MIRRORS
from tests.spine.answers import (
    CARD,
    CUSTOMER,
    EVERYTHING,
    INVOICE,
    SUB,
    T0,
    ask,
    history,
    stored_entries,
    tell,
)
from tests.spine.database import Spine
from tests.units.strategies import pairs

MARK = "zQ7"
CHANGES: list[tuple[Any, dict[str, Any], list[str]]] = [
    (CUSTOMER, {"name": f"{MARK} name"}, ["name"]),
    (CUSTOMER, {"name": f"{MARK} name", "email": f"{MARK}@example.com"}, ["email", "name"]),
    (CARD, {"last4": MARK, "fingerprint": MARK}, ["fingerprint", "last4"]),
    (CARD, {"exp_month": 12, "exp_year": 7777777}, ["exp_month", "exp_year"]),
    (SUB, {"metadata": {MARK: MARK}}, ["metadata"]),
    (
        INVOICE,
        {"lines": (replace(INVOICE.lines[0], description=f"{MARK} Street"),)},
        ["lines"],
    ),
]


@pytest.mark.parametrize(("snapshot", "change", "names"), CHANGES)
async def test_a_personal_change_alone_names_the_columns_and_no_value(
    spine: Spine, snapshot: Any, change: dict[str, Any], names: list[str]
) -> None:
    await tell(spine, *EVERYTHING)
    count = len(await stored_entries(spine))
    await tell(spine, replace(snapshot, **change))
    [entry] = (await history(spine))[count:]
    assert entry.type == f"{snapshot.noun}.updated"
    assert entry.data == {"noun": snapshot.noun, "changed": names}
    for stored in await stored_entries(spine):
        assert MARK.encode() not in stored.body
        assert b"7777777" not in stored.body
    personal = MIRRORS.noun(snapshot.noun).personal
    assert not personal & set(entry.after)


def marked(snapshot: Any) -> tuple[Any, list[str]]:
    """Return the snapshot with a marker in every field that is personal or free text."""
    marks = [f"{MARK}{number}" for number in range(6)]
    changes: dict[str, dict[str, Any]] = {
        "customer": {"name": marks[0], "email": marks[1], "metadata": {marks[2]: marks[3]}},
        "payment_method": {"last4": marks[0][:4], "fingerprint": marks[1], "exp_year": 98765432},
        "subscription": {"metadata": {marks[0]: marks[1], "k": marks[2]}},
        "invoice": {},
        "checkout_session": {},
        "schedule": {"metadata": {marks[0]: marks[1]}},
    }
    change = dict(changes[snapshot.noun])
    if snapshot.noun == "invoice":
        change["lines"] = tuple(replace(line, description=marks[3]) for line in snapshot.lines)
    return replace(snapshot, **change), [*marks, "98765432"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pairs)
async def test_no_personal_value_is_in_any_entry(spine: Spine, pair: tuple[Any, Any]) -> None:
    ref = f"x_{await ask(spine)}"
    first, marks = marked(replace(pair[0], ref=ref))
    second = replace(pair[1], ref=ref)
    third, _ = marked(second)
    for snapshot in (first, second, third):
        await tell(spine, snapshot)
    bodies = b"\n".join(entry.body for entry in await stored_entries(spine))
    for mark in [MARK, *marks]:
        assert mark.encode() not in bodies


async def test_after_images_hold_every_other_column_exactly(spine: Spine) -> None:
    moment = T0.replace(microsecond=123456)
    await tell(spine, replace(SUB, cancel_at=moment, cancel_at_period_end=True), INVOICE)
    sub, invoice = (await history(spine))[0], (await history(spine))[1]
    assert sub.after["cancel_at"] == "2026-03-01T00:00:00.123456Z"
    assert (sub.after["status"], sub.after["cancel_at_period_end"]) == ("active", True)
    assert invoice.after["total_minor"] == 2000
    line = {f.name for f in fields(MIRRORS.noun("invoice").children["lines"].row)}
    assert set(invoice.after["lines"][0]) == line - {"description"}
