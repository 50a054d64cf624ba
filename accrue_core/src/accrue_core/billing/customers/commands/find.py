"""An owner's customer at a processor: find it, or create it there."""

from __future__ import annotations

import asyncio

from accrue_core.billing.customers import queries
from accrue_core.billing.customers.models import Customer
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.customers import AssignCustomer, CreateCustomer
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.errors import ConfigurationError, InvalidRequest, OperationInProgress
from accrue_core.operations import queries as operations
from accrue_core.operations.models import OperationRecord, OperationStatus
from accrue_core.operations.operation import CUSTOMER_KEYS, Operation, begin
from accrue_core.operations.recover import recover
from accrue_core.operations.stored import method_of
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
    owner, contact = owner_of(payer), checked_contact(contact_of(payer))
    name = await choose_processor(ctx, owner, processor)
    require(ctx.plugins.processor(name).support, Capability.CREATE_CUSTOMER, processor=name)
    deadline = asyncio.get_running_loop().time() + ctx.settings.call_deadline.total_seconds()
    while True:
        found = await held_customer(ctx, owner, name)
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


def checked_contact(contact: BillingContact) -> BillingContact:
    """Return a contact that every processor can keep, or ``InvalidRequest``."""
    for name, value in (("name", contact.name), ("email", contact.email)):
        if value is not None:
            checked_text(value, name=f"a billing contact's {name}", longest=500)
    return contact


async def held_customer(ctx: Context, owner: Owner, processor: str) -> Customer | None:
    """Return the customer that an owner has at a processor, if we hold one."""
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
        # In this order: a move that settles between the two reads is seen by the second one.
        moving = await moving_to(tx, owner, processor)
        if moving is not None:
            return moving.id
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
    """Return the key of the next creation.

    It is asked for only while the owner has no customer there: whatever an earlier creation made
    is gone or moved away by now, so that each that has ended begins a new generation.
    """
    subject = queries.owner_hold(owner, processor)
    generation = await operations.ended_on(tx, subject, "customers.create")
    return f"{CUSTOMER_KEYS}{owner}/{processor}/{generation}"


async def _create(ctx: Context, operation: Operation) -> Customer:
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.customers.create(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


async def moving_to(
    reading: Reading, owner: Owner, processor: str, *, but: str = ""
) -> OperationRecord | None:
    """Return an open operation, ``but`` this one, that is giving an owner a customer."""
    method = method_of(AssignCustomer(ref="", owner=owner))
    for record in await operations.open_by(reading, method=method, processor=processor):
        wanted = record.request["owner"] == {"type": owner.type, "id": owner.id}
        if wanted and record.id != but:
            return record
    return None
