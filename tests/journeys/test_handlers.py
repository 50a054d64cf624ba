"""Handlers: host code that runs for what became true, once each, and in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select

from accrue_core import Billing
from accrue_core.blocking import BlockingBilling
from accrue_core.contracts.handlers import LedgerEntryView, WebhookReceived
from accrue_core.db.leases import JobStatus
from accrue_core.ledger.append import append
from accrue_core.ledger.events import Updated
from accrue_core.outbox import queries as outbox
from accrue_core.outbox.models import jobs
from tests.faults.evidence import rows, settle_hurried
from tests.stage import OTHER_TEAM, TEAM, Stage, staged

STARTED = frozenset({"subscription.started"})


class Awaited:
    """A handler that is awaited."""

    def __init__(
        self,
        name: str,
        types: frozenset[str],
        then: Callable[[Any, Billing], Awaitable[None]] | None = None,
        fails: int = 0,
    ) -> None:
        self.name, self.types, self._then, self.fails = name, types, then, fails
        self.seen: list[Any] = []

    async def handle(self, event: Any, billing: Billing) -> None:
        self.seen.append(event)
        if self._then is not None:
            await self._then(event, billing)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("the host's mail server is away")


class Plain:
    """A handler that runs in a thread, with the blocking twin."""

    def __init__(self, name: str, types: frozenset[str]) -> None:
        self.name, self.types = name, types
        self.seen: list[tuple[Any, bool]] = []

    def handle(self, event: Any, billing: BlockingBilling) -> None:
        self.seen.append((event, billing.entitled(TEAM, "reports")))


async def runs(stage: Stage, subject: str) -> list[tuple[str, str, int]]:
    async with stage.billing.reading() as reading:
        found = await outbox.runs_of(reading, subject)
    return sorted((run.handler, run.status.value, run.attempts) for run in found)


async def test_every_handler_hears_once_of_what_it_wants(prepared_database_url: str) -> None:
    awaited, plain = Awaited("awaited", STARTED), Plain("plain", STARTED)
    everything, others = Awaited("everything", frozenset("*")), Awaited("others", frozenset({"x"}))
    handlers = [awaited, plain, everything, others]
    async with staged(prepared_database_url, event_handlers=handlers) as stage:
        subscription = (
            await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
        ).value
        await stage.settle()
        await stage.settle()

        [event] = awaited.seen
        assert isinstance(event, LedgerEntryView)
        assert (event.type, event.subject) == ("subscription.started", subscription.id)
        assert event.after["status"] == "active"
        assert event.cause.startswith("operation:aop_")
        assert plain.seen == [(event, True)]
        assert sorted(e.type for e in everything.seen) == sorted(await stage.ledger())
        assert others.seen == []


async def test_webhook_handlers_hear_of_events_after_their_facts_are_in(
    prepared_database_url: str,
) -> None:
    created = frozenset({"customer.subscription.created"})
    awaited, plain = Awaited("awaited", created), Plain("plain", created)
    everything = Awaited("everything", frozenset("*"))
    async with staged(
        prepared_database_url, webhook_handlers=[awaited, plain, everything]
    ) as stage:
        stage.engine.scenarios.duplicate_next_webhook(times=100)
        subscription = (
            await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
        ).value
        answers = await stage.deliver()
        assert set(answers) == {200}
        await stage.accrue.work.drain()

        [received] = awaited.seen
        assert isinstance(received, WebhookReceived)
        assert (received.event.noun, received.event.object_ref) == (
            "subscription",
            subscription.ref,
        )
        assert plain.seen == [(received, True)]
        assert len(answers) == 2 * len(everything.seen)
        await stage.billing.replay_webhook(received.delivery_id)
        await stage.accrue.work.drain()
        assert len(awaited.seen) == 1


async def test_a_failing_handler_holds_up_neither_the_others_nor_the_mirror(
    prepared_database_url: str,
) -> None:
    broken, sound = Awaited("broken", STARTED, fails=99), Awaited("sound", STARTED)
    async with staged(prepared_database_url, event_handlers=[broken, sound]) as stage:
        subscription = (
            await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
        ).value
        await stage.settle()
        await stage.billing.cancel(subscription.id)
        await stage.settle()

        assert len(sound.seen) == len(broken.seen) == 1
        assert await runs(stage, sound.seen[0].id) == [
            ("broken", "waiting", 1),
            ("sound", "done", 1),
        ]
        waiting = (await stage.billing.webhook_deliveries(status="waiting")).items
        assert waiting == ()
        assert (await stage.billing.subscription(subscription.id)).is_ending


async def test_a_handler_is_tried_again_by_itself(prepared_database_url: str) -> None:
    shaky, sound = Awaited("shaky", STARTED, fails=2), Awaited("sound", STARTED)
    async with staged(prepared_database_url, event_handlers=[shaky, sound]) as stage:
        await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
        await settle_hurried(stage)

        assert len(shaky.seen) == 3
        assert len({event.id for event in shaky.seen}) == 1
        assert len(sound.seen) == 1
        assert await runs(stage, sound.seen[0].id) == [("shaky", "done", 3), ("sound", "done", 1)]


async def test_a_handler_is_given_up_and_can_be_run_again(prepared_database_url: str) -> None:
    broken = Awaited("broken", STARTED, fails=3)
    async with staged(
        prepared_database_url, event_handlers=[broken], settings={"max_attempts": 3}
    ) as stage:
        await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
        await settle_hurried(stage)
        assert len(broken.seen) == 3
        assert await runs(stage, broken.seen[0].id) == [("broken", "dead", 3)]

        assert await stage.billing.replay_handlers() == 1
        await stage.settle()
        assert len(broken.seen) == 4
        assert await runs(stage, broken.seen[0].id) == [("broken", "done", 1)]
        assert await stage.billing.replay_handlers() == 0


async def test_a_handler_that_fails_after_subscribing_does_not_subscribe_twice(
    prepared_database_url: str,
) -> None:
    async def give_a_present(event: LedgerEntryView, billing: Billing) -> None:
        await billing.subscribe(OTHER_TEAM, "basic", payment_method="pm_card_visa")

    generous = Awaited("generous", frozenset({"customer.created"}), give_a_present, fails=2)
    async with staged(prepared_database_url, event_handlers=[generous]) as stage:
        await stage.billing.customer(OTHER_TEAM)
        await settle_hurried(stage)

        assert len(generous.seen) == 3
        assert len(await stage.billing.subscriptions(OTHER_TEAM)) == 1
        assert len(stage.engine.books.subscriptions) == 1
        assert len(await stage.billing.payment_methods(OTHER_TEAM)) == 1
        assert stage.processor.backend.calls["subscriptions.create"] == 1
        assert stage.processor.backend.calls["payment_methods.attach"] == 1


async def test_what_an_import_finds_is_not_handled(prepared_database_url: str) -> None:
    everything = Awaited("everything", frozenset("*"))
    async with staged(prepared_database_url, event_handlers=[everything]) as stage:
        customer = await stage.billing.customer(TEAM)
        await stage.settle()
        heard = len(everything.seen)

        async with stage.billing.transaction("test") as tx:
            for cause in ("import:2024.csv", "refresh:cus_fake_00001"):
                append(
                    tx,
                    Updated(noun="customer", changed=("currency",)),
                    subject=customer.id,
                    customer_id=customer.id,
                    cause=cause,
                    after={},
                )
        await stage.settle()

        assert [event.cause for event in everything.seen[heard:]] == ["refresh:cus_fake_00001"]
        assert (await stage.ledger())[-2:] == ["customer.updated", "customer.updated"]


async def test_the_inline_runner_has_worked_when_the_call_returns(
    prepared_database_url: str,
) -> None:
    started, broken = Awaited("started", STARTED), Awaited("broken", STARTED, fails=99)
    async with staged(
        prepared_database_url, event_handlers=[started, broken], settings={"job_runner": "inline"}
    ) as stage:
        subscription = (
            await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
        ).value
        assert [event.subject for event in started.seen] == [subscription.id]
        assert len(broken.seen) == 1

        stage.engine.subscriptions.edit(subscription.ref, quantity=3)
        assert set(await stage.deliver()) == {200}
        changed = await stage.billing.subscription(subscription.id)
        assert [item.quantity for item in changed.items] == [3]


async def test_the_embedded_runner_works_beside_the_calls(prepared_database_url: str) -> None:
    heard = asyncio.Event()

    async def note(event: LedgerEntryView, billing: Billing) -> None:
        heard.set()

    started = Awaited("started", STARTED, note)
    async with staged(prepared_database_url, event_handlers=[started]) as stage:
        async with stage.accrue.lifespan():
            subscription = (
                await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
            ).value
            async with asyncio.timeout(5):
                await heard.wait()
            stage.engine.subscriptions.edit(subscription.ref, quantity=3)
            await stage.deliver()
            async with asyncio.timeout(5):
                while (await stage.billing.subscription(subscription.id)).items[0].quantity != 3:
                    await asyncio.sleep(0.02)

        assert [event.subject for event in started.seen] == [subscription.id]


async def test_a_handler_that_takes_its_time_holds_up_neither_the_mirror_nor_the_others(
    prepared_database_url: str,
) -> None:
    is_over, begun = asyncio.Event(), asyncio.Event()

    async def wait(event: LedgerEntryView, billing: Billing) -> None:
        begun.set()
        await is_over.wait()

    slow = Awaited("slow", STARTED, wait)
    async with staged(prepared_database_url, event_handlers=[slow]) as stage:
        async with stage.accrue.lifespan():
            try:
                subscription = (
                    await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
                ).value
                await asyncio.wait_for(begun.wait(), 5)
                stage.engine.subscriptions.edit(subscription.ref, quantity=3)
                await stage.deliver()
                async with asyncio.timeout(10):
                    while (await stage.billing.subscription(subscription.id)).items[
                        0
                    ].quantity != 3:
                        await asyncio.sleep(0.02)
            finally:
                is_over.set()


async def test_a_handler_that_was_removed_leaves_its_runs_to_whoever_has_it(
    prepared_database_url: str,
) -> None:
    started = Awaited("started", STARTED, fails=1)
    async with staged(prepared_database_url, event_handlers=[started]) as stage:
        await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
        await stage.settle()

    async with staged(prepared_database_url, engine=stage.engine) as stage:
        await settle_hurried(stage)

    async with staged(
        prepared_database_url, engine=stage.engine, event_handlers=[started]
    ) as stage:
        await settle_hurried(stage)
        assert len(started.seen) == 2
        assert await runs(stage, started.seen[0].id) == [("started", JobStatus.DONE.value, 2)]
        assert await rows(stage, select(jobs)) == []
