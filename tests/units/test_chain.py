from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.ledger.chain import (
    GENESIS,
    agrees,
    canonical_bytes,
    entry_hash,
    moment_text,
    read,
    view,
)
from accrue_core.ledger.models import LedgerEntry
from tests.units.strategies import moments, words

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


class Color(StrEnum):
    RED = "red"


leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | words
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
contents = st.dictionaries(words, values, max_size=5)


def entry_of(**changes: Any) -> tuple[LedgerEntry, dict[str, Any]]:
    content: dict[str, Any] = {
        "id": "aled_1",
        "chain": "acus_1",
        "sequence": 3,
        "type": "customer.updated",
        "subject": "acus_1",
        "customer_id": "acus_1",
        "at": moment_text(AT),
        "actor": "system",
        "cause": "webhook:evt_1",
        "data": {"changed": ["currency"]},
        "after": {"currency": "usd"},
    }
    body = canonical_bytes(content)
    entry = LedgerEntry(
        id="aled_1",
        chain="acus_1",
        sequence=3,
        type="customer.updated",
        subject="acus_1",
        customer_id="acus_1",
        at=AT,
        body=body,
        hash=entry_hash(GENESIS, body),
    )
    return replace(entry, **changes), content


@given(contents, st.randoms(use_true_random=False))
def test_the_same_content_has_the_same_bytes_in_whatever_order_it_was_made(
    content: dict[str, Any], shuffler: Any
) -> None:
    keys = list(content)
    shuffler.shuffle(keys)
    assert canonical_bytes({key: content[key] for key in keys}) == canonical_bytes(content)
    assert read(canonical_bytes(content)) == content


@given(contents, contents)
def test_different_content_has_different_bytes(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical_bytes(one) == canonical_bytes(other)) == same


@pytest.mark.parametrize(
    "value", [1.5, 0.0, float("nan"), float("inf"), b"x", {1}, object(), [1.5], {"a": {"b": 2.0}}]
)
def test_floats_and_strangers_have_no_place_in_the_ledger(value: Any) -> None:
    with pytest.raises(TypeError, match="has no place in the ledger"):
        canonical_bytes({"value": value})


def test_the_bytes_are_these_for_ever() -> None:
    content = {
        "b": Color.RED,
        "a": (1, None, True),
        "at": AT,
        "day": date(2026, 3, 1),
        "rate": Decimal("0.10"),
        "é": "ü",
    }
    written = (
        '{"a":[1,null,true],"at":"2026-03-01T12:30:00.000000Z","b":"red",'
        '"day":"2026-03-01","rate":"0.10","é":"ü"}'
    )
    assert canonical_bytes(content) == written.encode()
    assert entry_hash(GENESIS, b"{}").hex() == (
        "b27a6dca6bb79ad3d44cd9b27566d364e7382dfdf14ee9f8a0f8882cbb9d9d68"
    )


@given(moments, st.integers(-14, 14))
def test_a_moment_is_written_in_utc_to_the_microsecond(moment: datetime, hours: int) -> None:
    moved = moment.astimezone(timezone(timedelta(hours=hours)))
    assert moment_text(moved) == moment_text(moment)
    assert len(moment_text(moment)) == 27
    assert datetime.fromisoformat(moment_text(moment)) == moment


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=200), st.data())
def test_a_hash_changes_with_any_byte_before_it(
    previous: bytes, body: bytes, data: st.DataObject
) -> None:
    whole = entry_hash(previous, body)
    assert entry_hash(previous, body) == whole
    assert len(whole) == 32
    place = data.draw(st.integers(0, len(body) - 1))
    flip = data.draw(st.integers(1, 255))
    other = body[:place] + bytes([body[place] ^ flip]) + body[place + 1 :]
    assert entry_hash(previous, other) != whole
    place = data.draw(st.integers(0, 31))
    before = previous[:place] + bytes([previous[place] ^ flip]) + previous[place + 1 :]
    assert entry_hash(before, body) != whole
    assert entry_hash(previous, body + b" ") != whole
    assert entry_hash(previous, body[:-1]) != whole


def test_an_entry_agrees_with_its_own_bytes() -> None:
    entry, content = entry_of()
    assert agrees(entry, content)
    assert agrees(entry, read(entry.body))


OTHERS: dict[str, Any] = {
    "id": "aled_2",
    "chain": "acus_2",
    "sequence": 4,
    "type": "customer.created",
    "subject": "acus_2",
    "customer_id": None,
    "at": AT + timedelta(microseconds=1),
}


@pytest.mark.parametrize("column", sorted(OTHERS))
def test_each_edited_column_is_noticed(column: str) -> None:
    entry, content = entry_of(**{column: OTHERS[column]})
    assert not agrees(entry, content)
    entry, content = entry_of()
    del content[column]
    assert agrees(entry, content) is False


def test_every_column_is_either_bound_to_the_bytes_or_is_the_bytes() -> None:
    assert {f.name for f in fields(LedgerEntry)} == set(OTHERS) | {"body", "hash"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"null", b"\xff", b'{"a":1}x'])
def test_bytes_that_are_not_an_entry_are_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(body)


def test_handlers_see_what_the_bytes_say() -> None:
    entry, content = entry_of()
    seen = view(entry)
    for name in ("actor", "cause", "data", "after", "id", "type", "subject", "customer_id"):
        assert getattr(seen, name) == content[name]
    assert (seen.at, seen.sequence) == (AT, 3)
