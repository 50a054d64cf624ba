"""Change what a subscription is for: swap its plan, its quantities, its items; preview it first."""

from __future__ import annotations

from datetime import datetime

from accrue_core.billing.catalog import Price
from accrue_core.billing.subscriptions import lifecycle, queries
from accrue_core.billing.subscriptions.change_preview import (
    ChangePreview,
    moment_in,
    preview_of,
    require_same,
)
from accrue_core.billing.subscriptions.commands.targets import (
    Addition,
    Intent,
    Quantity,
    Removal,
    Swap,
    is_already,
    removed_by,
)
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.billing.subscriptions.terms import checked_quantity
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.changes import ChangeSubscription, Proration
from accrue_core.contracts.results import Outcome
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked
from accrue_core.operations import queries as operations
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.question import next_action_of, questioning
from accrue_core.operations.recover import recover_before


@verb("swap_plan")
async def swap_plan(
    ctx: Context,
    subscription_id: str,
    plan: str | Price,
    *,
    proration: Proration,
    quantity: int | None = None,
    item_id: str | None = None,
    preview: ChangePreview | str | None = None,
    operation_id: str | None = None,
) -> Outcome[Subscription]:
    """Let a subscription be for another plan of the catalog, or for ``Price(ref)``.

    ``proration`` says what becomes of the rest of the period, and is always said:
    ``"create_prorations"`` credits and charges it with the next invoice, ``"always_invoice"`` at
    once, ``"none"`` not at all. The quantity stays unless one is given; ``item_id`` says which
    item, where there are several. A price with another interval begins a new period now.

    With ``preview`` (from ``preview_change``, or its ``token`` out of a form) it makes exactly the
    change that was shown, counted from the same moment, or raises ``PreviewStale``.

    With ``"always_invoice"`` nothing changes until it is paid for: a declined card is
    ``CardDeclined``, and where a bank asks for the customer the outcome has a ``next_action`` and
    the subscription ``is_pending``, as it was, until then. Raises ``IllegalTransition`` unless it
    is active or on trial.
    """
    if quantity is not None:
        checked_quantity(quantity)
    return await _change(
        ctx, "swap_plan", subscription_id, Swap(plan, quantity, item_id),
        proration=proration, preview=preview, operation_id=operation_id,
    )  # fmt: skip


@verb("update_quantity")
async def update_quantity(
    ctx: Context,
    subscription_id: str,
    quantity: int,
    *,
    proration: Proration,
    item_id: str | None = None,
    preview: ChangePreview | str | None = None,
    operation_id: str | None = None,
) -> Outcome[Subscription]:
    """Let a subscription be for this many; ``item_id`` says of which item, where there are several.

    ``proration`` and ``preview`` are as in ``swap_plan``, and so is what happens when it is not
    paid for.
    """
    return await _change(
        ctx, "update_quantity", subscription_id, Quantity(checked_quantity(quantity), item_id),
        proration=proration, preview=preview, operation_id=operation_id,
    )  # fmt: skip


@verb("add_item")
async def add_item(
    ctx: Context,
    subscription_id: str,
    plan: str | Price,
    *,
    proration: Proration,
    quantity: int = 1,
    preview: ChangePreview | str | None = None,
    operation_id: str | None = None,
) -> Outcome[Subscription]:
    """Add a plan to a subscription, billed together with what it has.

    A plan that it has already is ``InvalidRequest``. ``proration`` and ``preview`` are as in
    ``swap_plan``, and so is what happens when it is not paid for.
    """
    return await _change(
        ctx, "add_item", subscription_id, Addition(plan, checked_quantity(quantity)),
        proration=proration, preview=preview, operation_id=operation_id,
    )  # fmt: skip


@verb("remove_item")
async def remove_item(
    ctx: Context,
    subscription_id: str,
    item_id: str,
    *,
    proration: Proration,
    preview: ChangePreview | str | None = None,
    operation_id: str | None = None,
) -> Outcome[Subscription]:
    """Take an item out of a subscription; its only one is ``InvalidRequest``.

    ``proration`` and ``preview`` are as in ``swap_plan``.
    """
    return await _change(
        ctx, "remove_item", subscription_id, Removal(item_id),
        proration=proration, preview=preview, operation_id=operation_id,
    )  # fmt: skip


@verb("preview_change")
async def preview_change(
    ctx: Context,
    subscription_id: str,
    plan: str | Price | None = None,
    *,
    proration: Proration,
    quantity: int | None = None,
    item_id: str | None = None,
    add: str | Price | None = None,
    remove: str | None = None,
) -> ChangePreview:
    """Say to the minor unit what a change would cost; change nothing.

    With ``plan`` it is ``swap_plan`` that is previewed, with ``quantity`` alone
    ``update_quantity``, with ``add`` (and a ``quantity``) ``add_item``, with ``remove`` (an item's
    id) ``remove_item``. Asks the processor, and holds for an hour: hand the result, or its
    ``token``, to the verb.
    """
    intent = _previewed(plan, quantity, item_id, add, remove)
    checked_proration(proration)
    async with ctx.reading() as reading:
        subscription = await queries.get(reading, checked("subscription", subscription_id))
    moment = ctx.clock.now().replace(microsecond=0)
    request = _resolved(ctx, subscription, intent, proration, moment)
    _guard(ctx, subscription, request)
    support = ctx.plugins.processor(subscription.processor).support
    require(support, Capability.PREVIEW_CHANGE, processor=subscription.processor)
    async with questioning(ctx, subscription.processor, "subscriptions.preview") as processor:
        said = await processor.subscriptions.preview(request)
    return preview_of(subscription.id, request, said)


def _previewed(
    plan: str | Price | None,
    quantity: int | None,
    item_id: str | None,
    add: str | Price | None,
    remove: str | None,
) -> Intent:
    if quantity is not None:
        checked_quantity(quantity)
    match (plan is not None, add is not None, remove is not None):
        case (True, False, False):
            return Swap(plan or "", quantity, item_id)
        case (False, True, False) if item_id is None:
            return Addition(add or "", 1 if quantity is None else quantity)
        case (False, False, True) if item_id is None and quantity is None:
            return Removal(remove or "")
        case (False, False, False) if quantity is not None:
            return Quantity(quantity, item_id)
    raise InvalidRequest(
        "preview one change: a plan, a quantity, a plan to add=, or an item's id to remove="
    )


def checked_proration(proration: str) -> None:
    """Raise ``InvalidRequest`` unless this says what becomes of the rest of the period."""
    if proration not in ("create_prorations", "always_invoice", "none"):
        raise InvalidRequest(
            f"proration is 'create_prorations', 'always_invoice' or 'none', not {proration!r}"
        )


async def _change(
    ctx: Context,
    name: str,
    subscription_id: str,
    intent: Intent,
    *,
    proration: Proration,
    preview: ChangePreview | str | None,
    operation_id: str | None,
) -> Outcome[Subscription]:
    checked_proration(proration)
    checked_key(operation_id)
    token = preview.token if isinstance(preview, ChangePreview) else preview
    subject = queries.subject(checked("subscription", subscription_id))
    key = ctx.operation_key(name, subscription_id, operation_id)
    await recover_before(ctx, subject, key=key)
    moment = await _agreed(ctx, subscription_id, intent, proration, token, key)
    async with ctx.transaction(f"{name}.decide") as tx:
        subscription = await queries.hold(tx, subscription_id)
        known = None if key is None else await operations.by_key(tx, key)
        request = (
            _intended(subscription, intent, proration)
            if known is not None
            else _resolved(ctx, subscription, intent, proration, moment)
        )
        operation = await begin(
            ctx, tx, request, subject=subject, processor=subscription.processor, key=key
        )
        if operation.is_new:
            _guard(ctx, subscription, request)
    if operation.is_finished:
        row: Subscription = (await operation.result(ctx)).row
        if not row.is_pending:
            return Outcome(row)
        return Outcome(row, await next_action_of(ctx, row.processor, "subscription", row.ref))

    async with operation.asking(ctx) as processor:
        answer = await processor.subscriptions.change(operation.request, key=operation.key)

    settled = await operation.settle(ctx, answer)
    return Outcome(settled.row, settled.next_action if settled.row.is_pending else None)


async def _agreed(
    ctx: Context,
    subscription_id: str,
    intent: Intent,
    proration: Proration,
    token: str | None,
    key: str | None,
) -> datetime | None:
    """Return the moment a preview was made for, if the processor still says the same.

    A repeated call has been judged before, and may have changed what a preview would say.
    """
    if token is None:
        return None
    async with ctx.reading() as reading:
        if key is not None and await operations.by_key(reading, key) is not None:
            return None
        subscription = await queries.get(reading, subscription_id)
    moment = moment_in(token, now=ctx.clock.now())
    request = _resolved(ctx, subscription, intent, proration, moment)
    _guard(ctx, subscription, request)
    async with questioning(ctx, subscription.processor, "subscriptions.preview") as processor:
        said = await processor.subscriptions.preview(request)
    require_same(token, request, said)
    return moment


def _resolved(
    ctx: Context,
    subscription: Subscription,
    intent: Intent,
    proration: Proration,
    moment: datetime | None,
) -> ChangeSubscription:
    items = intent.resolve(subscription, ctx.catalog)
    return ChangeSubscription(
        ref=subscription.ref,
        items=items,
        removed=removed_by(subscription, items),
        proration=proration,
        proration_at=moment,
        intent=str(intent),
    )


def _intended(
    subscription: Subscription, intent: Intent, proration: Proration
) -> ChangeSubscription:
    """Return what a repeated call is compared by; what is sent was written down before."""
    return ChangeSubscription(
        ref=subscription.ref, items=(), proration=proration, intent=str(intent)
    )


def _guard(ctx: Context, subscription: Subscription, request: ChangeSubscription) -> None:
    lifecycle.require("change", subscription.status)
    lifecycle.require_no_pending_change(is_pending=subscription.is_pending)
    lifecycle.require_unscheduled("change", is_scheduled=subscription.is_scheduled)
    if request.proration == "always_invoice":
        lifecycle.require_collection(is_paused=subscription.is_paused)
    if is_already(subscription, request.items):
        raise InvalidRequest("the subscription is like that already: nothing would change")
    support = ctx.plugins.processor(subscription.processor).support
    wanted = [Capability.CHANGE_ITEMS]
    if request.proration == "always_invoice":
        wanted.append(Capability.CHANGE_WITH_INVOICE)
    if len(request.items) > 1:
        wanted.append(Capability.SEVERAL_ITEMS)
    if any(item.quantity != 1 for item in request.items):
        wanted.append(Capability.SUBSCRIBE_WITH_QUANTITY)
    for capability in wanted:
        require(support, capability, processor=subscription.processor)
