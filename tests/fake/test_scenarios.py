"""Faults on order: each as a network or a processor would have it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import GoneSnapshot, Key, UnreadableSnapshot
from accrue_core.errors import (
    AccrueError,
    InvalidRequest,
    NotAsked,
    ProcessorMisconfigured,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
    UnknownVocabulary,
)
from accrue_core.owners import Owner
from accrue_fake import Engine, FakeProcessor
from tests.fake.shop import START, Shop

pytestmark = pytest.mark.anyio

KEY = Key("the-key", "the-operation")
ADA = CreateCustomer(owner=Owner("team", "ada"))


@pytest.fixture
def processor(engine: Engine) -> FakeProcessor:
    return FakeProcessor(engine)


async def test_lost_before_nothing_was_done(processor: FakeProcessor, engine: Engine) -> None:
    engine.scenarios.lose_next_answer("before")
    with pytest.raises(ProcessorUnavailable):
        await processor.customers.create(ADA, key=KEY)

    assert engine.books.customers == {}
    assert await processor.find_created(ADA, key=KEY, since=START) is None


async def test_lost_after_it_is_done_and_remembered(
    processor: FakeProcessor, engine: Engine
) -> None:
    engine.scenarios.lose_next_answer("after")
    with pytest.raises(ProcessorUnavailable):
        await processor.customers.create(ADA, key=KEY)

    (ref,) = engine.books.customers
    found = await processor.find_created(ADA, key=KEY, since=START)
    assert found is not None
    assert found.main.ref == ref
    assert (await processor.customers.create(ADA, key=KEY)).main.ref == ref


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (lambda scenarios: scenarios.fail_next_call(), ProcessorUnavailable),
        (lambda scenarios: scenarios.limit_next_call(retry_after=7.0), RateLimited),
        (lambda scenarios: scenarios.cut_next_call(), ProcessorUnreachable),
        (lambda scenarios: scenarios.misconfigure_next_call(), ProcessorMisconfigured),
    ],
)
async def test_each_fault_strikes_once_and_has_no_effect(
    processor: FakeProcessor,
    engine: Engine,
    order: Callable[[Any], None],
    error: type[AccrueError],
) -> None:
    order(engine.scenarios)
    with pytest.raises(error) as raised:
        await processor.customers.create(ADA, key=KEY)

    assert engine.books.customers == {}
    assert isinstance(raised.value, NotAsked) == (error is not ProcessorUnavailable)
    assert getattr(raised.value, "retry_after", 7.0) == 7.0
    assert (await processor.customers.create(ADA, key=KEY)).main.owner == ADA.owner


async def test_a_fault_may_wait_for_one_call(processor: FakeProcessor, engine: Engine) -> None:
    engine.scenarios.cut_next_call(call="customers.fetch", times=2)
    ref = (await processor.customers.create(ADA, key=KEY)).main.ref

    for _ in range(2):
        with pytest.raises(ProcessorUnreachable):
            await processor.customers.fetch(ref)
    assert (await processor.customers.fetch(ref)).main.ref == ref


async def test_an_unknown_status_is_unreadable_once(shop: Shop) -> None:
    processor = FakeProcessor(shop.engine)
    ref, other = shop.subscribed(), shop.subscribed()
    shop.engine.scenarios.speak_unknown_status(ref, word="hibernating")

    assert (await processor.fetch("subscription", other)).main.ref == other
    answer = await processor.fetch("subscription", ref)

    assert answer.main == UnreadableSnapshot("subscription", ref, "hibernating")
    assert (await processor.fetch("subscription", ref)).main.status == "active"


async def test_a_bare_404_and_an_explicit_deletion_differ(shop: Shop) -> None:
    processor = FakeProcessor(shop.engine)
    ref = shop.customer()
    shop.engine.customers.delete(ref)

    shop.engine.scenarios.hide(ref)
    with pytest.raises(RemoteMissing):
        await processor.fetch("customer", ref)
    assert (await processor.fetch("customer", ref)).main == GoneSnapshot("customer", ref)


async def test_the_next_charge_is_declined_for_one_customer(shop: Shop) -> None:
    unlucky, other = shop.customer("pm_card_visa"), shop.customer("pm_card_visa")
    shop.engine.scenarios.decline_next_charge(customer=unlucky)

    assert shop.subscribe(other).main.status == "active"
    assert shop.subscribe(unlucky).main.status == "incomplete"
    assert shop.subscribe(unlucky, "price_weekly").main.status == "active"


async def test_a_declined_renewal_recovers_at_its_retry(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.engine.scenarios.decline_next_charge()

    shop.pass_days(31)
    assert shop.subscription(ref).status == "past_due"
    shop.pass_days(3)

    assert shop.subscription(ref).status == "active"


async def test_chance_strikes_at_the_same_places_for_the_same_seed() -> None:
    def struck(seed: int) -> Awaitable[list[str]]:
        engine = Engine(seed=seed)
        engine.scenarios.go_wrong_at_random(lost_after=0.2, rate_limited=0.2)
        return outcomes(FakeProcessor(engine))

    first, again, other = await struck(1), await struck(1), await struck(2)

    assert first == again != other
    assert set(first) == {"done", "processor_unavailable", "rate_limited"}


async def outcomes(processor: FakeProcessor) -> list[str]:
    seen = []
    for number in range(100):
        try:
            await processor.customers.create(ADA, key=Key(f"k{number}", f"o{number}"))
        except AccrueError as error:
            seen.append(error.code)
        else:
            seen.append("done")
    return seen


async def test_what_is_not_a_fault_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidRequest):
        engine.scenarios.go_wrong_at_random(boredom=0.5)
    with pytest.raises(InvalidRequest):
        engine.scenarios.go_wrong_at_random(declined=1.5)
    with pytest.raises(InvalidRequest):
        engine.scenarios.lose_next_answer("sometime")  # type: ignore[arg-type]


async def test_the_door_opens_to_what_is_listed_only(processor: FakeProcessor) -> None:
    for noun, method in (("customers", "_create"), ("engine", "dump"), ("os", "system")):
        with pytest.raises(InvalidRequest):
            await processor.backend.call(noun, method, {})
    with pytest.raises(InvalidRequest, match="called wrongly"):
        await processor.backend.call("engine", "advance", {"weeks": 1})
    with pytest.raises(UnknownVocabulary):
        await processor.fetch("unicorn", "uni_1")


async def test_calls_are_counted(processor: FakeProcessor) -> None:
    await processor.customers.create(ADA, key=KEY)
    await processor.customers.create(ADA, key=KEY)

    assert processor.backend.calls == {"customers.create": 2}
