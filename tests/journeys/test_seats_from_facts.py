"""The quantity of a subscription is what the host counts, whatever happens on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from accrue_core import Accrue, Catalog, Owner, Plan, Settings, hookimpl
from accrue_core.contracts.changes import Proration
from accrue_core.errors import ConfigurationError, PluginConflict, UnknownPlan
from tests.stage import CATALOG, TEAM, Stage, staged

CARD = "pm_card_visa"


class Members:
    """The host's own table of who belongs to which team, and the count of it."""

    name = "members"
    plans = ("pro",)
    proration: Proration = "create_prorations"

    def __init__(self) -> None:
        self.teams: dict[Owner, set[int]] = {}
        self.counted = 0

    async def count(self, owner: Owner) -> int:
        await asyncio.sleep(0)
        self.counted += 1
        return len(self.teams.get(owner, ()))


class Counting:
    """A host's plugin with its counters."""

    plugin_name = "the_host"

    def __init__(self, *counters: Any) -> None:
        self.counters = counters

    @hookimpl
    def register_seat_counters(self) -> Sequence[Any]:
        return self.counters


@pytest.fixture
def members() -> Members:
    return Members()


@pytest.fixture
async def stage(prepared_database_url: str, members: Members) -> AsyncIterator[Stage]:
    """Open a stage whose plan ``pro`` is paid by members."""
    async with staged(
        prepared_database_url,
        settings={"seat_debounce": timedelta(0)},
        host_plugins=[Counting(members)],
    ) as stage:
        yield stage


def quantity(stage: Stage, ref: str) -> int | None:
    """Return what the processor would bill."""
    found: int | None = stage.engine.subscriptions.fetch(ref).main.items[0].quantity
    return found


async def test_what_starts_with_one_seat_is_counted(stage: Stage, members: Members) -> None:
    members.teams[TEAM] = set(range(5))
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    await stage.settle()

    assert quantity(stage, outcome.value.ref) == 5
    kept = await stage.billing.subscription(outcome.value.id)
    assert kept.items[0].quantity == 5
    assert "subscription.items_changed" in await stage.ledger()


async def test_a_thousand_joins_and_leaves_at_once_end_in_the_count(
    stage: Stage, members: Members
) -> None:
    chance = random.Random(7)  # noqa: S311
    members.teams[TEAM] = set(range(100))
    outcome = await stage.billing.subscribe(TEAM, "pro", quantity=100, payment_method=CARD)
    await stage.settle()
    before = len(stage.engine.subscriptions.fetch(outcome.value.ref).main.items)

    async def move(number: int) -> None:
        await asyncio.sleep(chance.random() / 100)
        team = members.teams[TEAM]
        team.discard(number % 150) if number % 3 else team.add(1000 + number)
        await stage.billing.seats_changed(TEAM)

    async def work() -> None:
        while not moved.done():
            await stage.accrue.work.drain()
            await asyncio.sleep(0.01)

    moved = asyncio.gather(*(move(number) for number in range(1000)))
    await asyncio.gather(moved, work())
    await stage.settle()

    assert before == 1
    assert quantity(stage, outcome.value.ref) == len(members.teams[TEAM])
    changes = (await stage.ledger()).count("subscription.items_changed")
    assert 0 < changes < 200
    assert (await stage.billing.verify_ledger()).is_intact


async def test_gathered_joins_make_one_change(prepared_database_url: str, members: Members) -> None:
    async with staged(
        prepared_database_url,
        settings={"seat_debounce": timedelta(seconds=0.5)},
        host_plugins=[Counting(members)],
    ) as stage:
        members.teams[TEAM] = {1}
        outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
        await stage.settle()
        members.counted = 0
        for number in range(50):
            members.teams[TEAM].add(number)
            await stage.billing.seats_changed(TEAM)
        await asyncio.sleep(0.6)
        await stage.settle()

        assert quantity(stage, outcome.value.ref) == len(members.teams[TEAM])
        assert (await stage.ledger()).count("subscription.items_changed") == 1
        assert members.counted <= 2


@pytest.mark.parametrize(
    ("trouble", "options"),
    [
        ("limit_next_call", {}),
        ("fail_next_call", {}),
        ("cut_next_call", {}),
        ("lose_next_answer", {"when": "before"}),
        ("lose_next_answer", {"when": "after"}),
    ],
)
async def test_trouble_at_the_processor_delays_the_count_and_loses_nothing(
    stage: Stage, members: Members, trouble: str, options: dict[str, Any]
) -> None:
    members.teams[TEAM] = {1}
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    await stage.settle()
    members.teams[TEAM] = {1, 2, 3}
    getattr(stage.engine.scenarios, trouble)(**options, call="subscriptions.change")
    await stage.billing.seats_changed(TEAM)
    await stage.settle()
    for _ in range(3):
        await stage.billing.replay_jobs()
        await make_due(stage)
        await stage.settle()

    assert quantity(stage, outcome.value.ref) == 3
    assert (await stage.ledger()).count("subscription.items_changed") == 1


async def make_due(stage: Stage) -> None:
    """Let every waiting job be due, as time would."""
    from sqlalchemy import update

    from accrue_core.db.database_clock import db_clock
    from accrue_core.operations.models import operations
    from accrue_core.outbox.models import jobs

    async with stage.billing.transaction("test") as tx:
        await tx.execute(update(jobs).values(due_at=db_clock()))
        await tx.execute(update(operations).values(lease_until=db_clock()))


async def test_a_number_edited_at_the_processor_is_put_right(
    stage: Stage, members: Members
) -> None:
    members.teams[TEAM] = {1, 2}
    outcome = await stage.billing.subscribe(TEAM, "pro", quantity=2, payment_method=CARD)
    await stage.settle()
    record = stage.engine.subscriptions.fetch(outcome.value.ref).main
    stage.engine.subscriptions.edit(outcome.value.ref, quantity=9)
    assert record.items[0].quantity == 2
    await stage.settle()

    assert quantity(stage, outcome.value.ref) == 2


async def test_what_cannot_change_now_is_counted_once_it_can(
    stage: Stage, members: Members
) -> None:
    members.teams[TEAM] = {1}
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=CARD)
    await stage.settle()
    stage.engine.scenarios.decline_next_charge()
    await stage.advance(days=32)
    owing = await stage.billing.subscription(outcome.value.id)
    members.teams[TEAM] = {1, 2, 3, 4}
    assert await stage.billing.count_seats(TEAM) == []
    assert (owing.status.value, quantity(stage, outcome.value.ref)) == ("past_due", 1)

    await stage.advance(days=4)

    assert quantity(stage, outcome.value.ref) == 4


async def test_nobody_left_is_paid_as_one(stage: Stage, members: Members) -> None:
    members.teams[TEAM] = {1, 2}
    outcome = await stage.billing.subscribe(TEAM, "pro", quantity=2, payment_method=CARD)
    members.teams[TEAM] = set()
    [changed] = await stage.billing.count_seats(TEAM)

    assert changed.items[0].quantity == 1 == quantity(stage, outcome.value.ref)
    assert await stage.billing.count_seats(TEAM) == []


async def test_other_plans_and_other_owners_are_left_alone(stage: Stage, members: Members) -> None:
    members.teams[TEAM] = {1, 2}
    outcome = await stage.billing.subscribe(TEAM, "basic", quantity=7, payment_method=CARD)
    await stage.settle()

    assert await stage.billing.count_seats(TEAM) == []
    assert quantity(stage, outcome.value.ref) == 7
    assert members.counted == 0


async def test_counting_without_a_counter_is_said_to_be_missing(
    prepared_database_url: str,
) -> None:
    async with staged(prepared_database_url) as stage:
        for verb in (stage.billing.seats_changed, stage.billing.count_seats):
            with pytest.raises(ConfigurationError, match="register_seat_counters"):
                await verb(TEAM)


@pytest.mark.parametrize(
    ("plans", "error"), [((("pro",), ("basic", "pro")), PluginConflict), ((("pri",),), UnknownPlan)]
)
def test_counters_that_do_not_fit_stop_start_up(
    plans: tuple[tuple[str, ...], ...], error: type[Exception]
) -> None:
    counters = []
    for number, of in enumerate(plans):
        counter = Members()
        counter.name, counter.plans = f"members{number}", of  # type: ignore[assignment]
        counters.append(counter)
    with pytest.raises(error):
        Accrue(
            Settings(database_url="sqlite+aiosqlite:///never.sqlite3"),
            catalog=CATALOG,
            plugins=[Counting(*counters)],
        )


def test_a_catalog_without_counters_needs_none() -> None:
    settings = Settings(database_url="sqlite+aiosqlite:///never.sqlite3")
    assert Accrue(settings, catalog=Catalog(Plan(key="pro"))).plugins.seat_counters == {}
