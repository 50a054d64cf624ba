"""Operation ids: one intention each, kept through refusals, collisions and many steps."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from accrue_core.errors import (
    AccrueError,
    CardDeclined,
    OperationInProgress,
    OperationMismatch,
    ProcessorRejected,
    ProcessorUnavailable,
)
from tests.faults.evidence import (
    all_operations,
    changes,
    counted,
    let_leases_end,
    make_older,
    statuses,
    unfinished,
)
from tests.faults.meddling import meddling
from tests.faults.mutations import NAMED, Mutation, each, happened
from tests.stage import OTHER_TEAM, TEAM, Stage, staged

CARD = "pm_card_visa"
REFUSED = "pm_card_declinedOnAttach"


async def subscribed(stage: Stage) -> str:
    return (await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)).value.id


async def test_a_refusal_is_raised_again_without_asking_again(stage: Stage) -> None:
    with pytest.raises(CardDeclined) as first:
        await stage.billing.add_payment_method(TEAM, REFUSED, operation_id="card-1")
    calls = changes(stage)

    with pytest.raises(CardDeclined) as second:
        await stage.billing.add_payment_method(TEAM, REFUSED, operation_id="card-1")
    assert changes(stage) == calls
    assert (second.value.reason, second.value.advice) == (first.value.reason, first.value.advice)

    with pytest.raises(CardDeclined):
        await stage.billing.subscribe(TEAM, "pro", payment_method=REFUSED, operation_id="form-1")
    calls = changes(stage)
    with pytest.raises(CardDeclined):
        await stage.billing.subscribe(TEAM, "pro", payment_method=REFUSED, operation_id="form-1")
    assert changes(stage) == calls
    assert await unfinished(stage) == []


async def test_a_rejection_is_raised_again_with_what_was_wrong(stage: Stage) -> None:
    for _ in range(2):
        with pytest.raises(ProcessorRejected) as rejected:
            await stage.billing.add_payment_method(TEAM, "pm_no_such", operation_id="card-1")
        assert rejected.value.reason == "missing"
        assert rejected.value.param == "payment_method"

    assert changes(stage)["payment_methods.attach"] == 1


async def test_a_refusal_that_was_lost_is_still_a_refusal(stage: Stage) -> None:
    subscription = await subscribed(stage)
    stage.engine.scenarios.lose_next_answer("before", call="subscriptions.cancel")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.cancel(subscription, operation_id="end-1")
    ref = (await stage.billing.subscription(subscription)).ref
    stage.engine.subscriptions.becomes(ref, "incomplete_expired")

    with pytest.raises(ProcessorRejected, match="ended"):
        await stage.billing.cancel(subscription, operation_id="end-1")
    await stage.settle()
    with pytest.raises(ProcessorRejected, match="ended"):
        await stage.billing.cancel(subscription, operation_id="end-1")

    assert changes(stage)["subscriptions.cancel"] == 2
    assert (await statuses(stage))[-1] == ("subscriptions.cancel", "refused")


@each(NAMED)
async def test_one_id_is_not_for_two_requests(stage: Stage, mutation: Mutation) -> None:
    prepared = await mutation.prepare(stage, TEAM)
    await mutation.do(stage, TEAM, prepared, "mine")
    other = await subscribed(stage)
    rows, calls = await counted(stage), changes(stage)

    for call in (
        lambda: stage.billing.cancel(other, operation_id="mine"),
        lambda: stage.billing.add_payment_method(
            TEAM, CARD, make_default=False, operation_id="mine"
        ),
        lambda: stage.billing.subscribe(TEAM, "basic", operation_id="mine"),
        lambda: stage.billing.subscribe(TEAM, "pro", quantity=2, operation_id="mine"),
    ):
        with pytest.raises(OperationMismatch, match="mine"):
            await call()

    assert (await counted(stage), changes(stage)) == (rows, calls)


async def test_one_id_is_not_for_two_cards(stage: Stage) -> None:
    await stage.billing.add_payment_method(TEAM, CARD, operation_id="mine")

    with pytest.raises(OperationMismatch):
        await stage.billing.add_payment_method(TEAM, "pm_card_mastercard", operation_id="mine")


async def test_one_id_is_not_for_two_owners(stage: Stage) -> None:
    await stage.billing.subscribe(TEAM, "pro", payment_method=CARD, operation_id="mine")

    with pytest.raises(OperationMismatch):
        await stage.billing.subscribe(OTHER_TEAM, "pro", payment_method=CARD, operation_id="mine")

    assert await stage.billing.subscriptions(OTHER_TEAM) == []


async def test_another_command_waits_until_the_first_is_known(stage: Stage) -> None:
    subscription = await subscribed(stage)
    stage.engine.scenarios.lose_next_answer("after", call="subscriptions.cancel")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.cancel(subscription, operation_id="end-1")
    calls = changes(stage)

    with pytest.raises(OperationInProgress) as raised:
        await stage.billing.cancel(subscription, when="now")
    assert raised.value.retryable
    assert raised.value.operation_id == "end-1"
    assert changes(stage) == calls

    await let_leases_end(stage)
    assert (await stage.billing.cancel(subscription, when="now")).is_ended
    assert await statuses(stage) == [
        ("customers.create", "settled"),
        ("payment_methods.attach", "settled"),
        ("subscriptions.create", "settled"),
        ("subscriptions.cancel", "settled"),
        ("subscriptions.cancel", "settled"),
    ]


async def test_what_is_recovered_first_decides_whether_the_next_makes_sense(stage: Stage) -> None:
    subscription = await subscribed(stage)
    stage.engine.scenarios.lose_next_answer("before", call="subscriptions.cancel")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.cancel(subscription, when="now")
    await let_leases_end(stage)

    with pytest.raises(AccrueError) as raised:
        await stage.billing.cancel(subscription)

    assert raised.value.code == "illegal_transition"
    assert len(stage.engine.books.subscriptions) == 1


async def test_personal_parts_are_kept_only_while_they_may_be_needed(stage: Stage) -> None:
    await stage.billing.add_payment_method(TEAM, CARD)
    stage.engine.scenarios.lose_next_answer("before", call="subscriptions.create")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.subscribe(TEAM, "pro", metadata={"hall": "Elisabeth's"})
    [waiting] = await unfinished(stage)
    assert waiting.personal == {"metadata": {"hall": "Elisabeth's"}}
    assert "Elisabeth" not in repr(waiting.request)

    await let_leases_end(stage)
    await stage.billing.recover_operations()
    [subscription] = await stage.billing.subscriptions(TEAM)
    assert subscription.metadata["hall"] == "Elisabeth's"

    stage.engine.scenarios.cut_next_call(call="subscriptions.create")
    with pytest.raises(AccrueError):
        await stage.billing.subscribe(TEAM, "basic", metadata={"hall": "Elisabeth's"})
    await make_older(stage, timedelta(days=2))
    await stage.settle()
    with pytest.raises(ProcessorRejected):
        await stage.billing.add_payment_method(TEAM, "pm_no_such")

    ended = await all_operations(stage)
    assert {record.status.value for record in ended} == {"settled", "refused", "abandoned"}
    assert [record.personal for record in ended] == [None] * len(ended)


@pytest.mark.parametrize("step", ["customers.create", "payment_methods.attach"])
async def test_the_id_in_the_error_completes_a_verb_of_several_steps(
    stage: Stage, step: str
) -> None:
    stage.engine.scenarios.lose_next_answer("after", call=step)
    with pytest.raises(ProcessorUnavailable) as raised:
        await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    assert raised.value.operation_id is not None
    await let_leases_end(stage)

    await stage.billing.subscribe(
        TEAM, "pro", payment_method=CARD, operation_id=raised.value.operation_id
    )

    assert len(stage.engine.books.customers) == 1
    assert len(stage.engine.books.cards) == 1
    assert len(stage.engine.books.subscriptions) == 1


@pytest.mark.parametrize("step", ["customers.create", "payment_methods.attach"])
async def test_the_callers_own_id_completes_a_verb_of_several_steps(
    stage: Stage, step: str
) -> None:
    stage.engine.scenarios.lose_next_answer("after", call=step)
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.subscribe(TEAM, "pro", payment_method=CARD, operation_id="form-1")
    await let_leases_end(stage)

    for _ in range(2):
        await stage.billing.subscribe(TEAM, "pro", payment_method=CARD, operation_id="form-1")

    books = stage.engine.books
    assert (len(books.customers), len(books.cards), len(books.subscriptions)) == (1, 1, 1)


async def test_other_metadata_under_the_same_id_does_not_lose_what_was_done(
    stage: Stage,
) -> None:
    await stage.billing.add_payment_method(TEAM, CARD)
    stage.engine.scenarios.lose_next_answer("after", call="subscriptions.create")
    with pytest.raises(ProcessorUnavailable):
        await stage.billing.subscribe(TEAM, "pro", metadata={"n": "1"}, operation_id="form-1")

    try:
        await stage.billing.subscribe(TEAM, "pro", metadata={"n": "2"}, operation_id="form-1")
    except OperationMismatch:
        await stage.billing.subscribe(TEAM, "pro", metadata={"n": "1"}, operation_id="form-1")

    assert len(stage.engine.books.subscriptions) == 1
    assert (await statuses(stage))[-1] == ("subscriptions.create", "settled")


@pytest.mark.parametrize("verb", ["subscribe", "cancel"])
async def test_a_finished_id_is_answered_also_after_its_moment_has_passed(
    stage: Stage, verb: str
) -> None:
    moment = stage.engine.clock.now() + timedelta(days=10)
    subscription = (
        await stage.billing.subscribe(
            TEAM, "pro", trial=moment, payment_method=CARD, operation_id="start-1"
        )
    ).value
    await stage.billing.cancel(subscription.id, when=moment, operation_id="end-1")
    await stage.advance(days=11)

    if verb == "subscribe":
        outcome = await stage.billing.subscribe(
            TEAM, "pro", trial=moment, payment_method=CARD, operation_id="start-1"
        )
        assert outcome.value.id == subscription.id
    else:
        ended = await stage.billing.cancel(subscription.id, when=moment, operation_id="end-1")
        assert ended.is_ended


async def test_a_call_that_takes_too_long_is_an_unknown_outcome(
    prepared_database_url: str,
) -> None:
    engine, processor, backend = meddling()
    settings = {"lease": timedelta(seconds=5), "call_deadline": timedelta(seconds=1)}
    async with staged(
        prepared_database_url, engine=engine, processor=processor, settings=settings
    ) as stage:
        for mutation in NAMED:
            owner = type(TEAM)("team", mutation.name)
            prepared = await mutation.prepare(stage, owner)
            before = happened(stage)

            backend.before_next(mutation.method, lambda: asyncio.sleep(60))
            with pytest.raises(ProcessorUnavailable, match="in time") as raised:
                await mutation.do(stage, owner, prepared, mutation.name)
            assert raised.value.operation_id == mutation.name
            assert happened(stage) == before

            assert (await mutation.do(stage, owner, prepared, mutation.name)).ref
        assert await unfinished(stage) == []
