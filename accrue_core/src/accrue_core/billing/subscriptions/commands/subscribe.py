"""Start a subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from accrue_core.billing.catalog import Price
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.commands import choose_processor, customer
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.payment_methods.commands import attach, checked_payment_method
from accrue_core.billing.subscriptions.commands.terms import (
    checked_terms,
    require_future_trial,
    require_support,
)
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.context import Context, verb
from accrue_core.contracts.results import Outcome
from accrue_core.contracts.subscriptions import (
    Collection,
    CreateSubscription,
    SubscriptionStatus,
)
from accrue_core.errors import ProcessorUnavailable
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
    missing without doubling what is done. ``trial`` is whole days, or the moment it ends (UTC, in
    whole seconds). ``collect="invoice"`` sends invoices to be paid within ``days_until_due`` days
    (30) instead of charging the payment method on file.

    Returns the subscription, and what the customer has to do when the bank asks for it: the
    subscription is ``incomplete`` until then and grants nothing. A declined first payment leaves
    an ``incomplete`` subscription, too. ``ProcessorUnavailable`` carries the operation id to
    call again with.
    """
    checked_key(operation_id)
    if payment_method is not None:
        checked_payment_method(payment_method)
    owner = owner_of(payer)
    name = await choose_processor(ctx, owner, processor)
    terms = checked_terms(
        ctx.catalog.price(plan, name),
        quantity=quantity,
        trial=trial,
        collect=collect,
        days_until_due=days_until_due,
        metadata=metadata,
    )
    require_support(ctx.plugins.processor(name).support, terms, processor=name)
    if not await _is_repeated(ctx, owner, name, operation_id):
        require_future_trial(ctx, terms)
    who, key = await _who(ctx, payer, name, payment_method, operation_id)
    return await _start(ctx, replace(terms, customer=who.ref), who, key)


async def _who(
    ctx: Context,
    payer: Owner | Billable,
    processor: str,
    payment_method: str | None,
    given: str | None,
) -> tuple[Customer, str]:
    """Return the payer's customer with a card, and the operation id of the whole verb."""
    minted = to_text(PREFIXES["operation"], ctx.runtime.ids.new())
    with _retried_as(given or (minted if ctx.ambient is None else None)):
        who = await customer(ctx, payer, processor=processor)
    key = ctx.operation_key("subscribe", who.id, given) or minted
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
    if operation.is_finished:
        return _outcome(await _again(ctx, operation))

    async with operation.asking(ctx) as gateway:
        answer = await gateway.subscriptions.create(operation.request, key=operation.key)

    return _outcome(await operation.settle(ctx, answer))


async def _is_repeated(ctx: Context, owner: Owner, processor: str, given: str | None) -> bool:
    """Whether this call's operation has begun before: then its moments have been judged."""
    async with ctx.reading() as reading:
        key = given
        if key is None and ctx.ambient is not None:
            held = await customers.of_owner(reading, owner, processor=processor)
            key = ctx.operation_key("subscribe", held[0].id, None) if held else None
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
