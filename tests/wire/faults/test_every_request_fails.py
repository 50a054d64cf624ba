"""Each request of each verb fails, in each way: one effect in the end, and errors that are true.

Thinned by kind. Verbs that differ in values only are left out (``ALIKE``). Two faults strike one
request one after the other, where the first leaves something to be done. Recovery starts from the
row of an operation, and does not know whether a reset or a 500 has left it open. What spoils an
answer on its way, and what our own tries make of it, is decided by the method of the request and by
its key: one request of each such kind is enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

import pytest

from accrue_core.errors import NotAsked, ProcessorUnavailable, RateLimited
from tests.faults.evidence import let_leases_end, make_older, unfinished
from tests.faults.mutations import Mutation
from tests.stage import TEAM
from tests.wire.faults.scene import (
    ID,
    Scene,
    Undisturbed,
    assert_done_once,
    let_late_answers_come,
    prepared,
    said_by,
    secrets_in,
    things_that_differ,
)
from tests.wire.faults.striking import (
    FAILS_AFTER,
    FAILS_BEFORE,
    LATE,
    LIMITED,
    PATIENCE,
    RESET_AFTER,
    RESET_BEFORE,
    RETRY_AFTER,
    SPOILED,
    WireFault,
)
from tests.wire.faults.verbs import UPGRADE_IN_VAIN, VERBS, Point, points, requests_of

FindOut = Callable[[Mutation], Awaitable[Undisturbed]]

POINTS = points()
KINDS = [
    point
    for point in POINTS
    if (point.verb.name, point.call)
    in {
        ("subscribe with a card", "subscriptions.create"),
        ("add_payment_method", "payment_methods.attach"),
        ("pause", "subscriptions.change"),
        ("cancel now", "subscriptions.cancel"),
    }
]
"""A creation, the first of two requests, a change, and a DELETE, whose key nobody remembers."""

WAITING = [point for point in POINTS if point.call == "customers.create"]
"""Who finds that nobody knows yet of a customer waits for it, and not for another failure."""

_A_TEST_CARD = "a test card's token is no ref to look for"
STAYS_OPEN: Mapping[tuple[str, str, int], str] = MappingProxyType(
    {
        ("add_payment_method", "payment_methods.attach", 1): _A_TEST_CARD,
        ("add_payment_method", "customers.update", 1): _A_TEST_CARD,
        ("subscribe with a card", "payment_methods.attach", 1): _A_TEST_CARD,
        ("subscribe with a card", "customers.update", 1): _A_TEST_CARD,
    }
)
"""Where looking does not help, and only Stripe's key could: it says 500 until it is forgotten."""

_DONE = frozenset({FAILS_AFTER})
SEEN_AT_ONCE: Mapping[tuple[str, str, int], frozenset[WireFault]] = MappingProxyType(
    {
        ("add a card of the browser's", "payment_methods.attach", 1): _DONE,
        ("cancel now", "subscriptions.change", 1): _DONE,
        ("update_tax_location", "customers.update", 1): _DONE,
        # Its first step is for an end of another kind: nothing is left to be done by it.
        ("keep from a date", "subscriptions.change", 1): _DONE | {FAILS_BEFORE},
    }
)
"""Where the verb itself reads what became of a request that Stripe answered with a 500."""

IS_NOTHING: Mapping[tuple[str, str], Counter[str]] = MappingProxyType(
    {
        # A mark in the metadata, and a coupon that everybody shares, are no part of what was asked.
        ("cancel now", "subscriptions.cancel"): Counter({"customer.subscription.updated": 1}),
        ("comp", "subscriptions.create"): Counter({"coupon.created": 1}),
    }
)
"""What may have happened where an error says that nothing has."""

Case = tuple[Point, tuple[WireFault, ...]]


def cases(points: Sequence[Point], *faults: tuple[WireFault, ...]) -> list[Case]:
    return [(point, one_after_the_other) for point in points for one_after_the_other in faults]


def each(chosen: Sequence[Case]) -> pytest.MarkDecorator:
    ids = [f"{point} - {', '.join(map(str, faults))}" for point, faults in chosen]
    return pytest.mark.parametrize(("point", "faults"), chosen, ids=ids)


def is_seen_at_once(point: Point, fault: WireFault) -> bool:
    return fault in SEEN_AT_ONCE.get((point.verb.name, point.call, point.nth), ())


async def failed(scene: Scene, point: Point, fault: WireFault) -> None:
    """Ask, and hold the error against what is known; none, where the verb sees for itself."""
    scene.line.strike(point.call, point.nth, fault)
    if is_seen_at_once(point, fault):
        assert (await scene.do()).id
        assert scene.line.has_struck
        assert await unfinished(scene.stage) == []
        return
    with pytest.raises((ProcessorUnavailable, NotAsked)) as raised:
        await scene.do()
    assert scene.line.has_struck
    assert secrets_in(said_by(raised.value)) == []
    assert raised.value.retryable
    [operation] = await unfinished(scene.stage)
    if isinstance(raised.value, ProcessorUnavailable):
        assert operation.status == "open"
        assert raised.value.operation_id in (ID, operation.key)
    else:
        assert isinstance(raised.value, RateLimited)
        assert raised.value.retry_after == RETRY_AFTER
        assert operation.status == "released"
        assert scene.caused(operation) == IS_NOTHING.get((point.verb.name, point.call), Counter())
    if fault is LATE:
        await let_late_answers_come()
    if point.call == "customers.create":
        # Its key is not the caller's: who comes again waits for whoever began.
        await let_leases_end(scene.stage)


async def recovered(scene: Scene) -> dict[str, int]:
    """Recover what nobody comes back for; return how many operations ended how."""
    await let_leases_end(scene.stage)
    outcomes = await scene.stage.billing.recover_operations()
    return {str(how): number for how, number in outcomes.items()}


async def given_up_and_done_under_another_id(scene: Scene) -> None:
    """Let the day pass for which a processor remembers a key."""
    stage = scene.stage
    await make_older(stage, timedelta(hours=25))
    assert dict(await stage.billing.recover_operations()) == {"abandoned": 1}
    assert (await scene.verb.do(stage, TEAM, scene.prepared, "another")).id
    await stage.settle()
    assert await unfinished(stage) == []
    assert await things_that_differ(stage) == []


@each(
    cases(WAITING, (RESET_BEFORE,), (FAILS_BEFORE,))
    + cases([point for point in POINTS if point not in WAITING], (RESET_BEFORE, FAILS_BEFORE))
    + cases(POINTS, (LIMITED, RESET_AFTER))
    + cases(KINDS, *((fault,) for fault in SPOILED))
)
async def test_asked_again_it_is_done_once(
    prepared_database_url: str,
    undisturbed: FindOut,
    point: Point,
    faults: tuple[WireFault, ...],
) -> None:
    expected = await undisturbed(point.verb)
    async with prepared(prepared_database_url, point.verb, fault=faults[0]) as scene:
        for fault in faults:
            await failed(scene, point, fault)
            if is_seen_at_once(point, fault):
                break

        row = await scene.do()
        sent = len(scene.line.sent)
        again = await scene.do()

        assert again.id == row.id
        assert len(scene.line.sent) == sent
        await assert_done_once(scene, expected.effect)


@pytest.mark.parametrize("point", POINTS, ids=str)
async def test_recovered_it_is_done_once_though_recovery_fails_as_well(
    prepared_database_url: str,
    undisturbed: FindOut,
    point: Point,
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected = await undisturbed(point.verb)
    async with prepared(prepared_database_url, point.verb) as scene:
        await failed(scene, point, RESET_BEFORE)

        scene.line.strike(point.call, point.nth, RESET_AFTER)
        if not is_seen_at_once(point, RESET_AFTER):
            assert await recovered(scene) == {"open": 1}
            assert scene.line.has_struck
        ended = "refused" if point.verb is UPGRADE_IN_VAIN else "settled"
        assert await recovered(scene) == (
            {} if is_seen_at_once(point, RESET_BEFORE) else {ended: 1}
        )

        assert (await scene.do()).id
        assert secrets_in(caplog.text) == []
        await assert_done_once(scene, expected.effect)


@pytest.mark.parametrize(
    "point", [point for point in POINTS if point.verb is not UPGRADE_IN_VAIN], ids=str
)
async def test_a_failure_that_stripe_remembers_is_looked_behind(
    prepared_database_url: str, undisturbed: FindOut, point: Point
) -> None:
    expected = await undisturbed(point.verb)
    async with prepared(prepared_database_url, point.verb) as scene:
        await failed(scene, point, FAILS_AFTER)

        outcomes = await recovered(scene)

        if is_seen_at_once(point, FAILS_AFTER):
            assert outcomes == {}
            await assert_done_once(scene, expected.effect)
            return
        if (point.verb.name, point.call, point.nth) in STAYS_OPEN:
            assert outcomes == {"open": 1}
            assert scene.effect().events <= expected.effect.events
            await given_up_and_done_under_another_id(scene)
            return
        assert outcomes == {"settled": 1}
        assert (await scene.do()).id
        await assert_done_once(scene, expected.effect)


@each(cases(KINDS, *((one,) for one in (RESET_AFTER, FAILS_BEFORE, LIMITED, *SPOILED))))
async def test_with_tries_of_our_own_nobody_notices(
    prepared_database_url: str,
    undisturbed: FindOut,
    point: Point,
    faults: tuple[WireFault, ...],
) -> None:
    expected = await undisturbed(point.verb)
    [fault] = faults
    wait = PATIENCE if fault is LATE else 0.001
    async with prepared(
        prepared_database_url, point.verb, fault=fault, retries=2, retry_delay=wait
    ) as scene:
        if point.call == "subscriptions.cancel" and fault is not LIMITED:
            await failed(scene, point, fault)
        else:
            scene.line.strike(point.call, point.nth, fault)

        assert (await scene.do()).id
        assert scene.line.has_struck
        await assert_done_once(scene, expected.effect)


@pytest.mark.parametrize("verb", VERBS, ids=str)
async def test_the_table_names_every_request(undisturbed: FindOut, verb: Mutation) -> None:
    assert (await undisturbed(verb)).requests == requests_of(verb)
