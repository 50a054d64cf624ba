"""Schedules of subscriptions, as Stripe keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    PlannedPhase,
    ReleaseSchedule,
    ScheduleSnapshot,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import COMP_COUPON
from accrue_stripe.connection import Connection, Json, wire
from accrue_stripe.errors import afterwards, translated
from accrue_stripe.gateways.comp import require_comp
from accrue_stripe.gateways.subscriptions import StripeSubscriptions
from accrue_stripe.listing import find_created
from accrue_stripe.params.schedules import (
    NOTHING_BILLED,
    Interval,
    changed_schedule,
    interval_of,
    new_schedule,
)
from accrue_stripe.translate.schedules import schedule, start_of_current

if TYPE_CHECKING:
    import stripe


class StripeSchedules:
    """Operations on schedules. Every answer brings the subscription along, if there is one yet."""

    def __init__(self, connection: Connection, subscriptions: StripeSubscriptions) -> None:
        self._connection = connection
        self._subscriptions = subscriptions

    async def create(self, request: CreateSchedule, *, key: Key) -> Answer:
        """Schedule a subscription; Stripe counts phases in months, and not in periods."""
        await self._require_coupons(request.phases, key)
        intervals = await self._intervals(request.phases)
        with translated("customer", request.customer):
            remote = await self._schedules.create_async(
                new_schedule(request, intervals, key), {"idempotency_key": key.idempotency_key}
            )
        with afterwards():
            return await self._answer(wire(remote))

    async def update(self, request: UpdateSchedule, *, key: Key) -> Answer:
        """Plan the current phase and those that follow anew; Stripe wants to hear when it began."""
        with translated("schedule", request.ref):
            found = wire(await self._schedules.retrieve_async(request.ref))
        await self._require_coupons(request.phases, key)
        intervals = await self._intervals(request.phases)
        params = changed_schedule(request, intervals, begun_at=start_of_current(found))
        with translated("schedule", request.ref):
            remote = await self._schedules.update_async(
                request.ref, params, {"idempotency_key": key.idempotency_key}
            )
        with afterwards():
            return await self._answer(wire(remote))

    async def release(self, request: ReleaseSchedule, *, key: Key) -> Answer:
        """Let the subscription go on without it, also where the schedule was to end it."""
        with translated("schedule", request.ref):
            remote = await self._schedules.release_async(
                request.ref,
                {"preserve_cancel_date": False},
                {"idempotency_key": key.idempotency_key},
            )
        with afterwards():
            return await self._answer(wire(remote))

    async def cancel(self, request: CancelSchedule, *, key: Key) -> Answer:
        """End it and its subscription; nothing is billed and nothing is credited."""
        with translated("schedule", request.ref):
            remote = await self._schedules.cancel_async(
                request.ref, NOTHING_BILLED, {"idempotency_key": key.idempotency_key}
            )
        with afterwards():
            return await self._answer(wire(remote))

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now."""
        with translated("schedule", ref):
            remote = await self._schedules.retrieve_async(ref)
        return await self._answer(wire(remote))

    async def find_created(
        self, request: CreateSchedule, *, key: Key, since: datetime
    ) -> Answer | None:
        """Look through the customer's schedules created since."""

        async def page(asked: Any) -> stripe.StripeObject:
            wanted: Any = {"customer": request.customer, **asked}
            return await self._schedules.list_async(wanted)

        with translated("customer", request.customer):
            found = await find_created("schedules", key.operation_id, since, page)
        return None if found is None else await self._answer(found)

    @property
    def _schedules(self) -> stripe.SubscriptionScheduleService:
        return self._connection.client.v1.subscription_schedules

    async def _answer(self, data: Json) -> Answer:
        main = schedule(data)
        if not isinstance(main, ScheduleSnapshot) or main.subscription is None:
            return Answer(main)
        driven = await self._subscriptions.fetch_with_all(main.subscription)
        return Answer(main, driven.snapshots, driven.next_action)

    async def _require_coupons(self, phases: tuple[PlannedPhase, ...], key: Key) -> None:
        if any(phase.coupon == COMP_COUPON for phase in phases):
            await require_comp(self._connection.client, key)

    async def _intervals(self, phases: tuple[PlannedPhase, ...]) -> dict[str, Interval]:
        """Return how long a period of the prices is by which phases are counted."""
        intervals: dict[str, Interval] = {}
        for ref in {phase.items[0].price for phase in phases if phase.periods is not None}:
            with translated("price", ref):
                remote = await self._connection.client.v1.prices.retrieve_async(ref)
            intervals[ref] = interval_of(wire(remote))
        return intervals
