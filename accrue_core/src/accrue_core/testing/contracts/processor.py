"""What every processor promises as a whole."""

# ruff: noqa: S101
from __future__ import annotations

import inspect
from datetime import timedelta

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.processor import REQUESTS, Processor
from accrue_core.errors import AccrueError, RemoteMissing, UnsupportedCapability
from accrue_core.testing.contracts.bench import Bench, is_supported

NOUNS = {
    "customer": "customers",
    "payment_method": "payment_methods",
    "subscription": "subscriptions",
    "invoice": "invoices",
}


@pytest.mark.anyio
class ProcessorContract:
    """Names, tables and the generic ways in. Give it the fixtures ``processor`` and ``bench``."""

    async def test_it_has_a_name_that_fits_into_an_address(self, processor: Processor) -> None:
        assert processor.name
        assert processor.name.replace("_", "").replace("-", "").isalnum()

    async def test_it_says_how_it_supports_every_capability(self, processor: Processor) -> None:
        assert set(processor.support) == set(Capability)

    async def test_it_says_how_every_lost_outcome_is_found(self, processor: Processor) -> None:
        assert set(processor.recovery) == set(REQUESTS)
        for promise in processor.recovery.values():
            assert promise.is_findable or promise.key_lifetime > timedelta()

    async def test_it_allows_at_least_one_fetch_at_a_time(self, processor: Processor) -> None:
        assert processor.fetch_limit >= 1

    async def test_every_request_has_a_gateway_that_takes_it(self, processor: Processor) -> None:
        for request in REQUESTS.values():
            gateway = getattr(processor, request.gateway)
            method = getattr(gateway, request.method)
            assert inspect.iscoroutinefunction(method)
            assert (
                inspect.signature(method).parameters["key"].kind == inspect.Parameter.KEYWORD_ONLY
            )

    @pytest.mark.parametrize("noun", NOUNS)
    async def test_what_it_never_made_is_missing(self, processor: Processor, noun: str) -> None:
        for fetched in (
            processor.fetch(noun, "never_made_00000"),
            getattr(processor, NOUNS[noun]).fetch("never_made_00000"),
        ):
            with pytest.raises(RemoteMissing):
                await fetched

    async def test_a_noun_that_nobody_knows_is_refused(self, processor: Processor) -> None:
        with pytest.raises(AccrueError):
            await processor.fetch("unicorn", "uni_1")

    async def test_what_has_happened_is_listed_the_oldest_first(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.LIST_EVENTS):
            with pytest.raises(UnsupportedCapability):
                [part async for part in processor.events(since=bench.now())]
            return
        first, last = [await bench.customer(processor) for _ in range(2)]

        since = bench.now() - timedelta(hours=1)
        listed = [one async for part in processor.events(since=since) for one in part]

        refs = [one.event.object_ref for one in listed]
        assert refs.index(first) < refs.index(last)
        assert len({one.event.ref for one in listed}) == len(listed)
        assert all(one.event.ref.encode() in one.body for one in listed)

    async def test_both_ways_of_fetching_agree(self, processor: Processor, bench: Bench) -> None:
        for snapshot in (await bench.subscribed(processor)).snapshots:
            by_noun = await processor.fetch(snapshot.noun, snapshot.ref)
            by_gateway = await getattr(processor, NOUNS[snapshot.noun]).fetch(snapshot.ref)
            assert by_noun.main == by_gateway.main
            assert by_noun.main.ref == snapshot.ref
