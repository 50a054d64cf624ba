"""What every processor promises about schedules."""

# ruff: noqa: S101
from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    EndBehavior,
    PlannedPhase,
    ReleaseSchedule,
    ScheduleSnapshot,
    ScheduleStatus,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    KeepSubscription,
    NewItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import (
    ProcessorRejected,
    ProcessorUnavailable,
    RemoteMissing,
    UnsupportedCapability,
)
from accrue_core.testing.contracts.bench import Bench, is_supported, unless_unsupported
from accrue_core.testing.contracts.changes import items_of

LATER = timedelta(days=10)
NEVER_MADE = "never_made_00000"


def phase(price: str, quantity: int = 1, *, ends_at: datetime | None = None) -> PlannedPhase:
    """Return a phase for one price: until a moment, or else for one period."""
    items = (NewItem(price=price, quantity=quantity),)
    return PlannedPhase(items=items, ends_at=ends_at, periods=1 if ends_at is None else None)


def subscription_in(answer: Answer) -> SubscriptionSnapshot:
    """Return the subscription that an answer about a schedule brings along."""
    found = [other for other in answer.others if isinstance(other, SubscriptionSnapshot)]
    assert len(found) == 1
    return found[0]


@pytest.mark.anyio
class ScheduleContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``.

    How phases follow each other is seen only where the bench has ``pass_time``.
    """

    async def test_one_that_starts_now_brings_its_subscription_and_first_invoice(
        self, processor: Processor, bench: Bench
    ) -> None:
        key = bench.key()
        asked = await self._asked(processor, bench)
        request = replace(asked, metadata={"campaign": "spring"})
        created = processor.schedules.create(request, key=key)
        answer = await unless_unsupported(processor, Capability.SCHEDULES, created)
        if answer is None:
            return

        schedule, subscription = answer.main, subscription_in(answer)
        assert isinstance(schedule, ScheduleSnapshot)
        assert (schedule.customer, schedule.status) == (request.customer, ScheduleStatus.ACTIVE)
        assert schedule.subscription == subscription.ref
        assert schedule.metadata["campaign"] == "spring"
        assert schedule.metadata[OPERATION_METADATA] == key.operation_id
        assert (subscription.status, subscription.schedule) == (
            SubscriptionStatus.ACTIVE,
            schedule.ref,
        )
        assert items_of(subscription) == [(bench.price, 1)]
        assert {other.noun for other in answer.others} >= {"subscription", "customer", "invoice"}
        fetched = await processor.schedules.fetch(schedule.ref)
        assert fetched.main == schedule
        assert subscription_in(fetched) == subscription
        assert (await processor.fetch("schedule", schedule.ref)).main == schedule

    async def test_where_there_are_none_everything_about_them_is_refused(
        self, processor: Processor
    ) -> None:
        if is_supported(processor, Capability.SCHEDULES):
            return
        key = Key("never-asked-key", "never-asked-operation")
        for asked in (
            processor.schedules.update(UpdateSchedule(ref=NEVER_MADE, phases=()), key=key),
            processor.schedules.release(ReleaseSchedule(ref=NEVER_MADE), key=key),
            processor.schedules.cancel(CancelSchedule(ref=NEVER_MADE), key=key),
            processor.schedules.fetch(NEVER_MADE),
        ):
            with pytest.raises(UnsupportedCapability):
                await asked

    async def test_its_phases_have_moments_without_a_gap(
        self, processor: Processor, bench: Bench
    ) -> None:
        created = await self._created(processor, bench)
        if created is None:
            return
        schedule = created.main

        first, second = schedule.phases
        assert first.starts_at < first.ends_at == second.starts_at < second.ends_at
        assert (schedule.current_phase_start, schedule.current_phase_end) == (
            first.starts_at,
            first.ends_at,
        )
        assert first.ends_at == subscription_in(created).items[0].current_period_end
        assert [item.price for one in schedule.phases for item in one.items] == [
            bench.price,
            bench.other_price or bench.price,
        ]

    async def test_one_that_starts_later_has_no_subscription_yet(
        self, processor: Processor, bench: Bench
    ) -> None:
        moment = (bench.now() + LATER).replace(microsecond=0)
        created = await self._created(processor, bench, starts_at=moment)
        if created is None:
            return
        schedule = created.main

        assert (schedule.status, schedule.subscription) == (ScheduleStatus.NOT_STARTED, None)
        assert schedule.phases[0].starts_at == moment
        assert (schedule.current_phase_start, schedule.current_phase_end) == (None, None)
        assert "subscription" not in {other.noun for other in created.others}

    async def test_the_same_key_schedules_once(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.SCHEDULES):
            return
        request, key = await self._asked(processor, bench), bench.key()

        first = await processor.schedules.create(request, key=key)
        again = await processor.schedules.create(request, key=key)

        assert again.main.ref == first.main.ref
        assert again.main.subscription == first.main.subscription

    async def test_a_lost_answer_is_not_a_lost_schedule(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.SCHEDULES):
            return
        if bench.lose_next_answer is None:
            pytest.skip("the bench cannot lose an answer")
        request, key, since = await self._asked(processor, bench), bench.key(), bench.now()
        assert await processor.find_created(request, key=key, since=since) is None
        await bench.lose_next_answer()
        with pytest.raises(ProcessorUnavailable):
            await processor.schedules.create(request, key=key)

        repeated = await processor.schedules.create(request, key=key)

        assert repeated.main.status == ScheduleStatus.ACTIVE
        if processor.recovery["schedules.create"].is_findable:
            found = await processor.find_created(request, key=key, since=since)
            assert found is not None
            assert found.main.ref == repeated.main.ref
            assert subscription_in(found).ref == repeated.main.subscription

    async def test_the_next_phase_follows_in_its_time(
        self, processor: Processor, bench: Bench
    ) -> None:
        created = await self._created(processor, bench)
        if created is None:
            return
        if bench.pass_time is None:
            pytest.skip("the bench cannot let time pass")
        first, second = created.main.phases
        await bench.pass_time(first.ends_at)
        answer = await processor.schedules.fetch(created.main.ref)

        assert (answer.main.current_phase_start, answer.main.current_phase_end) == (
            second.starts_at,
            second.ends_at,
        )
        subscription = subscription_in(answer)
        assert items_of(subscription) == [(bench.other_price or bench.price, 1)]
        assert subscription.items[0].current_period_start == second.starts_at
        assert subscription.latest_invoice is not None
        invoice = (await processor.fetch("invoice", subscription.latest_invoice)).main
        assert not any(line.is_proration for line in invoice.lines)

    async def test_one_that_starts_later_begins_in_its_time(
        self, processor: Processor, bench: Bench
    ) -> None:
        moment = (bench.now() + LATER).replace(microsecond=0)
        created = await self._created(processor, bench, starts_at=moment)
        if created is None:
            return
        if bench.pass_time is None:
            pytest.skip("the bench cannot let time pass")
        await bench.pass_time(moment)
        answer = await processor.schedules.fetch(created.main.ref)

        subscription = subscription_in(answer)
        assert answer.main.status == ScheduleStatus.ACTIVE
        assert answer.main.subscription == subscription.ref
        assert subscription.started_at == moment
        assert (subscription.status, subscription.schedule) == (
            SubscriptionStatus.ACTIVE,
            created.main.ref,
        )

    @pytest.mark.parametrize("behavior", ["release", "cancel"])
    async def test_after_its_last_phase_the_subscription_goes_on_or_ends(
        self, processor: Processor, bench: Bench, behavior: EndBehavior
    ) -> None:
        created = await self._created(processor, bench, end_behavior=behavior)
        if created is None:
            return
        if bench.pass_time is None:
            pytest.skip("the bench cannot let time pass")
        await bench.pass_time(created.main.phases[-1].ends_at)
        answer = await processor.schedules.fetch(created.main.ref)

        is_over = (ScheduleStatus.COMPLETED, ScheduleStatus.RELEASED)
        assert answer.main.status in is_over
        assert answer.main.completed_at or answer.main.released_at
        subscription = await processor.subscriptions.fetch(created.main.subscription)
        expected = SubscriptionStatus.ACTIVE if behavior == "release" else "canceled"
        assert subscription.main.status == expected
        assert subscription.main.schedule is None

    async def test_the_phases_to_come_are_planned_anew(
        self, processor: Processor, bench: Bench
    ) -> None:
        created = await self._created(processor, bench)
        if created is None:
            return
        ends_at = created.main.phases[0].ends_at
        request = UpdateSchedule(
            ref=created.main.ref,
            phases=(
                phase(bench.price, ends_at=ends_at),
                phase(bench.other_price or bench.price, 3, ends_at=ends_at + LATER),
            ),
            end_behavior="cancel",
        )
        assert not request.is_met_by(created.main)

        answer = await processor.schedules.update(request, key=bench.key())

        assert request.is_met_by(answer.main)
        assert items_of(subscription_in(answer)) == [(bench.price, 1)]
        fetched = await processor.schedules.fetch(created.main.ref)
        assert fetched.main == answer.main

    async def test_a_released_subscription_goes_on(
        self, processor: Processor, bench: Bench
    ) -> None:
        created = await self._created(processor, bench, end_behavior="cancel")
        if created is None:
            return
        request = ReleaseSchedule(ref=created.main.ref)
        assert not request.is_met_by(created.main)

        answer = await processor.schedules.release(request, key=bench.key())

        assert request.is_met_by(answer.main)
        assert answer.main.released_at is not None
        subscription = (await processor.subscriptions.fetch(created.main.subscription)).main
        assert (subscription.status, subscription.schedule) == (SubscriptionStatus.ACTIVE, None)
        assert subscription.cancel_at is None

    async def test_a_canceled_one_ends_its_subscription(
        self, processor: Processor, bench: Bench
    ) -> None:
        created = await self._created(processor, bench)
        if created is None:
            return
        request = CancelSchedule(ref=created.main.ref)
        assert not request.is_met_by(created.main)

        answer = await processor.schedules.cancel(request, key=bench.key())

        assert request.is_met_by(answer.main)
        assert answer.main.canceled_at is not None
        subscription = (await processor.subscriptions.fetch(created.main.subscription)).main
        assert subscription.status == SubscriptionStatus.CANCELED

    async def test_the_end_of_its_subscription_is_its_own_to_decide(
        self, processor: Processor, bench: Bench
    ) -> None:
        created = await self._created(processor, bench)
        if created is None:
            return
        ref = created.main.subscription
        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.cancel(
                CancelSubscription(ref=ref, when="period_end"), key=bench.key()
            )
        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.keep(KeepSubscription(ref=ref), key=bench.key())

        ended = CancelSubscription(ref=ref, when="now")
        await processor.subscriptions.cancel(ended, key=bench.key())

        schedule = (await processor.schedules.fetch(created.main.ref)).main
        assert schedule.status == ScheduleStatus.CANCELED

    async def test_what_cannot_be_is_refused(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.SCHEDULES):
            return
        request = await self._asked(processor, bench)
        endless = replace(request.phases[0], periods=None)
        backwards = phase(bench.price, ends_at=bench.now() - LATER)
        for wrong in (
            replace(request, customer=NEVER_MADE),
            replace(request, phases=()),
            replace(request, phases=(phase(NEVER_MADE),)),
            replace(request, phases=(endless,)),
            replace(request, phases=(backwards,)),
        ):
            with pytest.raises(ProcessorRejected):
                await processor.schedules.create(wrong, key=bench.key())
        with pytest.raises(RemoteMissing):
            await processor.schedules.fetch(NEVER_MADE)

    async def test_what_is_over_is_not_planned_anew(
        self, processor: Processor, bench: Bench
    ) -> None:
        created = await self._created(processor, bench)
        if created is None:
            return
        ref, ends_at = created.main.ref, created.main.phases[0].ends_at
        await processor.schedules.release(ReleaseSchedule(ref=ref), key=bench.key())

        update = UpdateSchedule(ref=ref, phases=(phase(bench.price, ends_at=ends_at),))
        with pytest.raises(ProcessorRejected):
            await processor.schedules.update(update, key=bench.key())
        with pytest.raises(ProcessorRejected):
            await processor.schedules.cancel(CancelSchedule(ref=ref), key=bench.key())

    async def _asked(self, processor: Processor, bench: Bench) -> CreateSchedule:
        """Return a request for one period of one price and then one of the other."""
        customer = await bench.payer(processor)
        phases = (phase(bench.price), phase(bench.other_price or bench.price))
        return CreateSchedule(customer=customer, phases=phases)

    async def _created(
        self,
        processor: Processor,
        bench: Bench,
        *,
        starts_at: datetime | None = None,
        end_behavior: EndBehavior = "release",
    ) -> Answer | None:
        asked = await self._asked(processor, bench)
        request = replace(asked, starts_at=starts_at, end_behavior=end_behavior)
        created = processor.schedules.create(request, key=bench.key())
        return await unless_unsupported(processor, Capability.SCHEDULES, created)
