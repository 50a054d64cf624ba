"""Things that are gone or cannot be read, and children that come and go."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from accrue_core.app import MIRRORS
from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from accrue_core.errors import UnknownVocabulary
from tests.spine.answers import (
    CUSTOMER,
    EVERYTHING,
    ITEM,
    MONTH,
    SUB,
    T0,
    held,
    history,
    tell,
    types,
)
from tests.spine.database import Spine

NOUNS = [mirror.noun for mirror in MIRRORS.mirrors]


async def test_a_deleted_thing_is_kept_as_gone_and_comes_back_if_it_is_there_again(
    spine: Spine,
) -> None:
    await tell(spine, CUSTOMER, SUB)
    before = await held(spine, "subscription", "sub_1")
    for _ in range(2):
        spine.clock.advance(hours=1)
        await tell(spine, GoneSnapshot("subscription", "sub_1"))
    gone = await held(spine, "subscription", "sub_1")
    assert gone.gone_at is not None
    assert gone.gone_at < spine.clock.now()
    assert not gone.is_entitling
    assert (gone.status, gone.items, gone.customer_id) == (
        before.status,
        before.items,
        before.customer_id,
    )
    assert (await types(spine))[2:] == ["subscription.gone"]
    await tell(spine, SUB)
    back = await held(spine, "subscription", "sub_1")
    assert (back.gone_at, back.id, back.is_entitling) == (None, before.id, True)
    assert (await types(spine))[3:] == ["subscription.updated"]
    assert (await history(spine))[-1].data["changed"] == ["gone_at"]


async def test_an_unknown_word_closes_the_gate_until_the_next_readable_answer(
    spine: Spine,
) -> None:
    await tell(spine, CUSTOMER, SUB)
    absorbed = await tell(spine, UnreadableSnapshot("subscription", "sub_1", "frozen"))
    row = await held(spine, "subscription", "sub_1")
    assert absorbed.unreadable == {("subscription", "fake", "sub_1"): "frozen"}
    assert (row.unreadable, row.status, row.is_entitling) == ("frozen", "active", False)
    assert row.items
    assert row.customer_id is not None
    await tell(spine, UnreadableSnapshot("subscription", "sub_1", "frozen"))
    await tell(spine, SUB)
    assert (await held(spine, "subscription", "sub_1")).is_entitling
    assert (await types(spine))[2:] == ["subscription.unreadable", "subscription.updated"]
    last = await history(spine)
    assert last[2].data == {"noun": "subscription", "word": "frozen"}
    assert last[2].customer_id == last[0].subject


@pytest.mark.parametrize("noun", NOUNS)
async def test_what_we_never_knew_is_not_made_of_a_deletion_or_an_unknown_word(
    spine: Spine, noun: str
) -> None:
    first = await tell(spine, GoneSnapshot(noun, "x_1"))
    second = await tell(spine, UnreadableSnapshot(noun, "x_1", "odd"))
    assert first.rows == second.rows == {}
    assert second.unreadable == {(noun, "fake", "x_1"): "odd"}
    assert await held(spine, noun, "x_1") is None
    assert await types(spine) == []


@pytest.mark.parametrize("noun", NOUNS)
async def test_every_noun_can_be_gone_and_unreadable(spine: Spine, noun: str) -> None:
    await tell(spine, *EVERYTHING)
    told = len(await types(spine))
    snapshot = next(one for one in EVERYTHING if one.noun == noun)
    await tell(spine, UnreadableSnapshot(noun, snapshot.ref, "odd"))
    await tell(spine, GoneSnapshot(noun, snapshot.ref))
    row = await held(spine, noun, snapshot.ref)
    assert (row.unreadable, row.gone_at is not None) == ("odd", True)
    assert (await types(spine))[told:] == [f"{noun}.unreadable", f"{noun}.gone"]
    owner = {entry.customer_id for entry in await history(spine)}
    assert len(owner) == 1
    await tell(spine, snapshot)
    row = await held(spine, noun, snapshot.ref)
    assert (row.unreadable, row.gone_at) == (None, None)


async def test_a_noun_that_nobody_mirrors_is_loud(spine: Spine) -> None:
    for stranger in (GoneSnapshot("coupon", "x"), object()):
        with pytest.raises(UnknownVocabulary):
            await tell(spine, stranger)


async def test_an_unknown_word_of_any_length_is_an_unknown_word(spine: Spine) -> None:
    await tell(spine, SUB)
    absorbed = await tell(spine, UnreadableSnapshot("subscription", "sub_1", "x" * 200))
    assert absorbed.unreadable
    assert not (await held(spine, "subscription", "sub_1")).is_entitling


ITEM_2 = replace(ITEM, ref="si_2", price="p_seats", quantity=5)
CHILDREN = {
    "added": ((ITEM,), (ITEM, ITEM_2), "subscription.items_changed"),
    "removed": ((ITEM, ITEM_2), (ITEM_2,), "subscription.items_changed"),
    "all removed": ((ITEM, ITEM_2), (), "subscription.items_changed"),
    "replaced": ((ITEM,), (ITEM_2,), "subscription.items_changed"),
    "reordered": ((ITEM, ITEM_2), (ITEM_2, ITEM), "subscription.updated"),
    "changed": ((ITEM,), (replace(ITEM, product="prod_1"),), "subscription.updated"),
    "prolonged": (
        (ITEM,),
        (replace(ITEM, current_period_end=T0 + 2 * MONTH),),
        "subscription.renewed",
    ),
}


@pytest.mark.parametrize("change", sorted(CHILDREN))
async def test_children_come_go_and_move_with_their_parent(spine: Spine, change: str) -> None:
    first, second, event = CHILDREN[change]
    await tell(spine, replace(SUB, items=first))
    before = {item.ref: item.id for item in (await held(spine, "subscription", "sub_1")).items}
    await tell(spine, replace(SUB, items=second))
    row = await held(spine, "subscription", "sub_1")
    assert [(i.ref, i.position) for i in row.items] == [
        (item.ref, place) for place, item in enumerate(second)
    ]
    for item, wanted in zip(row.items, second, strict=True):
        assert {f.name: getattr(item, f.name) for f in fields(wanted)} == {
            f.name: getattr(wanted, f.name) for f in fields(wanted)
        }
        assert before.get(item.ref, item.id) == item.id
    assert await types(spine) == ["subscription.started", event]
    image = (await history(spine))[-1].after["items"]
    assert [child["ref"] for child in image] == [item.ref for item in second]
    assert await spine.scalar("SELECT count(*) FROM accrue_subscription_items") == len(second)
