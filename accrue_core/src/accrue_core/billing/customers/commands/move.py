"""Give a customer, with everything it pays for, to another owner."""

from __future__ import annotations

from accrue_core.billing.customers import queries
from accrue_core.billing.customers.commands.find import moving_to
from accrue_core.billing.customers.models import Customer
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.customers import AssignCustomer
from accrue_core.db.transaction import Transaction
from accrue_core.errors import InvalidRequest, OperationInProgress
from accrue_core.ids import checked
from accrue_core.operations import queries as operations
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.recover import recover_before
from accrue_core.owners import Billable, Owner, owner_of


@verb("move_customer")
async def move_customer(
    ctx: Context, customer_id: str, to: Owner | Billable, *, operation_id: str | None = None
) -> Customer:
    """Give a customer to another owner: its subscriptions, invoices and cards go with it.

    A team that becomes a company, a user who hands over to an organization. From the moment it is
    settled the gates of the old owner close and those of the new one open. The processor is told,
    so that a copy of our database made from it says the same; the customer's history stays one
    history, with the move in it.

    Raises ``InvalidRequest`` when it is theirs already, or when the new owner has a customer at
    this processor: two of them cannot be made one. ``OperationInProgress`` while that owner's own
    customer is being created.
    """
    checked_key(operation_id)
    owner = owner_of(to)
    async with ctx.reading() as reading:
        processor = (await queries.get(reading, checked("customer", customer_id))).processor
    subject = queries.subject(customer_id)
    key = ctx.operation_key("move_customer", customer_id, operation_id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("move_customer.decide") as tx:
        await tx.hold([subject, queries.owner_hold(owner, processor)])
        who = await queries.get(tx, customer_id)
        request = AssignCustomer(ref=who.ref, owner=owner)
        operation = await begin(ctx, tx, request, subject=subject, processor=processor, key=key)
        if operation.is_new:
            await _require_room(tx, who, owner, operation.record.id)
            support = ctx.plugins.processor(processor).support
            require(support, Capability.ASSIGN_CUSTOMER, processor=processor)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as gateway:
        answer = await gateway.customers.assign(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


async def _require_room(tx: Transaction, who: Customer, owner: Owner, mine: str) -> None:
    """Refuse an owner that has a customer there, or is about to have one: by a creation or by
    another move. The name that a creation holds is held, so that of two at once one sees the other.
    """
    if who.gone_at is not None:
        raise InvalidRequest("the processor has deleted this customer")
    if who.owner == owner:
        raise InvalidRequest(f"the customer belongs to {owner} already")
    taken = queries.owner_hold(owner, who.processor)
    creating = await operations.open_on(tx, taken)
    other = creating or await moving_to(tx, owner, who.processor, but=mine)
    if other is not None:
        raise OperationInProgress(taken, operation_id=other.key)
    if await queries.of_owner(tx, owner, processor=who.processor):
        raise InvalidRequest(
            f"{owner} has a customer at {who.processor} already: cancel there what is not "
            "needed, or move that one away first"
        )
