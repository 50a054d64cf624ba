"""Convergence: whatever is lost, doubled, late or shuffled, the mirror ends as the processor is."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.faults.lives import (
    OWNERS,
    STEPS,
    Life,
    Step,
    differences,
    features_owed,
    is_skipping,
)
from tests.services.databases import PostgresDatabases, Prepare, SqliteDatabases
from tests.stage import TEAM, Stage, new_engine, staged

CHECKED_BY_EXAMPLE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
PHASES = [Phase.explicit, Phase.generate, Phase.shrink]


class Fresh:
    """Makes a database for every example, and drops it afterwards."""

    def __init__(self, request: pytest.FixtureRequest, kind: str, folder: Path) -> None:
        self._prepare: Prepare = request.getfixturevalue("prepare_database")
        self._kind, self._folder, self._number = kind, folder, 0
        self._files: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        if kind == "postgres":
            self._server: PostgresDatabases = request.getfixturevalue("postgres_databases")

    def take(self) -> str:
        """Return the URL of a migrated database."""
        if self._kind == "postgres":
            return self._server.create_prepared(self._prepare)
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        return self._files.create_prepared(folder, self._prepare)

    def drop(self, url: str) -> None:
        """Drop it, where that costs the server something."""
        if self._kind == "postgres":
            self._server.drop(url)


@pytest.fixture
def fresh(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Fresh:
    """Return where each example gets its database."""
    return Fresh(request, database_kind, tmp_path)


async def lived(url: str, steps: list[Step], options: dict[str, Any], batch_size: int) -> None:
    points: Counter[str] = Counter()
    async with staged(
        url,
        engine=new_engine(**options),
        settings={"batch_size": batch_size},
        announce=lambda point: points.update([point]),
    ) as stage:
        life = Life(stage)
        life.watch()
        await life.play(steps)
        await life.finish()

        assert await differences(life) == []
        assert (await stage.billing.verify_ledger()).is_intact
        await assert_told_truly(life)
        for owner in OWNERS:
            assert await stage.billing.features_for(owner) == features_owed(life, owner)
        # Only answers that were repeated or overtaken can come too late to be believed.
        assert points["refresh.ask:after_commit"] <= 5 * life.overlaps
        dead = (await stage.billing.webhook_deliveries(status="dead")).items
        assert [delivery.last_error for delivery in dead] == []


async def assert_told_truly(life: Life) -> None:
    """Hold the ledger's statuses against what the engine went through."""
    for owner in OWNERS:
        for row in await life.stage.billing.subscriptions(owner):
            page = await life.stage.billing.timeline_for(row.id, limit=500)
            entries = list(reversed(page.items))
            told = [entry.after["status"] for entry in entries]
            steps = [s for n, s in enumerate(told) if n == 0 or told[n - 1] != s]
            assert is_skipping(steps, life.statuses[row.ref]), (steps, life.statuses[row.ref])
            types = [entry.type for entry in entries]
            assert types[0] == "subscription.started"
            assert types.count("subscription.started") == 1
            assert types.count("subscription.ended") == (len(steps) > 1 and row.is_ended)
            if "subscription.ended" in types:
                after = types[types.index("subscription.ended") + 1 :]
                assert "subscription.activated" not in after
                assert "subscription.renewed" not in after


@pytest.mark.parametrize("final", ["canceled", "unpaid"])
def test_every_life_ends_as_the_processor_says(fresh: Fresh, final: str) -> None:
    @settings(max_examples=20, phases=PHASES, suppress_health_check=CHECKED_BY_EXAMPLE)
    @given(steps=STEPS, batch_size=st.sampled_from([1, 3, 50]))
    def every_life(steps: list[Step], batch_size: int) -> None:
        url = fresh.take()
        try:
            asyncio.run(lived(url, steps, {"final": final}, batch_size))
        finally:
            fresh.drop(url)

    every_life()


@pytest.fixture
async def year(prepared_database_url: str) -> Any:
    """Open a stage for a single long year."""
    async with staged(prepared_database_url) as stage:
        yield stage


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_failsAtRenewal"])
async def test_a_year_at_once_asks_about_each_thing_once_or_twice(year: Stage, card: str) -> None:
    await year.billing.subscribe(TEAM, "pro", payment_method=card)
    await year.settle()
    before = sum(n for call, n in year.processor.backend.calls.items() if "fetch" in call)

    year.engine.advance(timedelta(days=366))
    await year.settle()

    fetches = sum(n for c, n in year.processor.backend.calls.items() if "fetch" in c) - before
    books = year.engine.books
    things = len(books.subscriptions) + len(books.invoices) + len(books.customers)
    assert fetches <= 2 * things
    assert await differences(Life(year)) == []
    assert (await year.ledger())[-1].startswith(("invoice.", "subscription."))
