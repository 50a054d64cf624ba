"""Payment methods: attach one, list them."""

from __future__ import annotations

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.commands.find import customer
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.payment_methods import queries
from accrue_core.billing.payment_methods.models import PaymentMethod
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.recover import recover_before
from accrue_core.owners import Billable, Owner, owner_of
from accrue_core.text import checked_text


@verb("add_payment_method")
async def add_payment_method(
    ctx: Context,
    payer: Owner | Billable,
    payment_method: str,
    *,
    make_default: bool = True,
    processor: str | None = None,
    operation_id: str | None = None,
) -> PaymentMethod:
    """Give an owner's customer a payment method, and by default charge it from now on.

    ``payment_method`` is the ref that the processor's own form in the browser returned; a card
    number never passes through here. Raises ``CardDeclined`` when the bank refuses it already.
    """
    checked_key(operation_id)
    checked_payment_method(payment_method)
    who = await customer(ctx, payer, processor=processor)
    key = ctx.operation_key("add_payment_method", who.id, operation_id)
    return await attach(ctx, who, payment_method, make_default=make_default, key=key)


@verb("payment_methods")
async def payment_methods(ctx: Context, payer: Owner | Billable) -> list[PaymentMethod]:
    """Return what an owner pays with, at all processors, newest first."""
    async with ctx.reading() as reading:
        found = await customers.of_owner(reading, owner_of(payer))
        return await queries.of_customers(reading, [customer.id for customer in found])


def checked_payment_method(ref: str) -> str:
    """Return the ref that a processor's form gave for a payment method, or ``InvalidRequest``."""
    return checked_text(ref, name="payment_method, the ref from the processor's form,", longest=255)


async def attach(
    ctx: Context, who: Customer, payment_method: str, *, make_default: bool, key: str | None
) -> PaymentMethod:
    """Attach a payment method to a customer, as one operation on it."""
    support = ctx.plugins.processor(who.processor).support
    require(support, Capability.ATTACH_PAYMENT_METHOD, processor=who.processor)
    request = AttachPaymentMethod(
        customer=who.ref, payment_method=payment_method, make_default=make_default
    )
    subject = customers.subject(who.id)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction("add_payment_method.decide") as tx:
        await tx.hold([subject])
        operation = await begin(ctx, tx, request, subject=subject, processor=who.processor, key=key)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as processor:
        answer = await processor.payment_methods.attach(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]
