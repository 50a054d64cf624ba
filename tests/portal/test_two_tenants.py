"""Two tenants: whatever one of them sends, nothing of the other is shown and nothing changes.

The routes are those of the application's own table, so that a new one is covered on the day it
is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from hypothesis import HealthCheck, given, settings

from tests.portal.attacks import MOST_WAYS, SEQUENCES, VICTIM, Step
from tests.portal.tenants import SECRET_AMOUNT, World, open_world

EXAMPLES = 30
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def test_no_sequence_of_requests_reaches_another_tenant(prepared_database_url: str) -> None:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        world = runner.run(open_world(stack, prepared_database_url))

        @settings(max_examples=EXAMPLES, suppress_health_check=CHECKS)
        @given(steps=SEQUENCES)
        def every_sequence(steps: Sequence[Step]) -> None:
            runner.run(world.attack(steps))
            runner.run(world.check())

        try:
            every_sequence()
            assert {200, 303, 404, 405} <= {status for _, _, status in world.seen}
        finally:
            runner.run(stack.aclose())


async def test_no_value_of_another_tenant_opens_any_way(prepared_database_url: str) -> None:
    async with AsyncExitStack() as stack:
        world = await open_world(stack, prepared_database_url)
        for number in range(len(world.ways)):
            await world.attack(world.probes(number))
            await world.check()

        assert_every_way_was_taken(world)


def assert_every_way_was_taken(world: World) -> None:
    """Requests that all bounce off would prove nothing: each way in has let its owner in, too."""
    assert len(world.ways) <= MOST_WAYS
    shut = {
        (way.method, way.path)
        for way in world.ways
        if not any(world.seen[way.method, way.path, status] for status in (200, 303))
    }
    assert shut <= {("GET", "/static/{version}/{file}")}
    turned_away = {(method, path) for method, path, status in world.seen if status == 404}
    assert {(way.method, way.path) for way in world.ways if way.parameters} <= turned_away


async def test_the_victim_would_be_recognised(prepared_database_url: str) -> None:
    async with AsyncExitStack() as stack:
        world = await open_world(stack, prepared_database_url)
        attacker = await world.attacker()
        telling = world.victim.values - attacker.values

        async with world.house.browser(VICTIM.key) as victim:
            invoices = await victim.see("/invoices")
            number = next(words for words in invoices.links if words.startswith("F"))
            pages = [invoices, await victim.see(invoices.links[number]), await victim.see()]

    given_away = [len([one for one in telling if one in page.answer.text]) for page in pages]
    assert min(given_away) >= 4
    assert {VICTIM.key, VICTIM.email, str(SECRET_AMOUNT.minor), "$98,765.43", "4444"} <= telling
