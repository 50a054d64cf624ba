"""Customers: find or create one, and read what happened to it."""

from __future__ import annotations

import asyncio

from accrue_core.billing.customers import queries
from accrue_core.billing.customers.models import Customer
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.customers import CreateCustomer, UpdateCustomer
from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.contracts.results import Page
from accrue_core.db.transaction import Transaction
from accrue_core.errors import ConfigurationError, InvalidRequest, NotFound, OperationInProgress
from accrue_core.ids import checked, kind_of
from accrue_core.ledger import queries as ledger
from accrue_core.ledger.chain import view
from accrue_core.operations import queries as operations
from accrue_core.operations.models import OperationStatus
from accrue_core.operations.operation import CUSTOMER_KEYS, Operation, begin, checked_key
from accrue_core.operations.recover import recover, recover_before
from accrue_core.owners import Billable, BillingContact, Owner, contact_of, owner_of
from accrue_core.text import checked_text

_POLL = 0.05


@verb("customer")
async def customer(
    ctx: Context, payer: Owner | Billable, *, processor: str | None = None
) -> Customer:
    """Return the owner's customer at a processor, creating it there when there is none.

    However many callers ask at once, in however many processes, one remote customer comes of it:
    whoever meets the creation under way waits for it. Without ``processor``, the owner's only
    customer decides, then ``settings.processor``, then the only processor installed.
    """
    owner, contact = owner_of(payer), _checked(contact_of(payer))
    name = await choose_processor(ctx, owner, processor)
    require(ctx.plugins.processor(name).support, Capability.CREATE_CUSTOMER, processor=name)
    deadline = asyncio.get_running_loop().time() + ctx.settings.call_deadline.total_seconds()
    while True:
        found = await _find(ctx, owner, name)
        if found is not None:
            return found
        found_or_operation = await _decide(ctx, owner, contact, name)
        if isinstance(found_or_operation, Customer):
            return found_or_operation
        if isinstance(found_or_operation, Operation):
            return await _create(ctx, found_or_operation)
        if asyncio.get_running_loop().time() > deadline:
            raise OperationInProgress(queries.owner_hold(owner, name))
        await recover(ctx, found_or_operation)
        await asyncio.sleep(_POLL)


@verb("find_customer")
async def find_customer(
    ctx: Context, payer: Owner | Billable, *, processor: str | None = None
) -> Customer | None:
    """Return the owner's customer if we hold one; never asks a processor."""
    async with ctx.reading() as reading:
        found = await queries.of_owner(reading, owner_of(payer), processor=processor)
    return found[0] if found else None


@verb("update_customer")
async def update_customer(
    ctx: Context,
    payer: Owner | Billable,
    *,
    name: str | None = None,
    email: str | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Customer:
    """Tell the processor how an owner is reached: what stands on invoices, and where they go.

    What is not given is taken from the billable's ``billing_contact()``; a bare ``Owner`` has
    none, and what is then still missing stays as it is. Name and address go to the processor and
    into the mirror's personal columns, never into the ledger, which records that they changed.
    An owner without a customer is ``NotFound``: nothing is created.
    """
    checked_key(operation_id)
    owner, known = owner_of(payer), _checked(contact_of(payer))
    contact = _checked(BillingContact(name=name or known.name, email=email or known.email))
    if contact == BillingContact():
        raise InvalidRequest("pass a name or an email, or a billable that has them")
    chosen = await choose_processor(ctx, owner, processor)
    who = await _find(ctx, owner, chosen)
    if who is None:
        raise NotFound(f"{owner} has no customer at {chosen}")
    support = ctx.plugins.processor(chosen).support
    require(support, Capability.UPDATE_CUSTOMER, processor=chosen)
    request = UpdateCustomer(ref=who.ref, name=contact.name, email=contact.email)
    subject = queries.subject(who.id)
    key = ctx.operation_key("update_customer", who.id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("update_customer.decide") as tx:
        await tx.hold([subject])
        operation = await begin(ctx, tx, request, subject=subject, processor=chosen, key=key)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as gateway:
        answer = await gateway.customers.update(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


@verb("timeline_for")
async def timeline_for(
    ctx: Context, of: Owner | Billable | str, *, before: str | None = None, limit: int = 50
) -> Page[LedgerEntryView]:
    """Return what became true, newest first: of an owner, a customer, or any one thing by id.

    ``before`` is the cursor of the page before; at most 500 entries come at once.
    """
    if not 1 <= limit <= 500:
        raise InvalidRequest("limit is between 1 and 500")
    cursor = None if before is None else checked("ledger_entry", before)
    async with ctx.reading() as reading:
        if not isinstance(of, str):
            found = await queries.of_owner(reading, owner_of(of), only_live=False)
            scope = {"customer_ids": [customer.id for customer in found]}
        elif kind_of(of) == "customer":
            scope = {"customer_ids": [checked("customer", of)]}
        else:
            scope = {"subject": checked(kind_of(of) or "subscription", of)}  # type: ignore[dict-item]
        rows = await ledger.timeline(reading, before=cursor, limit=limit + 1, **scope)  # type: ignore[arg-type]
    entries = tuple(view(row) for row in rows[:limit])
    return Page(entries, entries[-1].id if len(rows) > limit else None)


async def choose_processor(ctx: Context, owner: Owner, wanted: str | None) -> str:
    """Return the processor to use: named, the owner's only one, the default, the only one."""
    if wanted is not None:
        return ctx.plugins.processor(wanted).name
    async with ctx.reading() as reading:
        held = {found.processor for found in await queries.of_owner(reading, owner)}
    if len(held) == 1:
        return held.pop()
    if ctx.settings.processor is not None:
        return ctx.plugins.processor(ctx.settings.processor).name
    installed = list(ctx.plugins.processors)
    if len(installed) == 1:
        return installed[0]
    if not installed:
        raise ConfigurationError("no processor is installed and configured")
    raise InvalidRequest(
        f"several processors are installed ({', '.join(sorted(installed))}): "
        "pass processor=..., or set ACCRUE_PROCESSOR"
    )


def _checked(contact: BillingContact) -> BillingContact:
    for name, value in (("name", contact.name), ("email", contact.email)):
        if value is not None:
            checked_text(value, name=f"a billing contact's {name}", longest=500)
    return contact


async def _find(ctx: Context, owner: Owner, processor: str) -> Customer | None:
    async with ctx.reading() as reading:
        found = await queries.of_owner(reading, owner, processor=processor)
    return found[0] if found else None


async def _decide(
    ctx: Context, owner: Owner, contact: BillingContact, processor: str
) -> Customer | Operation | str:
    """Return the customer, the operation that is ours to ask, or the id of somebody else's."""
    subject = queries.owner_hold(owner, processor)
    async with ctx.transaction("customer.decide") as tx:
        await tx.hold([subject])
        found = await queries.of_owner(tx, owner, processor=processor)
        if found:
            return found[0]
        key = await _key(tx, owner, processor)
        known = await operations.by_key(tx, key)
        if known is not None and known.status in {OperationStatus.OPEN, OperationStatus.STUCK}:
            return known.id
        request = CreateCustomer(owner=owner, name=contact.name, email=contact.email)
        return await begin(ctx, tx, request, subject=subject, processor=processor, key=key)


async def _key(tx: Transaction, owner: Owner, processor: str) -> str:
    """Return the key of the next creation: a new generation after a deletion or a failure."""
    subject = queries.owner_hold(owner, processor)
    generation = await queries.count_gone(tx, owner, processor)
    generation += await operations.failed_on(tx, subject, "customers.create")
    return f"{CUSTOMER_KEYS}{owner}/{processor}/{generation}"


async def _create(ctx: Context, operation: Operation) -> Customer:
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.customers.create(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]
