"""End a subscription, now or later, and undo a pending end."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from accrue_core.billing.subscriptions import lifecycle, queries
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.clock import utc
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.subscriptions import (
    CancelReason,
    CancelSubscription,
    KeepSubscription,
)
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.recover import recover_before

CancelTime = Literal["now", "period_end"] | datetime


@verb("cancel")
async def cancel(
    ctx: Context,
    subscription_id: str,
    *,
    when: CancelTime = "period_end",
    invoice_now: bool = False,
    prorate: bool = False,
    reason: CancelReason | None = None,
    operation_id: str | None = None,
) -> Subscription:
    """End a subscription: ``"now"``, at the ``"period_end"``, or at a moment.

    Until a pending end arrives the subscription goes on granting, and ``keep`` takes it back.
    Ending it now refunds nothing; ``invoice_now`` bills at once what waits for the next invoice
    and would else never be billed, ``prorate`` credits the unused rest of the period. ``reason``
    is why somebody leaves. Raises ``IllegalTransition`` when it has already ended, and for a later
    end of a subscription that a schedule drives.
    """
    word, moment = _when(when)
    _check_options(word, invoice_now=invoice_now, prorate=prorate, reason=reason)
    checked_key(operation_id)
    subject = queries.subject(checked("subscription", subscription_id))
    key = ctx.operation_key("cancel", subscription_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("cancel.decide") as tx:
        subscription = await queries.hold(tx, subscription_id)
        request = CancelSubscription(
            ref=subscription.ref, when=word, at=moment,
            invoice_now=invoice_now, prorate=prorate, reason=reason,
        )  # fmt: skip
        operation = await begin(
            ctx, tx, request, subject=subject, processor=subscription.processor, key=key
        )
        if operation.is_new:
            _guard(ctx, subscription, request)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.subscriptions.cancel(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


@verb("keep")
async def keep(
    ctx: Context, subscription_id: str, *, operation_id: str | None = None
) -> Subscription:
    """Undo a pending end.

    Raises ``IllegalTransition`` when none is pending, or when the end has already come.
    """
    checked_key(operation_id)
    subject = queries.subject(checked("subscription", subscription_id))
    key = ctx.operation_key("keep", subscription_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("keep.decide") as tx:
        subscription = await queries.hold(tx, subscription_id)
        request = KeepSubscription(ref=subscription.ref)
        operation = await begin(
            ctx, tx, request, subject=subject, processor=subscription.processor, key=key
        )
        if operation.is_new:
            lifecycle.require("keep", subscription.status)
            lifecycle.require_unscheduled("keep", is_scheduled=subscription.is_scheduled)
            ends_at, now = subscription.ends_at, ctx.clock.now()
            is_over = ends_at is not None and ends_at <= now
            lifecycle.require_pending_end(is_ending=subscription.is_ending and not is_over)
            support = ctx.plugins.processor(subscription.processor).support
            require(support, Capability.KEEP, processor=subscription.processor)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.subscriptions.keep(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


_CAPABILITIES = {
    "now": Capability.CANCEL_NOW,
    "period_end": Capability.CANCEL_AT_PERIOD_END,
    "at": Capability.CANCEL_AT_DATE,
}


def _when(
    when: CancelTime,
) -> tuple[Literal["now", "period_end", "at"], datetime | None]:
    if when == "now":
        return "now", None
    if when == "period_end":
        return "period_end", None
    if not isinstance(when, datetime):
        raise InvalidRequest(f"cancel 'now', at the 'period_end', or at a datetime, not {when!r}")
    moment = utc(when, name="the moment to cancel at").replace(microsecond=0)
    return "at", moment


def _guard(ctx: Context, subscription: Subscription, request: CancelSubscription) -> None:
    lifecycle.require("cancel", subscription.status)
    if request.when != "now":
        lifecycle.require_unscheduled("cancel", is_scheduled=subscription.is_scheduled)
    _require_future(ctx, request.at)
    support = ctx.plugins.processor(subscription.processor).support
    require(support, _CAPABILITIES[request.when], processor=subscription.processor)
    if request.invoice_now or request.prorate:
        require(support, Capability.CANCEL_WITH_INVOICE, processor=subscription.processor)


def _check_options(
    word: str, *, invoice_now: bool, prorate: bool, reason: CancelReason | None
) -> None:
    if word != "now" and (invoice_now or prorate):
        raise InvalidRequest("invoice_now and prorate go with when='now'")
    if reason is not None and reason not in get_args(CancelReason):
        raise InvalidRequest(f"reason is one of {', '.join(get_args(CancelReason))}")


def _require_future(ctx: Context, moment: datetime | None) -> None:
    if moment is not None and moment <= ctx.clock.now():
        raise InvalidRequest("the moment to cancel at is in the future; to end it now say 'now'")
