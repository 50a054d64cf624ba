from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.ids import PREFIXES, TimeOrderedIds, checked, kind_of, to_text, to_uuid

kinds = st.sampled_from(sorted(PREFIXES))
GARBAGE: list[Any] = [
    "",
    "asub",
    "asub_",
    "sub_1MowQVLkdIwHu7ixeRlqHVzs",
    "acus_00000000000000000000000000",
    "asub_0000000000000000000000000",
    "asub_000000000000000000000000000",
    "asub_0000000000000000000000000u",
    "asub_0000000000000000000000000O",
    "asub_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "ASUB_00000000000000000000000000",
    "asub_0000000000000000000000000\n",
    "asub_0000000000000000000000000é",
    " asub_00000000000000000000000000",
    None,
    5,
    b"asub_00000000000000000000000000",
]


@given(kinds, st.uuids())
def test_an_id_is_read_back_as_it_was_written(kind: str, value: UUID) -> None:
    text = to_text(PREFIXES[kind], value)
    assert to_uuid(PREFIXES[kind], text) == value
    assert len(text) == len(PREFIXES[kind]) + 27
    assert kind_of(text) == kind
    assert checked(kind, text) == text


@given(st.uuids(), st.uuids())
def test_text_sorts_as_the_ids_do(one: UUID, other: UUID) -> None:
    assert (to_text("asub", one) < to_text("asub", other)) == (one < other)


def test_the_text_is_what_the_typeid_specification_writes() -> None:
    value = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    assert to_text("prefix", value) == "prefix_01h455vb4pex5vsknk084sn02q"
    assert to_text("asub", UUID(int=2**128 - 1)) == "asub_7zzzzzzzzzzzzzzzzzzzzzzzzz"


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_an_invalid_request_and_never_found(text: Any) -> None:
    with pytest.raises(InvalidRequest, match="not an id of the form asub_"):
        to_uuid("asub", text)
    with pytest.raises(NotFound, match="no subscription"):
        checked("subscription", text)


@given(st.text(max_size=40))
def test_any_text_is_an_id_of_ours_or_refused(text: str) -> None:
    for tail in (text, f"asub_{text}"):
        try:
            value = to_uuid("asub", tail)
        except InvalidRequest:
            continue
        assert to_text("asub", value) == tail


def test_the_message_about_a_missing_thing_repeats_no_more_than_a_little_of_the_id() -> None:
    with pytest.raises(NotFound) as caught:
        checked("payment_method", "x" * 5000)
    assert len(str(caught.value)) < 100
    assert str(caught.value).startswith("no payment method ")


@pytest.mark.parametrize("text", ["cus_123", "sub_123", "pi_1", "", "asub", "_"])
def test_what_is_not_ours_is_of_no_kind(text: str) -> None:
    assert kind_of(text) is None


def test_prefixes_are_unique_and_none_is_stripes() -> None:
    stripes = {"cus", "pm", "sub", "si", "in", "il", "inpay", "ch", "re", "evt", "price", "prod"}
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert not stripes & set(PREFIXES.values())


def test_new_ids_are_of_version_seven_and_keep_growing() -> None:
    source = TimeOrderedIds()
    made = [source.new() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {(value.version, value.variant) for value in made} == {
        (7, "specified in RFC 4122"),
    }
