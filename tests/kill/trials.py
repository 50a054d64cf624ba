"""What is tried on every ground: kill, restart, recover, repeat, and look at what is left.

The list of points is not written anywhere: a run that is allowed to finish announces them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from accrue_core import Accrue, Owner
from accrue_core.errors import OperationAbandoned
from accrue_core.operations import queries as operations
from accrue_core.operations.models import OperationRecord, OperationStatus
from tests.kill.scenarios import SCENARIOS, a_schedule
from tests.kill.scene import Scene, age_operations, expire_leases

VERBS = (
    "customer",
    "add_payment_method",
    "subscribe",
    "subscribe_on_trial",
    "create_checkout_session",
    "cancel_now",
    "cancel_at_period_end",
    "cancel_at_a_date",
    "keep",
    "swap_plan",
    "upgrade_and_pay",
    "add_item",
    "extend_trial",
    "end_trial",
    "pause",
    "pause_all_of_it",
    "resume",
    "update_customer",
    "update_tax_location",
    "move_customer",
    "comp",
    "schedule",
    "update_schedule",
    "release_schedule",
    "cancel_schedule",
)
ON_POSTGRES = (
    "customer",
    "add_payment_method",
    "subscribe",
    "create_checkout_session",
    "cancel_now",
    "upgrade_and_pay",
    "move_customer",
    "schedule",
    "update_schedule",
)
"""One of each kind: what creates and what changes, of every gateway. SQLite is given all verbs."""

BEGIN_SUBSCRIBED = (
    "cancel", "keep", "swap", "upgrade", "add_item", "extend", "end_trial", "pause", "resume",
)  # fmt: skip
FEWEST_POINTS = 6
"""Two commits with two sides each, and a call with two sides: no verb has fewer."""

Choose = Callable[[Sequence[str]], Iterable[int]]
"""Says at which of the points that a run passes it is killed."""


def everywhere(points: Sequence[str]) -> Iterable[int]:
    """Kill at every point."""
    return range(len(points))


async def prepared(accrue: Accrue, scene: Scene, scenario: str, number: int | str) -> Owner:
    """Return an owner who has what the scenario begins with."""
    owner = Owner("team", f"{scenario}-{number}")
    if scenario in {"update_customer", "update_tax_location"}:
        await accrue.billing.customer(owner)
    elif scenario == "move_customer":
        await accrue.billing.customer(Owner("user", owner.id))
    elif scenario in {"update_schedule", "release_schedule", "cancel_schedule"}:
        await a_schedule(accrue, owner)
    elif scenario == "comp" and number == "finished":
        # The first of an account may make what later ones find, and passes other points.
        await accrue.billing.comp(Owner("team", "comp-first"), "pro")
    elif scenario.startswith(BEGIN_SUBSCRIBED):
        trial = timedelta(days=14) if scenario.endswith("trial") else None
        begun = await accrue.billing.subscribe(
            owner, "pro", trial=trial, payment_method="pm_card_visa"
        )
        if scenario == "keep":
            await accrue.billing.cancel(begun.value.id)
        if scenario == "resume":
            await accrue.billing.pause(begun.value.id, invoices="void")
    await scene.settle(accrue)
    return owner


async def passed(scene: Scene, scenario: str, owner: Owner) -> list[str]:
    """Let a child finish; return the points that it passed."""
    death = await scene.run(scenario, owner, kill_at=None)
    assert death.passed is not None, death
    return death.passed


async def entries(accrue: Accrue, owner: Owner) -> list[str]:
    page = await accrue.billing.timeline_for(owner, limit=500)
    return sorted(entry.type for entry in page.items)


async def records(accrue: Accrue) -> list[OperationRecord]:
    async with accrue.billing.reading() as reading:
        return await operations.listed(reading, statuses=list(OperationStatus), limit=10_000)


async def held(scene: Scene, owner: Owner) -> Counter[str]:
    return Counter(await scene.remote(owner))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a run that was allowed to finish has passed, and what it left here and there."""

    scene: Scene
    accrue: Accrue
    scenario: str
    points: Sequence[str]
    entries: Sequence[str]
    remote: Counter[str]

    async def is_repeated_once(
        self, owner: Owner, point: str, *, after: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Do again what was killed, as its caller would: then all is as in the rehearsal.

        What comes ``after`` that, from elsewhere, changes nothing.
        """
        await SCENARIOS[self.scenario](self.accrue, owner)
        if after is not None:
            await after()
        await self.scene.settle(self.accrue)
        assert await held(self.scene, owner) == self.remote, point
        assert await entries(self.accrue, owner) == self.entries, point


async def rehearsed(scene: Scene, accrue: Accrue, scenario: str) -> Rehearsal:
    """Let a scenario finish for somebody."""
    owner = await prepared(accrue, scene, scenario, "finished")
    points = await passed(scene, scenario, owner)
    await scene.settle(accrue)
    written, remote = await entries(accrue, owner), await held(scene, owner)
    return Rehearsal(scene, accrue, scenario, points, written, remote)


async def leaves_one_effect_or_none(
    scene: Scene, scenario: str, choose: Choose = everywhere
) -> None:
    """Kill a verb at its points; what is done again is done once."""
    async with scene.restarted() as accrue:
        usual = await rehearsed(scene, accrue, scenario)
        assert len(usual.points) >= FEWEST_POINTS
        for number in choose(usual.points):
            await is_killed(usual, number)
        assert await scene.broken(accrue) == []


async def is_killed(usual: Rehearsal, number: int) -> None:
    """Kill a run at one of its points, recover it, and do it again."""
    scene, accrue, scenario = usual.scene, usual.accrue, usual.scenario
    point = usual.points[number]
    owner = await prepared(accrue, scene, scenario, number)
    before = await held(scene, owner)
    assert (await scene.run(scenario, owner, kill_at=number)).killed, point

    if number % 2 == 0:
        # Its leases run still: webhooks tell of the effect before anybody recovers it.
        await scene.take_in(accrue)
    await scene.settle(accrue)
    statuses = {record.status for record in await records(accrue)}
    assert statuses <= {OperationStatus.SETTLED}, point
    assert before <= await held(scene, owner) <= usual.remote, point
    await usual.is_repeated_once(owner, point)


async def is_given_up_if_it_was_never_seen_to_begin(scene: Scene) -> None:
    """Kill on both sides of the call and come back after the customer has left."""
    async with scene.restarted() as accrue:
        never = await prepared(accrue, scene, "subscribe", "never")
        once = await prepared(accrue, scene, "subscribe", "once")
        for owner, side in ((never, "before"), (once, "after")):
            kill_at = f"subscriptions.create:{side}_call"
            assert (await scene.run("subscribe", owner, kill_at=kill_at)).killed
        await age_operations(accrue, timedelta(hours=1))
        await scene.settle(accrue)

        assert (await held(scene, never))["subscription"] == 0
        assert (await held(scene, once))["subscription"] == 1
        assert len(await accrue.billing.subscriptions(once)) == 1
        with pytest.raises(OperationAbandoned):
            await SCENARIOS["subscribe"](accrue, never)
        assert await accrue.billing.subscriptions(never) == []


async def is_recovered_though_recovery_is_killed(scene: Scene, choose: Choose = everywhere) -> None:
    """Kill a subscription on both sides of the call, and then its recovery at its points."""
    async with scene.restarted() as accrue:
        usual = await rehearsed(scene, accrue, "subscribe")
        for death in ("subscriptions.create:before_call", "subscriptions.create:after_call"):
            first = await prepared(accrue, scene, "subscribe", f"{death}-first")
            assert (await scene.run("subscribe", first, kill_at=death)).killed
            await expire_leases(accrue)
            recovering = await passed(scene, "recover", first)
            for number in choose(recovering):
                point = recovering[number]
                owner = await prepared(accrue, scene, "subscribe", f"{death}-{number}")
                assert (await scene.run("subscribe", owner, kill_at=death)).killed
                await expire_leases(accrue)
                assert (await scene.run("recover", owner, kill_at=number)).killed, point
                await scene.settle(accrue)
                assert await held(scene, owner) == usual.remote, point
                assert await entries(accrue, owner) == usual.entries, point
        assert await scene.broken(accrue) == []


async def is_dispatched_by_the_next(scene: Scene, choose: Choose = everywhere) -> None:
    """Kill the dispatch of webhooks at its points; the next one finishes it."""
    async with scene.restarted() as accrue:

        async def received(number: int | str) -> Owner:
            owner = Owner("team", f"dispatch-{number}")
            await accrue.billing.subscribe(owner, "pro", trial=timedelta(days=1))
            await scene.settle(accrue)
            await scene.advance(timedelta(days=1, hours=2))
            assert await scene.deliver(accrue)
            return owner

        finished = await received("finished")
        points = await passed(scene, "dispatch", finished)
        assert len(points) >= FEWEST_POINTS
        wanted = await entries(accrue, finished)

        for number in choose(points):
            point = points[number]
            owner = await received(number)
            assert (await scene.run("dispatch", owner, kill_at=number)).killed, point
            await scene.settle(accrue)
            assert await entries(accrue, owner) == wanted, point
        assert not (await accrue.billing.webhook_deliveries(status="dead")).items
        assert await scene.broken(accrue) == []
