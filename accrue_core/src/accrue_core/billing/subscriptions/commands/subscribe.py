"""Start a subscription."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from accrue_core.billing.catalog import Price
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.commands import choose_processor, customer
from accrue_core.billing.payment_methods.commands import attach
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.clock import utc
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, SupportTable, require
from accrue_core.contracts.results import Outcome
from accrue_core.contracts.subscriptions import (
    Collection,
    CreateSubscription,
    NewItem,
    SubscriptionStatus,
)
from accrue_core.errors import AccrueError, InvalidRequest
from accrue_core.ids import PREFIXES, to_text
from accrue_core.operations.operation import Operation, Settled, begin
from accrue_core.operations.recover import recover_before
from accrue_core.owners import Billable, Owner, owner_of

LONGEST_TRIAL = timedelta(days=730)


@verb("subscribe")
async def subscribe(
    ctx: Context,
    payer: Owner | Billable,
    plan: str | Price,
    *,
    quantity: int = 1,
    trial: timedelta | datetime | None = None,
    payment_method: str | None = None,
    collect: Collection = "charge",
    days_until_due: int | None = None,
    metadata: Mapping[str, str] | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Outcome[Subscription]:
    """Start a subscription to a plan of the catalog, or to ``Price(ref)``.

    Creates the owner's customer and attaches ``payment_method`` when needed; each is an
    operation of its own, and calling again with the same ``operation_id`` completes what is
    missing without doubling what is done. ``trial`` is whole days, or the moment it ends.
    ``collect="invoice"`` sends invoices to be paid within ``days_until_due`` days (30) instead of
    charging the payment method on file.

    Returns the subscription, and what the customer has to do when the bank asks for it: the
    subscription is ``incomplete`` until then and grants nothing. A declined first payment leaves
    an ``incomplete`` subscription, too.
    """
    name = await choose_processor(ctx, owner_of(payer), processor)
    terms = _terms(
        ctx,
        ctx.catalog.price(plan, name),
        quantity=quantity,
        trial=trial,
        collect=collect,
        days_until_due=days_until_due,
        metadata=metadata,
    )
    _require_support(ctx.plugins.processor(name).support, terms, name)
    who = await customer(ctx, payer, processor=name)
    subject = customers.subject(who.id)
    given = ctx.operation_key("subscribe", who.id, operation_id)
    key = given or to_text(PREFIXES["operation"], ctx.runtime.ids.new())
    request = replace(terms, customer=who.ref)
    if payment_method is not None:
        # It becomes the customer's default, not the subscription's own: a card that is added
        # later is then charged for this subscription as well.
        step = f"{key}/payment_method"
        await attach(ctx, who, payment_method, make_default=True, key=step)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("subscribe.decide") as tx:
        await tx.hold([subject])
        operation = await begin(ctx, tx, request, subject=subject, processor=name, key=key)
    if operation.is_finished:
        return _outcome(await _again(ctx, operation))

    async with operation.asking(ctx) as gateway:
        answer = await gateway.subscriptions.create(request, key=operation.key)

    return _outcome(await operation.settle(ctx, answer))


def _terms(
    ctx: Context,
    price: str,
    *,
    quantity: int,
    trial: timedelta | datetime | None,
    collect: Collection,
    days_until_due: int | None,
    metadata: Mapping[str, str] | None,
) -> CreateSubscription:
    """Check everything that can be checked before a processor is asked."""
    if type(quantity) is not int or quantity < 1:
        raise InvalidRequest(f"quantity is a whole number of at least 1, not {quantity!r}")
    if collect not in ("charge", "invoice"):
        raise InvalidRequest(f"collect is 'charge' or 'invoice', not {collect!r}")
    if days_until_due is not None and (
        collect != "invoice" or type(days_until_due) is not int or not 0 < days_until_due <= 730
    ):
        raise InvalidRequest("days_until_due goes with collect='invoice', from 1 to 730")
    trial_days, trial_end = _trial(ctx, trial)
    return CreateSubscription(
        customer="",
        items=(NewItem(price=price, quantity=quantity),),
        trial_days=trial_days,
        trial_end=trial_end,
        collection=collect,
        days_until_due=(days_until_due or 30) if collect == "invoice" else None,
        metadata=checked_metadata(metadata or {}),
    )


def _trial(ctx: Context, trial: timedelta | datetime | None) -> tuple[int | None, datetime | None]:
    if trial is None:
        return None, None
    if isinstance(trial, timedelta):
        if trial % timedelta(days=1) or not timedelta(0) < trial <= LONGEST_TRIAL:
            raise InvalidRequest("a trial is whole days, from 1 to 730; or pass when it ends")
        return trial.days, None
    if not isinstance(trial, datetime):
        raise InvalidRequest(f"a trial is timedelta(days=14) or the moment it ends, not {trial!r}")
    end = utc(trial, name="the end of a trial")
    if not ctx.clock.now() < end <= ctx.clock.now() + LONGEST_TRIAL:
        raise InvalidRequest("a trial ends in the future, at most 730 days ahead")
    return None, end


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return metadata that every processor can keep: flat text, at most 40 short keys.

    The limits are Stripe's documented ones (50 keys of 40 characters, values of 500), less what
    Accrue itself stores there.
    """
    if len(metadata) > 40:
        raise InvalidRequest("metadata has at most 40 keys")
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidRequest("metadata maps text to text")
        if not 0 < len(key) <= 40 or len(value) > 500 or "[" in key or "]" in key:
            raise InvalidRequest(
                f"metadata key {key[:40]!r}: keys have 1 to 40 characters and no brackets, "
                "values at most 500"
            )
        if key.startswith("accrue_"):
            raise InvalidRequest("metadata keys that start with accrue_ are Accrue's own")
    return dict(metadata)


def _require_support(support: SupportTable, terms: CreateSubscription, name: str) -> None:
    wanted = [Capability.SUBSCRIBE]
    if terms.trial_days is not None or terms.trial_end is not None:
        wanted.append(Capability.SUBSCRIBE_WITH_TRIAL)
    if terms.items[0].quantity != 1:
        wanted.append(Capability.SUBSCRIBE_WITH_QUANTITY)
    if terms.collection == "invoice":
        wanted.append(Capability.COLLECT_BY_INVOICE)
    for capability in wanted:
        require(support, capability, processor=name)


async def _again(ctx: Context, operation: Operation) -> Settled[Subscription]:
    """Return a finished subscription; what the customer has to do is read anew, if anything."""
    settled = await operation.result(ctx)
    subscription: Subscription = settled.row
    if subscription.status != SubscriptionStatus.INCOMPLETE:
        return settled
    processor = ctx.plugins.processor(subscription.processor)
    try:
        answer = await processor.subscriptions.fetch(subscription.ref)
    except AccrueError:
        return settled
    return Settled(subscription, answer.next_action)


def _outcome(settled: Settled[Subscription]) -> Outcome[Subscription]:
    return Outcome(settled.row, settled.next_action)
