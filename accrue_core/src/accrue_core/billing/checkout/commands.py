"""Checkout: send a customer to the processor's page, and see what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from accrue_core.billing.catalog import Price
from accrue_core.billing.checkout import queries
from accrue_core.billing.checkout.models import CheckoutSession
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.commands.find import choose_processor, customer
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.subscriptions.terms import (
    Terms,
    checked_items,
    request_for,
    require_timely,
)
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CreateCheckoutSession
from accrue_core.contracts.results import NextAction, Outcome
from accrue_core.contracts.subscriptions import CreateSubscription
from accrue_core.errors import AccrueError, NotFound
from accrue_core.ids import kind_of
from accrue_core.mirror.refetch import refetch
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.question import next_action_of, questioning
from accrue_core.operations.recover import recover_before
from accrue_core.origins import checked_url
from accrue_core.owners import Billable, Owner, owner_of
from accrue_core.text import checked_text

LATEST = 20
"""How many of an owner's sessions ``checkout_sessions`` returns at most."""


@verb("create_checkout_session")
async def create_checkout_session(
    ctx: Context,
    payer: Owner | Billable,
    plan: str | Price,
    *,
    success_url: str,
    cancel_url: str,
    quantity: int = 1,
    trial: timedelta | datetime | None = None,
    metadata: Mapping[str, str] | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Outcome[CheckoutSession]:
    """Open a page of the processor's on which the owner subscribes to a plan and pays.

    Send the customer to ``next_action.url``, a ``Secret``: whoever has it may act for them. It is
    never stored; calling again with the same ``operation_id`` reads it from the processor while
    the session is open. Both URLs must lead to an origin of ``settings.allowed_origins``; the
    processor puts its ref of the session for ``{CHECKOUT_SESSION_ID}`` in ``success_url``, for
    ``reconcile_checkout``. ``trial`` and ``metadata`` are as in ``subscribe``.

    Nothing is granted by opening it or by coming back from it: the subscription is mirrored once
    the processor has one.
    """
    checked_key(operation_id)
    for name, url in (("success_url", success_url), ("cancel_url", cancel_url)):
        checked_url(url, name=name, allowed=ctx.settings.allowed_origins)
    name = await choose_processor(ctx, owner_of(payer), processor)
    items = checked_items(ctx.catalog, name, plan, quantity, None)
    terms = request_for(items, Terms(trial=trial, metadata=metadata))
    _require_support(ctx, terms, processor=name)
    who = await customer(ctx, payer, processor=name)
    request = CreateCheckoutSession(
        customer=who.ref,
        items=terms.items,
        success_url=success_url,
        cancel_url=cancel_url,
        trial_days=terms.trial_days,
        trial_end=terms.trial_end,
        metadata=terms.metadata,
    )
    key = ctx.operation_key("create_checkout_session", who.id, operation_id)
    return await _open(ctx, request, terms, who, key)


@verb("reconcile_checkout")
async def reconcile_checkout(
    ctx: Context, payer: Owner | Billable, session: str
) -> Outcome[CheckoutSession]:
    """Ask the processor what came of an owner's checkout session, and mirror it.

    For the page that the customer comes back to, which may be before the webhook.
    ``session`` is our id or the processor's ref from the success URL. A session of another owner
    is ``NotFound``. Coming back proves nothing: what is open afterwards is what ``entitled``
    says. Raises ``ProcessorUnavailable`` and its like when the processor cannot be asked; the
    webhook will still arrive.
    """
    checked_text(session, name="session", longest=255)
    owner = owner_of(payer)
    held = await _held(ctx, owner)
    known = await _known(ctx, held, session)
    if known is not None and known.is_complete and known.subscription_id is not None:
        return Outcome(known)
    if known is None and kind_of(session) == "checkout_session":
        raise NotFound(f"no checkout session {session[:64]!r}")
    action = await _ask(ctx, held, known.ref if known is not None else session, known)
    found = await _known(ctx, held, session)
    if found is None:
        raise NotFound(f"no checkout session {session[:64]!r}")
    return Outcome(found, action if found.is_open else None)


@verb("checkout_sessions")
async def checkout_sessions(ctx: Context, payer: Owner | Billable) -> list[CheckoutSession]:
    """Return the newest 20 of an owner's checkout sessions at all processors, newest first."""
    held = await _held(ctx, owner_of(payer))
    async with ctx.reading() as reading:
        return await queries.of_customers(reading, [who.id for who in held], limit=LATEST)


async def _open(
    ctx: Context,
    request: CreateCheckoutSession,
    terms: CreateSubscription,
    who: Customer,
    key: str | None,
) -> Outcome[CheckoutSession]:
    subject = customers.subject(who.id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("create_checkout_session.decide") as tx:
        await tx.hold([subject])
        operation = await begin(ctx, tx, request, subject=subject, processor=who.processor, key=key)
        if operation.is_new:
            require_timely(terms, now=ctx.clock.now())
    if operation.is_finished:
        row: CheckoutSession = (await operation.result(ctx)).row
        if not row.is_open:
            return Outcome(row)
        noun = CheckoutSessionSnapshot.noun
        return Outcome(row, await next_action_of(ctx, row.processor, noun, row.ref))

    async with operation.asking(ctx) as processor:
        answer = await processor.checkout.create(operation.request, key=operation.key)

    settled = await operation.settle(ctx, answer)
    return Outcome(settled.row, settled.next_action if settled.row.is_open else None)


def _require_support(ctx: Context, terms: CreateSubscription, *, processor: str) -> None:
    support = ctx.plugins.processor(processor).support
    wanted = [Capability.CHECKOUT]
    if terms.trial_days is not None or terms.trial_end is not None:
        wanted.append(Capability.CHECKOUT_WITH_TRIAL)
    if terms.items[0].quantity != 1:
        wanted.append(Capability.SUBSCRIBE_WITH_QUANTITY)
    for capability in wanted:
        require(support, capability, processor=processor)


async def _held(ctx: Context, owner: Owner) -> list[Customer]:
    async with ctx.reading() as reading:
        return await customers.of_owner(reading, owner, only_live=False)


async def _known(ctx: Context, held: list[Customer], session: str) -> CheckoutSession | None:
    async with ctx.reading() as reading:
        if kind_of(session) == "checkout_session":
            return await queries.by_id(reading, [who.id for who in held], session)
        return await queries.by_ref(reading, [(who.processor, who.id) for who in held], session)


async def _ask(
    ctx: Context, held: list[Customer], ref: str, known: CheckoutSession | None
) -> NextAction | None:
    """Refetch a session; one that we do not hold is absorbed only if it is this owner's.

    The answer that opened it may have been lost with the process that waited for it.
    """
    if known is None:
        return await _ask_for_unknown(ctx, held, ref)
    name = ("checkout_session", known.processor, ref)
    fetched = await refetch(ctx, [name], cause="reconcile")
    if name in fetched.errors:
        raise fetched.errors[name]
    return fetched.answers[name].next_action


async def _ask_for_unknown(ctx: Context, held: list[Customer], ref: str) -> NextAction | None:
    for processor in sorted({who.processor for who in held}):
        refs = {who.ref for who in held if who.processor == processor}
        try:
            async with questioning(ctx, processor, "checkout.fetch") as gateway:
                answer = await gateway.checkout.fetch(ref)
        except AccrueError:
            continue
        if isinstance(answer.main, CheckoutSessionSnapshot) and answer.main.customer in refs:
            await refetch(ctx, [("checkout_session", processor, ref)], cause="reconcile")
            return answer.next_action
    return None
