"""The line fails: whatever happens to one call, there is one effect in the end, or none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.errors import (
    OperationAbandoned,
    OperationInProgress,
    ProcessorUnavailable,
    ProcessorUnreachable,
)
from tests.faults.evidence import (
    all_operations,
    changes,
    let_leases_end,
    make_older,
    statuses,
    unfinished,
)
from tests.faults.mutations import (
    ADD_CARD,
    CUSTOMER,
    MUTATIONS,
    NAMED,
    NOT_ASKED,
    SUBSCRIBE,
    UNKNOWN,
    LineFault,
    Mutation,
    each,
    happened,
    undisturbed,
)
from tests.stage import TEAM, Stage, staged

EVERY = each(MUTATIONS)
EVERY_NAMED = each(NAMED)


@EVERY
@pytest.mark.parametrize("fault", [*UNKNOWN, *NOT_ASKED], ids=str)
async def test_the_error_says_what_is_known(
    stage: Stage, mutation: Mutation, fault: LineFault
) -> None:
    events = await undisturbed(stage, mutation)
    prepared = await mutation.prepare(stage, TEAM)
    before = happened(stage)

    fault.order(stage.engine.scenarios, mutation.method)
    with pytest.raises(fault.error) as raised:
        await mutation.do(stage, TEAM, prepared, "mine")

    [operation] = await unfinished(stage)
    assert operation.method == mutation.method
    assert operation.status == ("open" if fault.is_unknown else "released")
    assert happened(stage) - before == (events if fault.has_effect else 0)
    if fault.is_unknown:
        assert raised.value.operation_id == operation.key
        assert raised.value.retryable
    if mutation is not CUSTOMER:
        assert operation.key == "mine"


@EVERY_NAMED
@pytest.mark.parametrize("fault", [*UNKNOWN, *NOT_ASKED], ids=str)
async def test_asking_again_under_the_same_id_has_one_effect(
    stage: Stage, mutation: Mutation, fault: LineFault
) -> None:
    events = await undisturbed(stage, mutation)
    prepared = await mutation.prepare(stage, TEAM)
    before = happened(stage)
    fault.order(stage.engine.scenarios, mutation.method)
    with pytest.raises(fault.error):
        await mutation.do(stage, TEAM, prepared, "mine")

    row = await mutation.do(stage, TEAM, prepared, "mine")
    calls = changes(stage)
    again = await mutation.do(stage, TEAM, prepared, "mine")
    await stage.settle()

    assert again.id == row.id
    assert changes(stage) == calls
    assert happened(stage) - before == events
    assert await unfinished(stage) == []
    assert (await stage.billing.verify_ledger()).is_intact


@EVERY
@pytest.mark.parametrize("fault", UNKNOWN, ids=str)
async def test_without_a_retry_recovery_settles_it_with_one_effect(
    stage: Stage, mutation: Mutation, fault: LineFault
) -> None:
    events = await undisturbed(stage, mutation)
    prepared = await mutation.prepare(stage, TEAM)
    before = happened(stage)
    fault.order(stage.engine.scenarios, mutation.method)
    with pytest.raises(fault.error):
        await mutation.do(stage, TEAM, prepared, "mine")

    assert dict(await stage.billing.recover_operations()) == {}
    await let_leases_end(stage)
    assert dict(await stage.billing.recover_operations()) == {"settled": 1}

    calls = changes(stage)
    row = await mutation.do(stage, TEAM, prepared, "mine")
    await stage.settle()
    assert row.ref
    assert changes(stage) == calls
    assert happened(stage) - before == events
    assert await unfinished(stage) == []


@EVERY
@pytest.mark.parametrize("fault", NOT_ASKED, ids=str)
async def test_what_was_never_asked_is_given_up_after_a_day(
    stage: Stage, mutation: Mutation, fault: LineFault
) -> None:
    prepared = await mutation.prepare(stage, TEAM)
    before = happened(stage)
    fault.order(stage.engine.scenarios, mutation.method)
    with pytest.raises(fault.error):
        await mutation.do(stage, TEAM, prepared, "mine")

    await make_older(stage, timedelta(hours=23))
    await stage.accrue.work.drain()
    assert len(await unfinished(stage)) == 1
    await make_older(stage, timedelta(hours=25))
    await stage.settle()

    assert (await statuses(stage))[-1] == (mutation.method, "abandoned")
    assert happened(stage) == before
    if mutation is CUSTOMER:
        assert (await mutation.do(stage, TEAM, prepared, None)).ref
        return
    with pytest.raises(OperationAbandoned, match="new operation id"):
        await mutation.do(stage, TEAM, prepared, "mine")
    assert (await mutation.do(stage, TEAM, prepared, "another")).ref


@EVERY_NAMED
@pytest.mark.parametrize("fault", UNKNOWN, ids=str)
async def test_not_being_reached_the_second_time_says_nothing_about_the_first(
    stage: Stage, mutation: Mutation, fault: LineFault
) -> None:
    events = await undisturbed(stage, mutation)
    prepared = await mutation.prepare(stage, TEAM)
    before = happened(stage)
    fault.order(stage.engine.scenarios, mutation.method)
    with pytest.raises(ProcessorUnavailable):
        await mutation.do(stage, TEAM, prepared, "mine")

    stage.engine.scenarios.cut_next_call(call=mutation.method)
    with pytest.raises(ProcessorUnreachable):
        await mutation.do(stage, TEAM, prepared, "mine")
    assert [operation.status for operation in await unfinished(stage)] == ["open"]

    await let_leases_end(stage)
    assert dict(await stage.billing.recover_operations()) == {"settled": 1}
    assert happened(stage) - before == events


@EVERY
async def test_a_processor_that_stays_away_is_asked_later(stage: Stage, mutation: Mutation) -> None:
    events = await undisturbed(stage, mutation)
    prepared = await mutation.prepare(stage, TEAM)
    before = happened(stage)
    scenarios = stage.engine.scenarios
    scenarios.lose_next_answer("before", call=mutation.method)
    with pytest.raises(UNKNOWN[0].error):
        await mutation.do(stage, TEAM, prepared, "mine")

    for _ in range(3):
        scenarios.cut_next_call()
        await let_leases_end(stage)
        assert dict(await stage.billing.recover_operations()) == {"open": 1}
    await let_leases_end(stage)
    assert dict(await stage.billing.recover_operations()) == {"settled": 1}

    assert happened(stage) - before == events


async def test_money_is_not_taken_long_after_the_customer_has_left(stage: Stage) -> None:
    prepared = await SUBSCRIBE.prepare(stage, TEAM)
    stage.engine.scenarios.lose_next_answer("before", call=SUBSCRIBE.method)
    with pytest.raises(UNKNOWN[0].error):
        await SUBSCRIBE.do(stage, TEAM, prepared, "mine")

    await make_older(stage, timedelta(minutes=31))
    assert dict(await stage.billing.recover_operations()) == {"abandoned": 1}

    await stage.settle()
    assert stage.engine.books.subscriptions == {}
    assert await stage.billing.subscriptions(TEAM) == []
    with pytest.raises(OperationAbandoned):
        await SUBSCRIBE.do(stage, TEAM, prepared, "mine")


async def test_money_that_was_taken_is_found_however_late(stage: Stage) -> None:
    prepared = await SUBSCRIBE.prepare(stage, TEAM)
    stage.engine.scenarios.lose_next_answer("after", call=SUBSCRIBE.method)
    with pytest.raises(UNKNOWN[0].error):
        await SUBSCRIBE.do(stage, TEAM, prepared, "mine")

    stage.engine.advance(timedelta(days=3))
    await make_older(stage, timedelta(days=3))
    assert dict(await stage.billing.recover_operations()) == {"settled": 1}

    assert len(await stage.billing.subscriptions(TEAM)) == 1
    assert len(stage.engine.books.subscriptions) == 1


async def test_money_that_was_taken_is_not_taken_again_once_the_key_is_forgotten(
    stage: Stage,
) -> None:
    prepared = await SUBSCRIBE.prepare(stage, TEAM)
    stage.engine.scenarios.lose_next_answer("after", call=SUBSCRIBE.method)
    with pytest.raises(UNKNOWN[0].error):
        await SUBSCRIBE.do(stage, TEAM, prepared, "mine")

    stage.engine.advance(timedelta(hours=25))
    await make_older(stage, timedelta(hours=25))
    await SUBSCRIBE.do(stage, TEAM, prepared, "mine")

    assert len(stage.engine.books.subscriptions) == 1


async def test_a_short_lease_and_a_short_deadline_are_enough(prepared_database_url: str) -> None:
    settings = {
        "lease": timedelta(seconds=0.2),
        "call_deadline": timedelta(seconds=0.1),
        "money_deadline": timedelta(seconds=60),
    }
    async with staged(prepared_database_url, settings=settings) as stage:
        for _ in range(10):
            try:
                await stage.billing.customer(TEAM)
                break
            except OperationInProgress:
                continue
        prepared = await ADD_CARD.prepare(stage, TEAM)
        stage.engine.scenarios.lose_next_answer("before", call=ADD_CARD.method)
        with pytest.raises(UNKNOWN[0].error):
            await ADD_CARD.do(stage, TEAM, prepared, None)
        outcomes: dict[str, int] = {}
        while not outcomes:
            outcomes = dict(await stage.billing.recover_operations())

        assert outcomes == {"settled": 1}
        assert len(await stage.billing.payment_methods(TEAM)) == 1


async def test_a_lost_customer_is_found_by_whoever_needs_it_next(stage: Stage) -> None:
    stage.engine.scenarios.lose_next_answer("after", call=CUSTOMER.method)
    with pytest.raises(UNKNOWN[0].error):
        await stage.billing.customer(TEAM)
    await let_leases_end(stage)

    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")

    assert outcome.value.customer_id == (await stage.billing.customer(TEAM)).id
    assert len(stage.engine.books.customers) == 1
    assert [record.status for record in await all_operations(stage)] == ["settled"] * 3
