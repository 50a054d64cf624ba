"""Move the end of a trial."""

from __future__ import annotations

from datetime import datetime

from accrue_core.billing.subscriptions import lifecycle, queries
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.billing.subscriptions.terms import LONGEST_TRIAL
from accrue_core.clock import utc
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.changes import SetTrialEnd
from accrue_core.contracts.results import Outcome
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.recover import recover_before


@verb("extend_trial")
async def extend_trial(
    ctx: Context, subscription_id: str, *, until: datetime, operation_id: str | None = None
) -> Outcome[Subscription]:
    """Let a trial end at another moment (UTC, in whole seconds), also an earlier one that is ahead.

    Nothing is charged. Raises ``IllegalTransition`` when the trial is over.
    """
    if not isinstance(until, datetime):
        raise InvalidRequest(f"until is the moment the trial ends, not {until!r}")
    moment = utc(until, name="the end of a trial").replace(microsecond=0)
    return await _set(ctx, "extend_trial", subscription_id, moment, operation_id)


@verb("end_trial")
async def end_trial(
    ctx: Context, subscription_id: str, *, operation_id: str | None = None
) -> Outcome[Subscription]:
    """End a trial now: the first period begins, and is charged.

    A charge that fails leaves the subscription as a failed renewal does. Raises
    ``IllegalTransition`` when the trial is over.
    """
    return await _set(ctx, "end_trial", subscription_id, None, operation_id)


async def _set(
    ctx: Context, name: str, subscription_id: str, moment: datetime | None, given: str | None
) -> Outcome[Subscription]:
    checked_key(given)
    subject = queries.subject(checked("subscription", subscription_id))
    key = ctx.operation_key(name, subscription_id, given)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction(f"{name}.decide") as tx:
        subscription = await queries.hold(tx, subscription_id)
        request = SetTrialEnd(ref=subscription.ref, trial_end=moment)
        operation = await begin(
            ctx, tx, request, subject=subject, processor=subscription.processor, key=key
        )
        if operation.is_new:
            lifecycle.require(name, subscription.status)
            _require_ahead(ctx, moment)
            support = ctx.plugins.processor(subscription.processor).support
            require(support, Capability.SET_TRIAL_END, processor=subscription.processor)
    if operation.is_finished:
        settled = await operation.result(ctx)
        return Outcome(settled.row, settled.next_action)

    async with operation.asking(ctx) as processor:
        answer = await processor.subscriptions.set_trial_end(operation.request, key=operation.key)

    settled = await operation.settle(ctx, answer)
    return Outcome(settled.row, settled.next_action)


def _require_ahead(ctx: Context, moment: datetime | None) -> None:
    now = ctx.clock.now()
    if moment is not None and not now < moment <= now + LONGEST_TRIAL:
        raise InvalidRequest(
            "a trial ends in the future, at most 730 days ahead; to end it now, call end_trial"
        )
