"""Kill the process at every point of every mutating verb, and look at what is left.

The list of points is not written here: a run that is allowed to finish announces them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from accrue_core import Accrue, Owner
from accrue_core.errors import OperationAbandoned
from accrue_core.operations import queries as operations
from accrue_core.operations.models import OperationRecord, OperationStatus
from tests.kill.ground import Ground, grounded
from tests.kill.scenarios import SCENARIOS, a_schedule

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


@pytest.fixture
async def ground(prepared_database_url: str, tmp_path: Path) -> AsyncIterator[Ground]:
    async with grounded(prepared_database_url, tmp_path) as ground:
        yield ground


async def prepared(accrue: Accrue, ground: Ground, scenario: str, number: int | str) -> Owner:
    """Return an owner who has what the scenario begins with."""
    owner = Owner("team", f"{scenario}-{number}")
    if scenario in {"update_customer", "update_tax_location"}:
        await accrue.billing.customer(owner)
    elif scenario == "move_customer":
        await accrue.billing.customer(Owner("user", owner.id))
    elif scenario in {"update_schedule", "release_schedule", "cancel_schedule"}:
        await a_schedule(accrue, owner)
    elif scenario.startswith(BEGIN_SUBSCRIBED):
        trial = timedelta(days=14) if scenario.endswith("trial") else None
        begun = await accrue.billing.subscribe(
            owner, "pro", trial=trial, payment_method="pm_card_visa"
        )
        if scenario == "keep":
            await accrue.billing.cancel(begun.value.id)
        if scenario == "resume":
            await accrue.billing.pause(begun.value.id, invoices="void")
    await ground.settle(accrue)
    return owner


async def entries(accrue: Accrue, owner: Owner) -> list[str]:
    page = await accrue.billing.timeline_for(owner, limit=500)
    return sorted(entry.type for entry in page.items)


async def records(accrue: Accrue) -> list[OperationRecord]:
    async with accrue.billing.reading() as reading:
        return await operations.listed(reading, statuses=list(OperationStatus), limit=10_000)


@pytest.mark.parametrize(
    ("database_kind", "scenario"),
    [*(("sqlite", verb) for verb in VERBS), *(("postgres", verb) for verb in ON_POSTGRES)],
    indirect=["database_kind"],
)
async def test_a_verb_killed_anywhere_leaves_one_effect_or_none(
    ground: Ground, scenario: str
) -> None:
    async with ground.restarted() as accrue:
        finished = await prepared(accrue, ground, scenario, "finished")
        points = ground.run(scenario, finished, kill_at=None).passed
        assert points is not None
        assert len(points) >= FEWEST_POINTS
        await ground.settle(accrue)
        wanted = await entries(accrue, finished)
        remote = await ground.remote(finished)

        for number, point in enumerate(points):
            owner = await prepared(accrue, ground, scenario, number)
            before = await ground.remote(owner)
            assert ground.run(scenario, owner, kill_at=number).killed, point

            await ground.settle(accrue)
            statuses = {record.status for record in await records(accrue)}
            assert statuses <= {OperationStatus.SETTLED}, point
            after = await ground.remote(owner)
            assert all(before[noun] <= after[noun] <= remote[noun] for noun in remote), point

            await SCENARIOS[scenario](accrue, owner)
            await ground.settle(accrue)
            assert await ground.remote(owner) == remote, point
            assert await entries(accrue, owner) == wanted, point
        assert (await accrue.billing.verify_ledger()).is_intact


async def test_a_subscription_that_was_never_seen_to_begin_is_given_up(ground: Ground) -> None:
    async with ground.restarted() as accrue:
        finished = await prepared(accrue, ground, "subscribe", "finished")
        points = ground.run("subscribe", finished, kill_at=None).passed or []
        asked = points.index("subscriptions.create:before_call")
        answered = points.index("subscriptions.create:after_call")

        never = await prepared(accrue, ground, "subscribe", "never")
        once = await prepared(accrue, ground, "subscribe", "once")
        assert ground.run("subscribe", never, kill_at=asked).killed
        assert ground.run("subscribe", once, kill_at=answered).killed
        await ground.age_operations(timedelta(hours=1))
        await ground.settle(accrue)

        assert (await ground.remote(never))["subscription"] == 0
        assert (await ground.remote(once))["subscription"] == 1
        assert len(await accrue.billing.subscriptions(once)) == 1
        with pytest.raises(OperationAbandoned):
            await SCENARIOS["subscribe"](accrue, never)
        assert await accrue.billing.subscriptions(never) == []


async def test_recovery_killed_anywhere_is_recovered(ground: Ground) -> None:
    async with ground.restarted() as accrue:
        finished = await prepared(accrue, ground, "subscribe", "finished")
        points = ground.run("subscribe", finished, kill_at=None).passed or []
        await ground.settle(accrue)
        wanted = await entries(accrue, finished)
        for death in ("subscriptions.create:before_call", "subscriptions.create:after_call"):
            at = points.index(death)
            first = await prepared(accrue, ground, "subscribe", f"{at}-first")
            assert ground.run("subscribe", first, kill_at=at).killed
            await ground.expire_leases()
            passed = ground.run("recover", first, kill_at=None).passed
            assert passed
            for number, point in enumerate(passed):
                owner = await prepared(accrue, ground, "subscribe", f"{at}-{number}")
                assert ground.run("subscribe", owner, kill_at=at).killed
                await ground.expire_leases()
                assert ground.run("recover", owner, kill_at=number).killed, point
                await ground.settle(accrue)
                assert (await ground.remote(owner))["subscription"] == 1, point
                assert await entries(accrue, owner) == wanted, point
        assert (await accrue.billing.verify_ledger()).is_intact


async def test_dispatch_killed_anywhere_is_finished_by_the_next(ground: Ground) -> None:
    async with ground.restarted() as accrue:

        async def received(number: int | str) -> Owner:
            owner = Owner("team", f"dispatch-{number}")
            await accrue.billing.subscribe(owner, "pro", trial=timedelta(days=1))
            await ground.settle(accrue)
            await ground.backend.call("engine", "advance", {"delta": timedelta(days=1, hours=2)})
            assert await ground.deliver(accrue)
            return owner

        finished = await received("finished")
        points = ground.run("dispatch", finished, kill_at=None).passed
        assert points is not None
        assert len(points) >= FEWEST_POINTS
        wanted = await entries(accrue, finished)

        for number, point in enumerate(points):
            owner = await received(number)
            death = ground.run("dispatch", owner, kill_at=number)
            assert death.killed, point
            await ground.settle(accrue)
            assert await entries(accrue, owner) == wanted, point
        assert not (await accrue.billing.webhook_deliveries(status="dead")).items
        assert (await accrue.billing.verify_ledger()).is_intact
