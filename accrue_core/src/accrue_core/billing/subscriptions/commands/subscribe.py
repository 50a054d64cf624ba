"""Start a subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from accrue_core.billing.catalog import Price
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.commands.find import choose_processor, customer
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.payment_methods.commands import attach, checked_payment_method
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.billing.subscriptions.terms import (
    Terms,
    checked_items,
    request_for,
    require_support,
    require_timely,
)
from accrue_core.context import Context, verb
from accrue_core.contracts.results import Outcome
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    Collection,
    CreateSubscription,
    SubscriptionStatus,
    TrialWithoutCard,
)
from accrue_core.errors import InvalidRequest, ProcessorUnavailable
from accrue_core.ids import PREFIXES, to_text
from accrue_core.operations import queries as operations
from accrue_core.operations.operation import Operation, Settled, begin, checked_key
from accrue_core.operations.question import next_action_of
from accrue_core.operations.recover import recover_before
from accrue_core.owners import Billable, Owner, owner_of


@verb("subscribe")
async def subscribe(
    ctx: Context,
    payer: Owner | Billable,
    plan: str | Price,
    *,
    quantity: int = 1,
    also: Mapping[str | Price, int] | None = None,
    trial: timedelta | datetime | None = None,
    trial_without_card: TrialWithoutCard = "invoice",
    anchor: datetime | None = None,
    backdated_to: datetime | None = None,
    proration: Literal["create_prorations", "none"] = "create_prorations",
    payment_method: str | None = None,
    collect: Collection = "charge",
    days_until_due: int | None = None,
    coupon: str | None = None,
    automatic_tax: bool = False,
    metadata: Mapping[str, str] | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Outcome[Subscription]:
    """Start a subscription to a plan of the catalog, or to ``Price(ref)``.

    Creates the owner's customer and attaches ``payment_method`` when needed; calling again with
    the same ``operation_id`` completes what is missing without doubling what is done.

    ``also`` maps further plans to how many of each; those with other intervals keep periods of
    their own. ``trial`` is whole days, or the moment it ends; ``trial_without_card`` what becomes
    of one that ends without a payment method: its invoice is left open (``"invoice"``), or it is
    ended (``"cancel"``) or paused until it is resumed (``"pause"``). ``anchor`` is when the first
    whole period begins, ``backdated_to`` a past moment it counts from: the part of a period is
    charged by the second, or not with ``proration="none"``. ``collect="invoice"`` sends invoices
    to be paid within ``days_until_due`` days (30). ``coupon`` is the processor's ref of one;
    ``automatic_tax`` needs a known tax location (``update_tax_location``). Moments are UTC, in
    whole seconds.

    Returns the subscription, and what the customer has to do when the bank asks for it: it is
    ``incomplete`` until then and grants nothing, as after a declined first payment.
    ``ProcessorUnavailable`` carries the operation id to call again with.
    """
    terms = Terms(
        trial=trial, trial_without_card=trial_without_card, anchor=anchor,
        backdated_to=backdated_to, proration=proration, collect=collect,
        days_until_due=days_until_due, coupon=coupon, automatic_tax=automatic_tax,
        metadata=metadata,
    )  # fmt: skip
    return await _subscribe(
        ctx, payer, plan, quantity=quantity, also=also, terms=terms, comp=False,
        payment_method=payment_method, processor=processor, operation_id=operation_id,
    )  # fmt: skip


@verb("comp")
async def comp(
    ctx: Context,
    payer: Owner | Billable,
    plan: str | Price,
    *,
    quantity: int = 1,
    also: Mapping[str | Price, int] | None = None,
    metadata: Mapping[str, str] | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Subscription:
    """Give an owner a plan for nothing, for as long as it is not canceled.

    It is a subscription like any other at the processor, with all of its price taken off: it is
    ``active`` at once, needs no payment method, renews, and its invoices come to nothing.
    ``is_comped`` tells it from one that is paid for, and the ledger says who gave it.
    """
    outcome = await _subscribe(
        ctx, payer, plan, quantity=quantity, also=also, terms=Terms(metadata=metadata), comp=True,
        payment_method=None, processor=processor, operation_id=operation_id,
    )  # fmt: skip
    return outcome.value


async def _subscribe(
    ctx: Context,
    payer: Owner | Billable,
    plan: str | Price,
    *,
    quantity: int,
    also: Mapping[str | Price, int] | None,
    terms: Terms,
    comp: bool,
    payment_method: str | None,
    processor: str | None,
    operation_id: str | None,
) -> Outcome[Subscription]:
    checked_key(operation_id)
    if payment_method is not None:
        checked_payment_method(payment_method)
    owner = owner_of(payer)
    name = await choose_processor(ctx, owner, processor)
    request = request_for(checked_items(ctx.catalog, name, plan, quantity, also), terms)
    if comp:
        request = replace(request, coupon=COMP_COUPON)
    require_support(ctx.plugins.processor(name).support, request, processor=name)
    verb_name = "comp" if comp else "subscribe"
    try:
        require_timely(request, now=ctx.clock.now())
    except InvalidRequest:
        if not await is_repeated(ctx, owner, name, verb_name, operation_id):
            raise
    who, key = await payer_with_card(ctx, payer, name, payment_method, verb_name, operation_id)
    return await _start(ctx, replace(request, customer=who.ref), who, key)


async def payer_with_card(
    ctx: Context,
    payer: Owner | Billable,
    processor: str,
    payment_method: str | None,
    verb_name: str,
    given: str | None,
) -> tuple[Customer, str]:
    """Return the payer's customer, with a card if one came, and the key of the whole verb."""
    minted = to_text(PREFIXES["operation"], ctx.runtime.ids.new())
    with _retried_as(given or (minted if ctx.ambient is None else None)):
        who = await customer(ctx, payer, processor=processor)
    key = ctx.operation_key(verb_name, who.id, given) or minted
    if payment_method is not None:
        # It becomes the customer's default, not the subscription's own: a card that is added
        # later is then charged for this subscription as well.
        with _retried_as(key):
            step = f"{key}/payment_method"
            await attach(ctx, who, payment_method, make_default=True, key=step)
    return who, key


async def _start(
    ctx: Context, request: CreateSubscription, who: Customer, key: str
) -> Outcome[Subscription]:
    subject = customers.subject(who.id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("subscribe.decide") as tx:
        await tx.hold([subject])
        operation = await begin(ctx, tx, request, subject=subject, processor=who.processor, key=key)
        if operation.is_new:
            _require_tax_location(request, await customers.get(tx, who.id))
    if operation.is_finished:
        return _outcome(await _again(ctx, operation))

    async with operation.asking(ctx) as gateway:
        answer = await gateway.subscriptions.create(operation.request, key=operation.key)

    return _outcome(await operation.settle(ctx, answer))


def _require_tax_location(request: CreateSubscription, who: Customer) -> None:
    if request.automatic_tax and who.tax_location != "recognized":
        raise InvalidRequest(
            "automatic tax needs to know where the owner is taxed: call update_tax_location first"
        )


async def is_repeated(
    ctx: Context, owner: Owner, processor: str, verb_name: str, given: str | None
) -> bool:
    """Whether this call's operation has begun before: then its moments have been judged."""
    async with ctx.reading() as reading:
        key = given
        if key is None and ctx.ambient is not None:
            held = await customers.of_owner(reading, owner, processor=processor)
            key = ctx.operation_key(verb_name, held[0].id, None) if held else None
        return key is not None and await operations.by_key(reading, key) is not None


@contextmanager
def _retried_as(key: str | None) -> Iterator[None]:
    """Let the error of a step name the operation of the whole verb: that is what is retried."""
    try:
        yield
    except ProcessorUnavailable as error:
        error.operation_id = key
        raise


async def _again(ctx: Context, operation: Operation) -> Settled[Subscription]:
    """Return a finished subscription; what the customer has to do is read anew, if anything."""
    settled = await operation.result(ctx)
    subscription: Subscription = settled.row
    if subscription.status != SubscriptionStatus.INCOMPLETE:
        return settled
    action = await next_action_of(ctx, subscription.processor, "subscription", subscription.ref)
    return Settled(subscription, action)


def _outcome(settled: Settled[Subscription]) -> Outcome[Subscription]:
    """Leave out what a remembered answer says is to be done about what is done by now."""
    waits = settled.row.status == SubscriptionStatus.INCOMPLETE
    return Outcome(settled.row, settled.next_action if waits else None)
