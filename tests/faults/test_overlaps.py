"""Overlaps: something else is heard while an answer is under way, and the newest row wins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key, UnreadableSnapshot
from accrue_core.contracts.subscriptions import (
    CreateSubscription,
    NewItem,
    SubscriptionStatus,
)
from accrue_core.errors import ProcessorUnavailable, UnknownVocabulary
from accrue_core.webhooks.refresh import refresh
from tests.faults.evidence import settle_hurried, unfinished
from tests.faults.meddling import MeddlingBackend, meddling
from tests.stage import TEAM, Stage, staged

CARD = "pm_card_visa"


@pytest.fixture
async def bench(prepared_database_url: str) -> AsyncIterator[tuple[Stage, MeddlingBackend]]:
    """Open a stage whose processor can be meddled with."""
    engine, processor, backend = meddling()
    async with staged(prepared_database_url, engine=engine, processor=processor) as stage:
        yield stage, backend


async def subscribed(stage: Stage, **terms: Any) -> Subscription:
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD, **terms)
    await stage.settle()
    return outcome.value


async def test_what_happened_while_the_answer_was_under_way_is_returned(
    bench: tuple[Stage, MeddlingBackend],
) -> None:
    stage, backend = bench
    subscription = await subscribed(stage)

    async def somebody_ends_it() -> None:
        stage.engine.subscriptions.becomes(subscription.ref, "canceled")
        await stage.settle()

    backend.after_next("subscriptions.cancel", somebody_ends_it)
    fetches = backend.calls["subscriptions.fetch"]
    row = await stage.billing.cancel(subscription.id)

    assert row.status == SubscriptionStatus.CANCELED
    # Once for the webhook and once for the overlap.
    assert backend.calls["subscriptions.fetch"] == fetches + 2
    await stage.settle()
    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.ended",
    ]
    assert await unfinished(stage) == []


async def test_an_overlap_that_says_the_same_costs_no_second_question(
    bench: tuple[Stage, MeddlingBackend],
) -> None:
    stage, backend = bench
    subscription = await subscribed(stage)

    backend.after_next("subscriptions.cancel", stage.settle)
    fetches = backend.calls["subscriptions.fetch"]
    row = await stage.billing.cancel(subscription.id)

    assert row.is_ending
    assert backend.calls["subscriptions.fetch"] == fetches + 1
    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.cancellation_scheduled",
    ]


async def test_a_refresh_that_overlaps_is_no_different(
    bench: tuple[Stage, MeddlingBackend],
) -> None:
    stage, backend = bench
    subscription = await subscribed(stage)
    name = ("subscription", "fake", subscription.ref)

    async def refreshed_after_an_edit() -> None:
        stage.engine.subscriptions.edit(subscription.ref, quantity=9)
        assert await refresh(stage.billing, [name]) == {}

    backend.after_next("subscriptions.cancel", refreshed_after_an_edit)
    row = await stage.billing.cancel(subscription.id)

    assert row.is_ending
    assert [item.quantity for item in row.items] == [9]


async def test_where_the_second_question_fails_a_refresh_makes_up_for_it(
    bench: tuple[Stage, MeddlingBackend],
) -> None:
    stage, backend = bench
    subscription = await subscribed(stage)

    async def somebody_ends_it() -> None:
        stage.engine.subscriptions.becomes(subscription.ref, "canceled")
        await stage.settle()
        stage.engine.scenarios.cut_next_call(call="subscriptions.fetch")

    backend.after_next("subscriptions.cancel", somebody_ends_it)
    row = await stage.billing.cancel(subscription.id)
    assert row.is_ended

    await stage.settle()
    assert (await stage.billing.subscription(subscription.id)).is_ended
    assert await stage.ledger(subscription.id) == ["subscription.started", "subscription.ended"]


async def test_what_was_not_believed_is_asked_about_again_even_if_no_webhook_comes(
    bench: tuple[Stage, MeddlingBackend],
) -> None:
    stage, backend = bench
    subscription = await subscribed(stage)
    scenarios = stage.engine.scenarios

    async def somebody_edits_it_first() -> None:
        stage.engine.subscriptions.edit(subscription.ref, quantity=2)
        await stage.settle()
        scenarios.lose_next_webhook(type="customer.subscription.updated")
        scenarios.cut_next_call(call="subscriptions.fetch")

    backend.before_next("subscriptions.cancel", somebody_edits_it_first)
    row = await stage.billing.cancel(subscription.id)
    assert not row.is_ending
    assert stage.engine.emitter.pending() == ()

    await settle_hurried(stage)
    assert (await stage.billing.subscription(subscription.id)).is_ending
    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.items_changed",
        "subscription.cancellation_scheduled",
    ]


async def test_a_remembered_answer_does_not_undo_what_happened_since(stage: Stage) -> None:
    await stage.billing.add_payment_method(TEAM, CARD)
    stage.engine.scenarios.lose_next_answer("after", call="subscriptions.create")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.subscribe(TEAM, "pro", operation_id="form-1")
    await stage.settle()
    [subscription] = await stage.billing.subscriptions(TEAM)
    stage.engine.subscriptions.edit(subscription.ref, quantity=4)
    stage.engine.subscriptions.becomes(subscription.ref, "canceled")
    await stage.settle()
    before = await stage.ledger()

    outcome = await stage.billing.subscribe(TEAM, "pro", operation_id="form-1")
    await stage.settle()

    assert outcome.value.is_ended
    assert [item.quantity for item in outcome.value.items] == [4]
    assert await stage.ledger() == before
    assert not await stage.billing.entitled(TEAM, "reports")


async def test_a_remembered_answer_does_not_ask_the_customer_for_what_is_done(
    stage: Stage,
) -> None:
    await stage.billing.add_payment_method(TEAM, "pm_card_authenticationRequired")
    stage.engine.scenarios.lose_next_answer("after", call="subscriptions.create")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.subscribe(TEAM, "pro", operation_id="form-1")
    [ref] = stage.engine.books.subscriptions
    stage.engine.authenticate(ref)
    await stage.settle()

    outcome = await stage.billing.subscribe(TEAM, "pro", operation_id="form-1")

    assert outcome.value.status == SubscriptionStatus.ACTIVE
    assert outcome.next_action is None


async def test_an_unreadable_word_closes_the_gate_until_a_readable_one(stage: Stage) -> None:
    subscription = await subscribed(stage)
    stage.engine.scenarios.speak_unknown_status(subscription.ref, word="hibernating")
    stage.engine.subscriptions.edit(subscription.ref, quantity=2)
    await stage.settle()

    assert not await stage.billing.entitled(TEAM, "reports")
    row = await stage.billing.subscription(subscription.id)
    assert (row.unreadable, row.is_entitling) == ("hibernating", False)
    [dead] = (await stage.billing.webhook_deliveries(status="dead")).items
    assert dead.last_error == "unknown_vocabulary: unknown status of a subscription: 'hibernating'"

    await stage.billing.replay_webhook(dead.id)
    await stage.settle()
    assert await stage.billing.entitled(TEAM, "reports")
    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.unreadable",
        "subscription.items_changed",
    ]


async def test_a_thing_that_is_hidden_stays_as_it_was_until_somebody_looks(stage: Stage) -> None:
    subscription = await subscribed(stage)
    stage.engine.scenarios.hide(subscription.ref)
    stage.engine.subscriptions.edit(subscription.ref, quantity=2)
    await stage.settle()

    assert await stage.billing.entitled(TEAM, "reports")
    [dead] = (await stage.billing.webhook_deliveries(status="dead")).items
    assert dead.last_error is not None
    assert dead.last_error.startswith("remote_missing")
    assert await stage.billing.replay_webhooks() == 1
    await stage.settle()
    row = await stage.billing.subscription(subscription.id)
    assert [item.quantity for item in row.items] == [2]


async def test_one_thing_that_cannot_be_fetched_fails_alone(stage: Stage) -> None:
    subscription = await subscribed(stage)
    stage.engine.subscriptions.edit(subscription.ref, quantity=2)
    stage.engine.customers.edit(
        (await stage.billing.customer(TEAM)).ref, email="neu@sieben.example"
    )
    stage.engine.scenarios.fail_next_call(call="subscriptions.fetch")
    await stage.settle()

    assert (await stage.billing.customer(TEAM)).email == "neu@sieben.example"
    [waiting] = (await stage.billing.webhook_deliveries(status="waiting")).items
    assert (waiting.noun, waiting.attempts) == ("subscription", 1)
    await settle_hurried(stage)
    row = await stage.billing.subscription(subscription.id)
    assert [item.quantity for item in row.items] == [2]
    assert (await stage.billing.webhook_deliveries(status="waiting")).items == ()


async def test_a_processor_that_stays_away_ends_in_dead_deliveries_and_a_replay(
    prepared_database_url: str,
) -> None:
    async with staged(prepared_database_url, settings={"max_attempts": 3}) as stage:
        subscription = await subscribed(stage)
        stage.engine.subscriptions.edit(subscription.ref, quantity=2)
        stage.engine.scenarios.cut_next_call(times=3)
        await settle_hurried(stage)
        [dead] = (await stage.billing.webhook_deliveries(status="dead")).items
        assert dead.attempts == 3

        await stage.billing.replay_webhooks()
        await stage.settle()
        row = await stage.billing.subscription(subscription.id)
        assert [item.quantity for item in row.items] == [2]


async def test_a_child_that_comes_before_its_parent_is_linked_later(stage: Stage) -> None:
    engine = stage.engine
    customer = engine.customers.create(CreateCustomer(owner=TEAM), key=Key("k1", "o1")).main
    attach = AttachPaymentMethod(customer=customer.ref, payment_method=CARD)
    engine.payment_methods.attach(attach, key=Key("k2", "o2"))
    create = CreateSubscription(customer=customer.ref, items=(NewItem(price="price_pro"),))
    engine.subscriptions.create(create, key=Key("k3", "o3"))
    engine.scenarios.cut_next_call(call="customers.fetch")
    await stage.settle()
    assert await stage.billing.subscriptions(TEAM) == []
    assert not await stage.billing.entitled(TEAM, "reports")

    await settle_hurried(stage)

    [subscription] = await stage.billing.subscriptions(TEAM)
    [invoice] = (await stage.billing.invoices(TEAM)).items
    assert invoice.subscription_id == subscription.id
    assert await stage.billing.entitled(TEAM, "reports")
    assert len(await stage.billing.payment_methods(TEAM)) == 1
    assert (await stage.billing.verify_ledger()).is_intact


async def test_an_answer_that_names_an_unknown_status_settles_and_closes_the_gate(
    bench: tuple[Stage, MeddlingBackend],
) -> None:
    stage, backend = bench
    subscription = await subscribed(stage)

    backend.answer_next("subscriptions.cancel", unreadable)
    row = await stage.billing.cancel(subscription.id)
    assert row.unreadable == "hibernating"
    assert not await stage.billing.entitled(TEAM, "reports")

    await stage.settle()
    row = await stage.billing.subscription(subscription.id)
    assert (row.unreadable, row.is_ending) == (None, True)
    assert await stage.billing.entitled(TEAM, "reports")


async def test_a_new_subscription_in_an_unknown_status_is_said_so_and_found_later(
    bench: tuple[Stage, MeddlingBackend],
) -> None:
    stage, backend = bench
    await stage.billing.add_payment_method(TEAM, CARD)
    backend.answer_next("subscriptions.create", unreadable)

    for _ in range(2):
        with pytest.raises(UnknownVocabulary):
            await stage.billing.subscribe(TEAM, "pro", operation_id="form-1")

    await stage.settle()
    outcome = await stage.billing.subscribe(TEAM, "pro", operation_id="form-1")
    assert outcome.value.status == SubscriptionStatus.ACTIVE
    assert backend.calls["subscriptions.create"] == 1


def unreadable(answer: Answer) -> Answer:
    return Answer(UnreadableSnapshot("subscription", answer.main.ref, "hibernating"))
