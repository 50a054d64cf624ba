"""Schedules: plan what a subscription will be for, change the plan, let it go, end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.commands.find import choose_processor
from accrue_core.billing.customers.metadata import checked_metadata
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.payment_methods.commands import checked_payment_method
from accrue_core.billing.schedules import lifecycle, queries
from accrue_core.billing.schedules.models import Schedule
from accrue_core.billing.schedules.phases import Phase, planned, require_ends
from accrue_core.billing.subscriptions.commands.subscribe import is_repeated, payer_with_card
from accrue_core.billing.subscriptions.terms import checked_moment
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.results import Outcome
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    EndBehavior,
    ReleaseSchedule,
    UpdateSchedule,
)
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.question import next_action_of
from accrue_core.operations.recover import recover_before
from accrue_core.owners import Billable, Owner, owner_of

_EVER = datetime.min.replace(tzinfo=UTC)
LATEST = 50
"""How many of an owner's schedules ``schedules`` returns at most."""


@verb("subscribe_via_schedule")
async def subscribe_via_schedule(
    ctx: Context,
    payer: Owner | Billable,
    phases: Sequence[Phase],
    *,
    starts_at: datetime | None = None,
    end_behavior: EndBehavior = "release",
    payment_method: str | None = None,
    metadata: Mapping[str, str] | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Outcome[Schedule]:
    """Plan a subscription phase by phase: half a year at one price, then another.

    Each ``Phase`` says what the subscription is for and until when. It starts now, or at
    ``starts_at`` (UTC, in whole seconds); one that starts now is charged as ``subscribe`` charges,
    and what the customer has to do comes back as it does there. After the last phase the
    subscription goes on as it is (``end_behavior="release"``) or ends (``"cancel"``).

    While a schedule drives a subscription, plans and later ends are changed through the schedule;
    ``release_schedule`` lets the subscription go its own way.
    """
    checked_key(operation_id)
    if payment_method is not None:
        checked_payment_method(payment_method)
    owner = owner_of(payer)
    name = await choose_processor(ctx, owner, processor)
    now, start = ctx.clock.now(), checked_moment(starts_at, name="starts_at")
    request = CreateSchedule(
        customer="",
        phases=planned(phases, ctx.catalog, name, starts_at=start or _EVER),
        starts_at=start,
        end_behavior=_end_behavior(end_behavior),
        metadata=checked_metadata(metadata or {}),
    )
    require(ctx.plugins.processor(name).support, Capability.SCHEDULES, processor=name)
    try:
        _require_ahead(request, now=now)
    except InvalidRequest:
        if not await is_repeated(ctx, owner, name, "subscribe_via_schedule", operation_id):
            raise
    who, key = await payer_with_card(
        ctx, payer, name, payment_method, "subscribe_via_schedule", operation_id
    )
    return await _create(ctx, replace(request, customer=who.ref), who, key)


@verb("update_schedule")
async def update_schedule(
    ctx: Context,
    schedule_id: str,
    phases: Sequence[Phase],
    *,
    end_behavior: EndBehavior = "release",
    operation_id: str | None = None,
) -> Schedule:
    """Plan the current phase and all that follow anew; those that are over stay as they were.

    ``phases`` is complete: the first is the one that runs (or the first of all, before the start),
    and every one says ``until`` when it lasts. Raises ``IllegalTransition`` when the schedule is
    over.
    """
    checked_key(operation_id)
    subject = queries.subject(checked("schedule", schedule_id))
    key = ctx.operation_key("update_schedule", schedule_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("update_schedule.decide") as tx:
        schedule = await queries.hold(tx, schedule_id)
        begins = schedule.current_phase_start or schedule.created_at
        asked = planned(phases, ctx.catalog, schedule.processor, starts_at=begins)
        require_ends(asked)
        request = UpdateSchedule(
            ref=schedule.ref, phases=asked, end_behavior=_end_behavior(end_behavior)
        )
        operation = await begin(
            ctx, tx, request, subject=subject, processor=schedule.processor, key=key
        )
        if operation.is_new:
            lifecycle.require("update", schedule.status)
            _require_support(ctx, schedule)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.schedules.update(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


@verb("release_schedule")
async def release_schedule(
    ctx: Context, schedule_id: str, *, operation_id: str | None = None
) -> Schedule:
    """Let a schedule go: its subscription goes on as it is, and no phase follows.

    Raises ``IllegalTransition`` when the schedule is over.
    """
    checked_key(operation_id)
    subject = queries.subject(checked("schedule", schedule_id))
    key = ctx.operation_key("release_schedule", schedule_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("release_schedule.decide") as tx:
        schedule = await queries.hold(tx, schedule_id)
        request = ReleaseSchedule(ref=schedule.ref)
        operation = await begin(
            ctx, tx, request, subject=subject, processor=schedule.processor, key=key
        )
        if operation.is_new:
            lifecycle.require("release", schedule.status)
            _require_support(ctx, schedule)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.schedules.release(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


@verb("cancel_schedule")
async def cancel_schedule(
    ctx: Context, schedule_id: str, *, operation_id: str | None = None
) -> Schedule:
    """End a schedule and, at once, the subscription it drives. Nothing is refunded.

    Raises ``IllegalTransition`` when the schedule is over.
    """
    checked_key(operation_id)
    subject = queries.subject(checked("schedule", schedule_id))
    key = ctx.operation_key("cancel_schedule", schedule_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("cancel_schedule.decide") as tx:
        schedule = await queries.hold(tx, schedule_id)
        request = CancelSchedule(ref=schedule.ref)
        operation = await begin(
            ctx, tx, request, subject=subject, processor=schedule.processor, key=key
        )
        if operation.is_new:
            lifecycle.require("cancel", schedule.status)
            _require_support(ctx, schedule)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.schedules.cancel(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


@verb("schedule")
async def schedule(ctx: Context, schedule_id: str) -> Schedule:
    """Return one schedule by our id, or ``NotFound``."""
    async with ctx.reading() as reading:
        return await queries.get(reading, checked("schedule", schedule_id))


@verb("schedules")
async def schedules(ctx: Context, payer: Owner | Billable) -> list[Schedule]:
    """Return an owner's newest schedules at all processors, newest first, at most 50."""
    async with ctx.reading() as reading:
        found = await customers.of_owner(reading, owner_of(payer), only_live=False)
        return await queries.of_customers(
            reading, [customer.id for customer in found], limit=LATEST
        )


async def _create(
    ctx: Context, request: CreateSchedule, who: Customer, key: str
) -> Outcome[Schedule]:
    subject = customers.subject(who.id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("subscribe_via_schedule.decide") as tx:
        await tx.hold([subject])
        operation = await begin(ctx, tx, request, subject=subject, processor=who.processor, key=key)
    if operation.is_finished:
        row: Schedule = (await operation.result(ctx)).row
        if row.is_over or row.subscription_ref is None:
            return Outcome(row)
        action = await next_action_of(ctx, row.processor, "subscription", row.subscription_ref)
        return Outcome(row, action)

    async with operation.asking(ctx) as gateway:
        answer = await gateway.schedules.create(operation.request, key=operation.key)

    settled = await operation.settle(ctx, answer)
    return Outcome(settled.row, settled.next_action)


def _end_behavior(end_behavior: EndBehavior) -> EndBehavior:
    if end_behavior not in ("release", "cancel"):
        raise InvalidRequest(f"end_behavior is 'release' or 'cancel', not {end_behavior!r}")
    return end_behavior


def _require_ahead(request: CreateSchedule, *, now: datetime) -> None:
    if request.starts_at is not None and request.starts_at <= now:
        raise InvalidRequest("starts_at is in the future; leave it out to start now")
    first = request.phases[0].ends_at
    if first is not None and first <= now:
        raise InvalidRequest("the first phase ends in the future")


def _require_support(ctx: Context, schedule: Schedule) -> None:
    support = ctx.plugins.processor(schedule.processor).support
    require(support, Capability.SCHEDULES, processor=schedule.processor)
