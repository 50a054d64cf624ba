"""Kill the process that asks Stripe, at the points of every mutating verb.

The trials are those of ``tests/kill``. Between the process and the engine there are the Stripe
plugin, the official SDK, HTTP, and signed webhooks that are posted to whoever is up again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from functools import partial
from zlib import crc32

import pytest

from accrue_core import Owner
from accrue_core.contracts.subscriptions import COMP_COUPON
from tests.kill import trials
from tests.kill.scenarios import comp
from tests.kill.scene import Zygote
from tests.wire.kill.ground import WiredGround, wired_ground

ON_POSTGRES = ("subscribe", "create_checkout_session", "cancel_now", "upgrade_and_pay", "schedule")
"""One of each kind, and the first makes a customer and its card, too. SQLite is given all verbs."""

EVERY = 6
"""Of the points between which nothing changes, one in so many is taken; which, the verb says."""

STILL_AT_IT = timedelta(seconds=3)
"""How long Stripe works on a request: some ten times what a recovery needs."""

IN_FLIGHT = 409
"""What Stripe answers to a key that it is still working under."""


@pytest.fixture
async def ground(prepared_database_url: str, zygote: Zygote) -> AsyncIterator[WiredGround]:
    async with wired_ground(prepared_database_url, zygote) as ground:
        yield ground


def chosen(points: Sequence[str], *, by: str) -> Iterable[int]:
    """Choose points such that the process dies in every state that it can leave the world in.

    The world changes at a commit and at a request, and nowhere between. So it is enough to die
    before each of them, and at the very end. Of the other points some are taken, in case that this
    is not true.
    """
    offset = crc32(by.encode()) % EVERY
    for number, point in enumerate(points):
        is_before_a_change = point.endswith((":before_commit", ":before_request"))
        if is_before_a_change or number == len(points) - 1 or number % EVERY == offset:
            yield number


@pytest.mark.parametrize(
    ("database_kind", "scenario"),
    [*(("sqlite", verb) for verb in trials.VERBS), *(("postgres", verb) for verb in ON_POSTGRES)],
    indirect=["database_kind"],
)
async def test_a_verb_killed_over_the_wire_leaves_one_effect_or_none(
    ground: WiredGround, scenario: str
) -> None:
    async with ground.restarted() as accrue:
        usual = await trials.rehearsed(ground, accrue, scenario)
        assert len(usual.points) >= trials.FEWEST_POINTS
        for number in chosen(usual.points, by=scenario):
            await trials.is_killed(usual, number)

        answered = [point for point in usual.points if point.endswith(":after_response")]
        changes = [point for point in answered if not point.startswith("GET ")]
        assert changes
        for number, point in enumerate(changes):
            await its_request_may_come_late(ground, usual, number, point)
        assert await ground.broken(accrue) == []


async def its_request_may_come_late(
    ground: WiredGround, usual: trials.Rehearsal, number: int, point: str
) -> None:
    """Kill a run while its request is under way; it arrives when all has been done again."""
    accrue, scenario = usual.accrue, usual.scenario
    owner = await trials.prepared(accrue, ground, scenario, f"late-{number}")
    ground.gate.hold(number)
    assert (await ground.run(scenario, owner, kill_at=usual.points.index(point))).killed, point
    assert len(ground.gate.kept) == 1, point
    await ground.settle(accrue)
    await usual.is_repeated_once(owner, f"{point}, late", after=ground.gate.release)


@pytest.mark.parametrize("side", ["before_request", "after_response"])
async def test_the_first_comp_of_an_account_killed_at_its_coupon_is_one_comp(
    ground: WiredGround, side: str
) -> None:
    owner = Owner("team", "comped")
    async with ground.restarted() as accrue:
        assert (await ground.run("comp", owner, kill_at=f"POST /v1/coupons:{side}")).killed
        await ground.settle(accrue)
        await comp(accrue, owner)
        await ground.settle(accrue)

        remote = await trials.held(ground, owner)
        assert (remote["subscription"], remote["customer.subscription.created"]) == (1, 1)
        assert list(ground.server.engine.books.coupons) == [COMP_COUPON]
        assert await accrue.billing.has_active_plan(owner)
        assert await ground.broken(accrue) == []


async def test_recovery_that_comes_while_stripe_is_still_at_it_leaves_it_at_that(
    ground: WiredGround,
) -> None:
    async with ground.restarted() as accrue:
        usual = await trials.rehearsed(ground, accrue, "subscribe_on_trial")
        owner = await trials.prepared(accrue, ground, "subscribe_on_trial", "slow")
        kill_at = "POST /v1/subscriptions:after_response"
        ground.gate.hold(1)
        assert (await ground.run("subscribe_on_trial", owner, kill_at=kill_at)).killed

        scenarios = ground.server.engine.scenarios
        scenarios.slow_next_call(STILL_AT_IT, call="subscriptions.create")
        arriving = asyncio.create_task(ground.gate.release())
        while not scenarios.is_quiet:
            await asyncio.sleep(0)
        await ground.settle(accrue)
        assert IN_FLIGHT in {asked.status for asked in ground.server.account.requests}
        assert (await trials.held(ground, owner))["subscription"] == 0

        await arriving
        await ground.settle(accrue)
        await usual.is_repeated_once(owner, kill_at)
        assert await ground.broken(accrue) == []


async def test_webhooks_that_nobody_took_come_again_when_somebody_is_up(
    ground: WiredGround,
) -> None:
    async with ground.restarted() as accrue:
        usual = await trials.rehearsed(ground, accrue, "subscribe")
        owner = await trials.prepared(accrue, ground, "subscribe", "alone")
        kill_at = "subscriptions.create:after_call"
        assert (await ground.run("subscribe", owner, kill_at=kill_at)).killed

    refused = await ground.server.deliver()
    assert refused
    assert not any(one.is_accepted for one in ground.server.account.attempts[-refused:])
    await ground.advance(timedelta(minutes=5))

    async with ground.restarted() as accrue:
        assert await ground.deliver(accrue) == refused
        await accrue.work.drain()
        await ground.settle(accrue)
        assert await trials.entries(accrue, owner) == usual.entries
        assert await ground.broken(accrue) == []


async def test_a_subscription_that_was_never_seen_to_begin_is_given_up(
    ground: WiredGround,
) -> None:
    await trials.is_given_up_if_it_was_never_seen_to_begin(ground)


async def test_recovery_killed_over_the_wire_is_recovered(ground: WiredGround) -> None:
    await trials.is_recovered_though_recovery_is_killed(ground, partial(chosen, by="recover"))


async def test_dispatch_killed_over_the_wire_is_finished_by_the_next(ground: WiredGround) -> None:
    await trials.is_dispatched_by_the_next(ground, partial(chosen, by="dispatch"))
