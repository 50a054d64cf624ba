"""The same verbs without await: from a script, from a server's threads, and where it must not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from accrue_core import Accrue, Phase, Settings
from accrue_core.blocking import BlockingBilling
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.routes import ASGIApplication
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import BridgeError, IllegalTransition
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.stage import CATALOG, OTHER_TEAM, TEAM, Offered, new_engine, post

Deliver = Callable[[ASGIApplication], Coroutine[Any, Any, list[int]]]


@pytest.fixture
def engine() -> Engine:
    return new_engine()


@pytest.fixture
def processor(engine: Engine) -> Processor:
    return FakeProcessor(engine)


@pytest.fixture
def deliver(engine: Engine) -> Deliver:
    """Return what posts everything that is owed to an application, and returns its answers."""

    async def post_all(app: ASGIApplication) -> list[int]:
        answers = []
        for owed in engine.emitter.take():
            status, _ = await post(app, "/webhooks/fake", owed.body, owed.headers)
            engine.emitter.delivered(owed.event_ref)
            answers.append(status)
        return answers

    return post_all


@pytest.fixture
def accrue(prepared_database_url: str, engine: Engine, processor: Processor) -> Accrue:
    """Return an Accrue that no loop has touched."""
    return Accrue(
        Settings(
            database_url=prepared_database_url,
            plugins_disabled=frozenset({"fake", "stripe", "braintree", "admin", "portal"}),
        ),
        catalog=CATALOG,
        clock=engine.clock,
        plugins=[Offered([processor])],
    )


@pytest.fixture
def billing(accrue: Accrue) -> Iterator[BlockingBilling]:
    """Return the blocking twin; its bridge ends with the test."""
    with accrue.blocking() as billing:
        yield billing


def settle(accrue: Accrue, billing: BlockingBilling, deliver: Deliver) -> None:
    """Deliver and work on the bridge's loop, as a server would on its own."""
    app = accrue.asgi()
    while True:
        answers = billing.bridge.run(deliver(app))
        assert set(answers) <= {200}
        if not billing.bridge.run(accrue.work.drain()) and not answers:
            return


def test_the_whole_life_of_a_subscription_without_a_single_await(
    accrue: Accrue, billing: BlockingBilling, engine: Engine, deliver: Deliver
) -> None:
    outcome = billing.subscribe(
        TEAM, "pro", trial=timedelta(days=14), payment_method="pm_card_visa"
    )
    assert outcome.value.status == SubscriptionStatus.TRIALING
    assert billing.entitled(TEAM, "reports")

    for _ in range(15):
        engine.advance(timedelta(days=1))
        settle(accrue, billing, deliver)
    assert billing.subscription(outcome.value.id).status == SubscriptionStatus.ACTIVE
    assert [invoice.total_minor for invoice in billing.invoices(TEAM).items] == [2000, 0]

    assert billing.cancel(outcome.value.id).is_ending
    assert not billing.keep(outcome.value.id).is_ending
    assert billing.cancel(outcome.value.id, when="now").is_ended
    settle(accrue, billing, deliver)
    with pytest.raises(IllegalTransition):
        billing.cancel(outcome.value.id)
    assert not billing.entitled(TEAM, "reports")
    assert [entry.type for entry in reversed(billing.timeline_for(outcome.value.id).items)] == [
        "subscription.started",
        "subscription.trial_ending",
        "subscription.renewed",
        "subscription.activated",
        "subscription.cancellation_scheduled",
        "subscription.cancellation_undone",
        "subscription.ended",
    ]
    assert billing.verify_ledger().is_intact


def test_many_threads_share_one_bridge(
    accrue: Accrue, billing: BlockingBilling, engine: Engine
) -> None:
    with ThreadPoolExecutor(8) as threads:
        customers = list(threads.map(lambda _: billing.customer(TEAM), range(24)))
        gates = list(threads.map(lambda _: billing.entitled(TEAM, "notes"), range(24)))

    assert len({customer.id for customer in customers}) == 1
    assert len(engine.books.customers) == 1
    assert all(gates)


def test_a_twin_can_be_closed_and_used_again(accrue: Accrue, engine: Engine) -> None:
    with accrue.blocking() as billing:
        first = billing.customer(TEAM)

    with accrue.blocking() as billing:
        assert billing.customer(TEAM).id == first.id


async def test_threads_work_on_the_servers_loop_while_it_serves(
    accrue: Accrue, deliver: Deliver
) -> None:
    app, twin = accrue.asgi(), accrue.blocking()

    async with accrue.lifespan():
        outcome = await asyncio.to_thread(
            twin.subscribe, TEAM, "pro", payment_method="pm_card_visa"
        )
        assert set(await deliver(app)) == {200}
        both = await asyncio.gather(
            accrue.billing.customer(OTHER_TEAM),
            *(asyncio.to_thread(twin.customer, OTHER_TEAM) for _ in range(8)),
        )

        assert len({customer.id for customer in both}) == 1
        assert len(accrue.runtime._engines) == 1
        assert await asyncio.to_thread(twin.entitled, TEAM, "reports")
        assert (await accrue.billing.subscription(outcome.value.id)).status == "active"


async def test_after_the_server_has_gone_the_twin_stands_on_its_own(
    accrue: Accrue, engine: Engine
) -> None:
    async with accrue.lifespan():
        customer = await asyncio.to_thread(accrue.blocking().customer, TEAM)

    def afterwards() -> str:
        with accrue.blocking() as billing:
            return billing.customer(TEAM).id

    assert await asyncio.to_thread(afterwards) == customer.id


async def test_on_a_loop_it_says_to_await_instead(accrue: Accrue) -> None:
    async with accrue.lifespan():
        with pytest.raises(BridgeError, match="await"):
            accrue.blocking().customer(TEAM)


def test_an_error_comes_back_as_it_was(billing: BlockingBilling) -> None:
    found: list[BaseException] = []

    def misuse() -> None:
        try:
            billing.subscribe(TEAM, "gold")
        except Exception as error:
            found.append(error)

    thread = Thread(target=misuse)
    thread.start()
    thread.join()

    assert [getattr(error, "code", None) for error in found] == ["unknown_plan"]


def test_gifts_schedules_moves_and_the_past_without_a_single_await(
    accrue: Accrue, billing: BlockingBilling, engine: Engine, deliver: Deliver
) -> None:
    given = billing.comp(TEAM, "pro")
    settle(accrue, billing, deliver)
    begun = engine.clock.now()
    held = billing.find_customer(TEAM)
    assert held is not None

    moved = billing.move_customer(held.id, OTHER_TEAM)
    assert billing.entitled(OTHER_TEAM, "reports")
    assert not billing.entitled(TEAM, "reports")
    assert billing.update_tax_location(OTHER_TEAM, country="DE", postal_code="10115").id == moved.id

    engine.advance(timedelta(days=1))
    billing.cancel(given.id, when="now", reason="other")
    then = billing.state_as_of(given.id, begun)
    assert then is not None
    assert then.columns["status"] == "active"

    outcome = billing.subscribe_via_schedule(
        TEAM, [Phase(plan="basic", periods=1)], payment_method="pm_card_visa"
    )
    assert billing.schedule(outcome.value.id).current_phase == 0
    assert billing.release_schedule(outcome.value.id).is_over
    settle(accrue, billing, deliver)
    assert billing.entitled(TEAM, "export")
    assert billing.verify_ledger().is_intact
