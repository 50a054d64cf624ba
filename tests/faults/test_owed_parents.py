"""A parent that could not be fetched is asked for again: its child must not wait for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_fake.engine.scenarios import Scenarios
from tests.faults.evidence import settle_hurried
from tests.stage import TEAM, Stage, staged

FAULTS: dict[str, Callable[[Scenarios], None]] = {
    "rate limited": lambda s: s.limit_next_call(call="customers.fetch"),
    "unreachable": lambda s: s.cut_next_call(call="customers.fetch"),
    "answered 500": lambda s: s.fail_next_call(call="customers.fetch"),
}


@pytest.fixture
async def stage(prepared_database_url: str) -> AsyncIterator[Stage]:
    async with staged(prepared_database_url) as stage:
        yield stage


def sold_elsewhere(stage: Stage) -> str:
    """Sell to the team behind Accrue's back; return the subscription's ref."""
    engine = stage.engine
    customer = engine.customers.create(CreateCustomer(owner=TEAM), key=Key("c", "c")).main.ref
    card = AttachPaymentMethod(customer=customer, payment_method="pm_card_visa")
    engine.payment_methods.attach(card, key=Key("p", "p"))
    request = CreateSubscription(customer=customer, items=(NewItem(price="price_pro"),))
    return str(engine.subscriptions.create(request, key=Key("s", "s")).main.ref)


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_owner_gets_what_they_paid_for_although_the_line_failed_once(
    stage: Stage, fault: str
) -> None:
    sold_elsewhere(stage)
    engine = stage.engine
    for owed in engine.emitter.take():
        # Of everything that was sold, only the word of the subscription arrives.
        if b"customer.subscription.created" not in owed.body:
            engine.emitter.delivered(owed.event_ref)
    FAULTS[fault](engine.scenarios)
    engine.emitter.recall()

    await settle_hurried(stage)

    assert await stage.billing.entitled(TEAM, "reports")
    (subscription,) = await stage.billing.subscriptions(TEAM)
    assert subscription.customer_id is not None
    assert not (await stage.billing.webhook_deliveries(status="dead")).items


async def test_a_parent_that_is_not_there_is_not_asked_for_for_ever(stage: Stage) -> None:
    ref = sold_elsewhere(stage)
    customer = stage.engine.subscriptions.fetch(ref).main.customer
    stage.engine.scenarios.hide(customer, times=10)

    await settle_hurried(stage)

    fetches = stage.processor.backend.calls["customers.fetch"]
    assert fetches <= 10
