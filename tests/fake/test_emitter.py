"""Webhooks: owed until delivered, signed when sent."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from accrue_core.errors import RemoteMissing
from accrue_fake import Engine, FakeProcessor
from accrue_fake.engine.emitter import BACK_OFF
from tests.fake.shop import DAY, START, Shop


def test_a_webhook_says_where_to_look_and_nothing_else(shop: Shop) -> None:
    ref = shop.customer()

    (webhook,) = shop.engine.emitter.take()

    assert json.loads(webhook.body) == {
        "id": "evt_fake_00001",
        "type": "customer.created",
        "created": int(START.timestamp()),
        "livemode": False,
        "data": {"object": {"object": "customer", "id": ref}},
    }
    assert webhook.headers["accrue-fake-signature"].startswith(f"t={int(START.timestamp())},v1=")
    event = FakeProcessor(shop.engine).verify(webhook.body, webhook.headers, now=START)
    assert (event.noun, event.object_ref, event.created_at) == ("customer", ref, START)


def test_taken_is_not_owed_twice_and_not_forgotten(shop: Shop) -> None:
    shop.customer()
    (webhook,) = shop.engine.emitter.take()
    assert shop.engine.emitter.take() == []

    assert shop.engine.emitter.recall() == 1
    assert shop.engine.emitter.take() == [webhook]
    shop.engine.emitter.delivered(webhook.event_ref)

    assert shop.engine.emitter.recall() == 0
    assert shop.engine.emitter.pending() == ()


def test_a_failed_one_comes_back_later_signed_anew_and_at_last_is_given_up(shop: Shop) -> None:
    shop.customer()
    signatures, bodies = set(), set()
    for attempt, pause in enumerate((*BACK_OFF, DAY), start=1):
        (webhook,) = shop.engine.emitter.take()
        assert webhook.attempt == attempt
        signatures.add(webhook.headers["accrue-fake-signature"])
        bodies.add(webhook.body)
        shop.engine.emitter.failed(webhook.event_ref)
        assert shop.engine.emitter.take() == []
        shop.engine.advance(pause)

    assert shop.engine.emitter.take() == []
    assert len(signatures) == len(BACK_OFF) + 1
    assert len(bodies) == 1
    assert shop.engine.books.given_up == ["evt_fake_00001"]
    assert shop.engine.emitter.pending() == ()


def test_a_receiver_may_have_a_clock_of_its_own(shop: Shop) -> None:
    shop.customer()
    later = START + 400 * DAY

    (webhook,) = shop.engine.emitter.take(later)

    FakeProcessor(shop.engine).verify(webhook.body, webhook.headers, now=later)


def test_lost_delayed_and_sent_twice(shop: Shop) -> None:
    scenarios = shop.engine.scenarios
    scenarios.lose_next_webhook(type="customer.created")
    scenarios.delay_next_webhook(timedelta(minutes=10), type="invoice.created")
    scenarios.duplicate_next_webhook(type="invoice.paid")
    shop.subscribed()

    taken = shop.engine.emitter.take()
    types = [json.loads(webhook.body)["type"] for webhook in taken]
    assert "customer.created" not in types
    assert "invoice.created" not in types
    assert types.count("invoice.paid") == 2
    for webhook in taken:
        shop.engine.emitter.delivered(webhook.event_ref)

    shop.engine.advance(timedelta(minutes=10))
    (late,) = shop.engine.emitter.take()
    assert json.loads(late.body)["type"] == "invoice.created"


def test_shuffled_is_everything_in_another_order(shop: Shop) -> None:
    other = Shop()
    for one in (shop, other):
        one.subscribed()
    other.engine.scenarios.shuffle_webhooks()

    straight = [webhook.event_ref for webhook in shop.engine.emitter.take()]
    shuffled = [webhook.event_ref for webhook in other.engine.emitter.take()]

    assert straight == sorted(straight)
    assert shuffled != straight
    assert sorted(shuffled) == straight


def test_few_at_a_time(shop: Shop) -> None:
    shop.subscribed()
    everything = len(shop.engine.emitter.pending())

    assert len(shop.engine.emitter.take(limit=2)) == 2
    assert len(shop.engine.emitter.take()) == everything - 2


def test_a_listener_hears_everything_at_once_also_what_is_lost_on_its_way(shop: Shop) -> None:
    emitter, heard = shop.engine.emitter, []

    def listen(type_: str, kind: str, ref: str) -> None:
        heard.append((type_, kind, ref, emitter.newest, [one.type for one in emitter.pending()]))

    emitter.listen(listen)
    shop.engine.scenarios.lose_next_webhook()
    lost, kept = shop.customer(), shop.customer()

    assert heard == [
        ("customer.created", "customer", lost, "evt_fake_00001", []),
        ("customer.created", "customer", kept, "evt_fake_00002", ["customer.created"]),
    ]
    assert len(emitter.take()) == 1


def test_what_a_listener_tells_in_turn_comes_after_what_it_heard(shop: Shop) -> None:
    emitter, told = shop.engine.emitter, []

    def answer(type_: str, kind: str, ref: str) -> None:
        if type_ == "customer.created":
            emitter.emit("customer.seen", kind, ref)

    emitter.listen(answer)
    emitter.listen(lambda type_, _, __: told.append((type_, emitter.newest)))
    shop.customer()

    assert shop.events() == ["customer.created", "customer.seen"]
    assert told == [("customer.seen", "evt_fake_00002"), ("customer.created", "evt_fake_00001")]


def test_listeners_are_no_part_of_the_books(shop: Shop) -> None:
    heard: list[str] = []
    shop.engine.emitter.listen(lambda type_, _, __: heard.append(type_))
    copy = Engine.load(shop.engine.dump())

    copy.emitter.emit("customer.updated", "customer", "cus_fake_00001")

    assert heard == []


def test_several_changes_told_as_one_are_one_event_of_the_outcome(shop: Shop) -> None:
    ref, engine = shop.customer(), shop.engine
    shop.events()
    names: list[str | None] = []
    engine.emitter.listen(lambda _, __, one: names.append(engine.customers.fetch(one).main.name))

    with engine.emitter.as_one():
        engine.customers.edit(ref, name="Ada")
        with engine.emitter.as_one():
            engine.customers.edit(ref, name="Grace")
        assert shop.events() == []

    assert names == ["Grace"]
    assert shop.events() == ["customer.updated"]


def test_changes_that_came_before_an_error_are_told_all_the_same(shop: Shop) -> None:
    ref, engine = shop.customer(), shop.engine
    shop.events()

    def rename_both() -> None:
        with engine.emitter.as_one():
            engine.customers.edit(ref, name="Ada")
            engine.customers.edit("cus_nobody", name="Ada")

    with pytest.raises(RemoteMissing):
        rename_both()

    assert shop.events() == ["customer.updated"]
    engine.customers.edit(ref, name="Grace")
    assert shop.events() == ["customer.updated"]
