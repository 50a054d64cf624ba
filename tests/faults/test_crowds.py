"""Crowds: many callers want the same thing at once, and it happens once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from accrue_core.errors import (
    AccrueError,
    IllegalTransition,
    OperationInProgress,
    ProcessorUnavailable,
)
from tests.faults.evidence import let_leases_end, statuses, unfinished
from tests.faults.meddling import meddling
from tests.stage import OTHER_TEAM, TEAM, Stage, post, staged

CARD = "pm_card_visa"


async def patient(call: Callable[[], Awaitable[Any]]) -> Any:
    """Call again while another command on the same subject is under way, as a host would."""
    for _ in range(200):
        try:
            return await call()
        except OperationInProgress:
            await asyncio.sleep(0.02)
    raise AssertionError("it never settled")


async def test_fifty_callers_make_one_customer(stage: Stage) -> None:
    customers = await asyncio.gather(*(stage.billing.customer(TEAM) for _ in range(50)))

    assert len({customer.id for customer in customers}) == 1
    assert len(stage.engine.books.customers) == 1
    assert await statuses(stage) == [("customers.create", "settled")]


async def test_twenty_callers_for_two_owners_make_two_customers(stage: Stage) -> None:
    owners = [TEAM, OTHER_TEAM] * 10
    customers = await asyncio.gather(*(stage.billing.customer(owner) for owner in owners))

    assert [customer.owner for customer in customers] == owners
    assert len(stage.engine.books.customers) == 2


async def test_twenty_clicks_on_one_form_are_one_subscription(stage: Stage) -> None:
    async def click() -> Any:
        return await stage.billing.subscribe(
            TEAM, "pro", payment_method=CARD, operation_id="form-1"
        )

    outcomes = await asyncio.gather(*(patient(click) for _ in range(20)))
    await stage.settle()

    assert len({outcome.value.id for outcome in outcomes}) == 1
    books = stage.engine.books
    assert (len(books.customers), len(books.cards), len(books.subscriptions)) == (1, 1, 1)
    assert await unfinished(stage) == []
    assert (await stage.ledger()).count("subscription.started") == 1
    assert (await stage.billing.verify_ledger()).is_intact


async def test_twenty_different_wishes_are_twenty_subscriptions(stage: Stage) -> None:
    await stage.billing.add_payment_method(TEAM, CARD)

    def wish(number: int) -> Callable[[], Awaitable[Any]]:
        return lambda: stage.billing.subscribe(TEAM, "pro", operation_id=f"form-{number}")

    outcomes = await asyncio.gather(*(patient(wish(number)) for number in range(20)))
    await stage.settle()

    assert len({outcome.value.id for outcome in outcomes}) == 20
    assert len(stage.engine.books.subscriptions) == 20
    assert (await stage.billing.verify_ledger()).is_intact


async def test_two_different_endings_at_once_end_consistently(stage: Stage) -> None:
    for number in range(5):
        outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
        id_ = outcome.value.id
        results = await asyncio.gather(
            stage.billing.cancel(id_, when="now", operation_id=f"now-{number}"),
            stage.billing.cancel(id_, when="period_end", operation_id=f"later-{number}"),
            return_exceptions=True,
        )
        errors = [result for result in results if isinstance(result, BaseException)]
        assert all(isinstance(e, OperationInProgress | IllegalTransition) for e in errors)
        assert len(errors) <= 1
        await stage.settle()

        row = await stage.billing.subscription(id_)
        remote = stage.engine.subscriptions.fetch(row.ref).main
        assert (row.status, row.cancel_at) == (remote.status, remote.cancel_at)
    assert await unfinished(stage) == []


async def test_ending_and_keeping_at_once_end_consistently(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    id_ = outcome.value.id
    await stage.billing.cancel(id_)

    results = await asyncio.gather(
        *(stage.billing.keep(id_) for _ in range(5)),
        *(stage.billing.cancel(id_, when="now") for _ in range(5)),
        return_exceptions=True,
    )
    await stage.settle()

    errors = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(error, AccrueError) for error in errors), errors
    assert len(errors) < 10
    row = await stage.billing.subscription(id_)
    remote = stage.engine.subscriptions.fetch(row.ref).main
    assert (row.status, row.cancel_at) == (remote.status, remote.cancel_at)
    assert await unfinished(stage) == []


async def test_commands_webhooks_and_workers_at_once_end_consistently(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    id_, ref = outcome.value.id, outcome.value.ref

    async def deliver() -> None:
        for owed in stage.engine.emitter.take():
            status, _ = await post(stage.app, "/webhooks/fake", owed.body, owed.headers)
            assert status == 200
            stage.engine.emitter.delivered(owed.event_ref)
        await stage.accrue.work.drain()

    for number in range(5):
        stage.engine.subscriptions.edit(ref, quantity=number + 1)
        await asyncio.gather(
            patient(lambda: stage.billing.cancel(id_)),
            deliver(),
            stage.accrue.work.drain(),
            patient(lambda: stage.billing.add_payment_method(TEAM, CARD)),
            deliver(),
        )
        await patient(lambda: stage.billing.keep(id_))
    await stage.settle()

    row = await stage.billing.subscription(id_)
    assert [item.quantity for item in row.items] == [5]
    assert not row.is_ending
    assert (await stage.billing.verify_ledger()).is_intact
    assert (await stage.billing.webhook_deliveries(status="waiting")).items == ()


async def test_ten_workers_recover_one_operation_once(stage: Stage) -> None:
    await stage.billing.add_payment_method(TEAM, CARD)
    stage.engine.scenarios.lose_next_answer("before", call="subscriptions.create")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.subscribe(TEAM, "pro")
    await let_leases_end(stage)

    outcomes = await asyncio.gather(*(stage.billing.recover_operations() for _ in range(10)))

    assert len(stage.engine.books.subscriptions) == 1
    assert stage.processor.backend.calls["subscriptions.create"] == 2
    assert {word for outcome in outcomes for word in outcome} <= {"settled", "open"}


async def test_ten_workers_dispatch_each_delivery_once(prepared_database_url: str) -> None:
    async with staged(prepared_database_url, settings={"batch_size": 3}) as stage:
        for number in range(10):
            owner = type(TEAM)("team", str(number))
            await stage.billing.subscribe(owner, "pro", payment_method=CARD)
        assert set(await stage.deliver()) == {200}

        await asyncio.gather(*(stage.accrue.work.drain() for _ in range(10)))

        deliveries = (await stage.billing.webhook_deliveries(limit=500)).items
        assert {d.status.value for d in deliveries} == {"done"}
        assert {d.attempts for d in deliveries} == {1}
        assert (await stage.billing.verify_ledger()).is_intact


@pytest.mark.parametrize("hanging", ["subscriptions.fetch", "subscriptions.find_created"])
async def test_recovery_does_not_wait_for_ever(prepared_database_url: str, hanging: str) -> None:
    engine, processor, backend = meddling()
    settings = {"lease": timedelta(seconds=2), "call_deadline": timedelta(seconds=0.5)}
    async with staged(
        prepared_database_url, engine=engine, processor=processor, settings=settings
    ) as stage:
        await stage.billing.add_payment_method(TEAM, CARD)
        subscription = (await stage.billing.subscribe(TEAM, "pro")).value
        engine.scenarios.lose_next_answer("before", call="subscriptions.cancel")
        engine.scenarios.lose_next_answer("before", call="subscriptions.create")
        with pytest.raises(ProcessorUnavailable):
            await stage.billing.cancel(subscription.id)
        with pytest.raises(ProcessorUnavailable):
            await stage.billing.subscribe(TEAM, "basic")
        await let_leases_end(stage)

        backend.always(hanging, lambda: asyncio.sleep(60))
        async with asyncio.timeout(5):
            outcomes = await stage.billing.recover_operations()

        assert dict(outcomes) == {"settled": 1, "open": 1}


async def test_one_operation_that_cannot_be_recovered_does_not_stop_the_others(
    prepared_database_url: str,
) -> None:
    engine, processor, backend = meddling()
    async with staged(prepared_database_url, engine=engine, processor=processor) as stage:
        await stage.billing.add_payment_method(TEAM, CARD)
        subscription = (await stage.billing.subscribe(TEAM, "pro")).value
        engine.scenarios.lose_next_answer("before", call="subscriptions.cancel")
        engine.scenarios.lose_next_answer("before", call="subscriptions.create")
        with pytest.raises(ProcessorUnavailable):
            await stage.billing.cancel(subscription.id)
        with pytest.raises(ProcessorUnavailable):
            await stage.billing.subscribe(TEAM, "basic")
        await let_leases_end(stage)

        async def stumble() -> None:
            raise RuntimeError("a bug of the plugin")

        backend.always("subscriptions.fetch", stumble)
        outcomes = await stage.billing.recover_operations()

        assert dict(outcomes) == {"settled": 1, "open": 1}
