"""The list of events: whole, the oldest first, and only what our endpoints are sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accrue_core.contracts.events import ListedEvent
from accrue_core.contracts.processor import Processor
from tests.stripe.account.app import Account
from tests.stripe.asking import asking, bench_of, furnished
from tests.stripe.objects import JANUARY

DAY = 86_400


def at(account: Account) -> datetime:
    return datetime.fromtimestamp(account.now, UTC)


async def listed(processor: Processor, since: datetime) -> list[ListedEvent]:
    return [one async for part in processor.events(since=since) for one in part]


async def test_pages_and_days_come_in_the_order_in_which_they_happened() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench, customers = bench_of(account), list[str]()
        for day in range(3):
            customers += [await bench.customer(processor) for _ in range(101 - day)]
            account.now += DAY
        account.asked.clear()

        events = await listed(processor, at(account) - timedelta(days=3))

    assert [one.event.object_ref for one in events] == customers
    assert {one.event.type for one in events} == {"customer.created"}
    assert {one.event.noun for one in events} == {"customer"}
    asked = [one.values for one in account.asked]
    assert all(one["limit"] == "100" for one in asked)
    assert [one for one in asked if "starting_after" in one]
    starts = [int(one["created[gte]"]) for one in asked]
    assert starts == sorted(starts)


async def test_stripe_is_asked_for_no_more_than_it_keeps() -> None:
    account = furnished()
    async with asking(account) as processor:
        assert await listed(processor, at(account) - timedelta(days=400)) == []

    asked = [one.values for one in account.asked]
    assert int(asked[0]["created[gte]"]) == JANUARY - 30 * DAY
    assert int(asked[-1]["created[lt]"]) == JANUARY + 1
    ends = [one["created[lt]"] for one in asked]
    assert [one["created[gte]"] for one in asked[1:]] == ends[:-1]
    assert len(asked) < 200
