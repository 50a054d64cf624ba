"""Catching up: what no webhook has told, and the processor still knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest

from accrue_core import Billing
from accrue_core.contracts.events import ListedEvent
from accrue_core.contracts.handlers import WebhookReceived
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import InvalidRequest, ProcessorUnavailable
from tests.stage import TEAM, Stage, staged

OUTAGE = timedelta(days=4)


class Ears:
    """A handler of endings."""

    name = "ended"
    types = frozenset({"customer.subscription.deleted"})

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def handle(self, event: WebhookReceived, billing: Billing) -> None:
        del billing
        self.heard.append(event.event.type)


async def an_outage(stage: Stage) -> str:
    """Let a subscription end at the processor, and nobody hear of it; return its id."""
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    await stage.settle()
    stage.engine.scenarios.lose_next_webhook(times=100)
    stage.engine.subscriptions.becomes(outcome.value.ref, SubscriptionStatus.CANCELED)
    stage.engine.scenarios.clear()
    stage.engine.advance(OUTAGE)
    await stage.settle()
    assert (await stage.billing.subscription(outcome.value.id)).status == "active"
    return outcome.value.id


def long_ago(stage: Stage) -> datetime:
    return stage.engine.clock.now() - OUTAGE - timedelta(days=1)


async def test_what_no_webhook_told_is_taken_in(stage: Stage) -> None:
    id_ = await an_outage(stage)

    assert await stage.billing.catch_up(since=long_ago(stage)) == 1
    await stage.settle()

    assert (await stage.billing.subscription(id_)).status == "canceled"
    assert not await stage.billing.entitled(TEAM, "reports")
    assert await stage.billing.catch_up(since=long_ago(stage)) == 0


async def test_what_happened_before_is_not_asked_for(stage: Stage) -> None:
    id_ = await an_outage(stage)

    late = stage.engine.clock.now() - timedelta(days=1)
    assert await stage.billing.catch_up(since=late) == 0
    await stage.settle()

    assert (await stage.billing.subscription(id_)).status == "active"


async def test_a_handler_of_what_was_missed_runs_once(prepared_database_url: str) -> None:
    ears = Ears()
    async with staged(prepared_database_url, webhook_handlers=[ears]) as stage:
        await an_outage(stage)
        for _ in range(2):
            await stage.billing.catch_up(since=long_ago(stage))
            await stage.settle()

    assert ears.heard == ["customer.subscription.deleted"]


async def test_an_asking_that_breaks_off_leaves_what_it_had_and_is_gone_on_with(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_outage(stage)
    (whole,) = [one async for one in stage.processor.events(since=long_ago(stage))]

    async def broken(*, since: datetime) -> AsyncIterator[Sequence[ListedEvent]]:
        del since
        yield whole[-1:]
        raise ProcessorUnavailable("the line broke")

    with monkeypatch.context() as line:
        line.setattr(stage.processor, "events", broken)
        with pytest.raises(ProcessorUnavailable):
            await stage.billing.catch_up(since=long_ago(stage))

    deliveries = (await stage.billing.webhook_deliveries()).items
    assert deliveries[0].event_ref == whole[-1].event.ref
    assert await stage.billing.catch_up(since=long_ago(stage)) == 0


async def test_a_moment_ahead_or_without_a_timezone_is_refused(stage: Stage) -> None:
    now = stage.engine.clock.now()
    for wrong in (now.replace(year=2100), now.replace(tzinfo=None), "yesterday"):
        with pytest.raises(InvalidRequest):
            await stage.billing.catch_up(since=wrong)  # type: ignore[arg-type]
