"""Pause collection or the whole subscription, and resume it."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from accrue_core.billing.subscriptions import lifecycle, queries
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.clock import utc
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.changes import PauseBehavior, PauseSubscription, ResumeSubscription
from accrue_core.contracts.subscription_gateway import pause_capability
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.recover import recover_before


@verb("pause")
async def pause(
    ctx: Context,
    subscription_id: str,
    *,
    invoices: PauseBehavior,
    until: datetime | None = None,
    operation_id: str | None = None,
) -> Subscription:
    """Stop collecting for a subscription, until it is resumed or until a moment (UTC).

    ``invoices`` says what becomes of those that fall due meanwhile: ``"void"`` cancels them,
    ``"keep_as_draft"`` keeps them to be sent by hand, ``"mark_uncollectible"`` writes them off. The
    status stays and periods go on, but nothing is granted: what is not paid for is not open.

    With ``"none"`` there are no invoices: the whole subscription rests until it is resumed. Its
    status is ``paused``, its periods end now, and their unused rest is credited with the invoice
    of the period that ``resume`` begins. It must be active and charged, without a schedule, a
    waiting change or a pending end.

    Raises ``IllegalTransition`` when it is paused already, or when nothing is collected for it.
    """
    if invoices not in get_args(PauseBehavior):
        raise InvalidRequest(
            f"invoices is 'void', 'keep_as_draft', 'mark_uncollectible' or 'none', not {invoices!r}"
        )
    moment = _moment(until)
    if invoices == "none" and moment is not None:
        raise InvalidRequest(
            "a subscription that rests as a whole is resumed by hand: leave until out, "
            "and call resume when it shall go on"
        )
    checked_key(operation_id)
    subject = queries.subject(checked("subscription", subscription_id))
    key = ctx.operation_key("pause", subscription_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("pause.decide") as tx:
        subscription = await queries.hold(tx, subscription_id)
        request = PauseSubscription(ref=subscription.ref, behavior=invoices, resumes_at=moment)
        operation = await begin(
            ctx, tx, request, subject=subject, processor=subscription.processor, key=key
        )
        if operation.is_new:
            _guard(ctx, subscription, request)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.subscriptions.pause(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


@verb("resume")
async def resume(
    ctx: Context, subscription_id: str, *, operation_id: str | None = None
) -> Subscription:
    """End a pause: what falls due from now on is collected. What was void stays void.

    A subscription that is paused as a whole, because that was asked for or because its trial ended
    without a payment method, begins a period now, and is charged for it less what is to its credit.

    Raises ``IllegalTransition`` when it is not paused. To undo a pending end, call ``keep``.
    """
    checked_key(operation_id)
    subject = queries.subject(checked("subscription", subscription_id))
    key = ctx.operation_key("resume", subscription_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("resume.decide") as tx:
        subscription = await queries.hold(tx, subscription_id)
        request = ResumeSubscription(ref=subscription.ref)
        operation = await begin(
            ctx, tx, request, subject=subject, processor=subscription.processor, key=key
        )
        if operation.is_new:
            lifecycle.require("resume", subscription.status)
            lifecycle.require_pause("resume", is_paused=subscription.is_paused)
            support = ctx.plugins.processor(subscription.processor).support
            require(support, Capability.PAUSE, processor=subscription.processor)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.subscriptions.resume(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


def _guard(ctx: Context, subscription: Subscription, request: PauseSubscription) -> None:
    _require_ahead(ctx, request.resumes_at)
    lifecycle.require_pause("pause", is_paused=subscription.is_paused)
    if request.behavior == "none":
        _require_rest(subscription)
    else:
        lifecycle.require("pause", subscription.status)
    support = ctx.plugins.processor(subscription.processor).support
    require(support, pause_capability(request), processor=subscription.processor)


def _require_rest(subscription: Subscription) -> None:
    lifecycle.require_rest(
        subscription.status,
        is_pending=subscription.is_pending,
        is_scheduled=subscription.is_scheduled,
        is_ending=subscription.is_ending,
    )
    if subscription.collection == "invoice":
        raise InvalidRequest(
            "a subscription whose invoices are sent does not rest as a whole: "
            "pause its collection with invoices='void'"
        )


def _moment(until: datetime | None) -> datetime | None:
    if until is None:
        return None
    if not isinstance(until, datetime):
        raise InvalidRequest(f"until is the moment the pause ends, not {until!r}")
    return utc(until, name="the end of a pause").replace(microsecond=0)


def _require_ahead(ctx: Context, moment: datetime | None) -> None:
    if moment is not None and moment <= ctx.clock.now():
        raise InvalidRequest("a pause ends in the future")
