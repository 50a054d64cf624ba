"""Faults that are planted behind everybody's back, one for each thing that must be found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import Executable, select, text, update

from accrue_core import Accrue
from accrue_core.billing.customers.models import customers
from accrue_core.billing.invoices.events import InvoicePaid
from accrue_core.billing.invoices.models import invoices, lines, payments
from accrue_core.billing.subscriptions.models import items, subscriptions
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.db.leases import JobStatus
from accrue_core.ledger.append import append
from accrue_core.ledger.chain import GENESIS, canonical_bytes, entry_hash, read
from accrue_core.ledger.models import entries, heads
from accrue_core.operations.models import OperationStatus, operations
from accrue_core.webhooks.models import deliveries
from tests.simulation.firm import Firm

Plant = Callable[[Firm], Awaitable[None]]

PAID = invoices.c.status == InvoiceStatus.PAID
ACTIVE = subscriptions.c.status == SubscriptionStatus.ACTIVE
ENDED = subscriptions.c.status == SubscriptionStatus.CANCELED


async def edit(accrue: Accrue, *statements: Executable) -> None:
    """Execute statements, each of which must hit something."""
    async with accrue.runtime.engines().writing.begin() as connection:
        for statement in statements:
            assert (await connection.execute(statement)).rowcount


def editing(*statements: Executable) -> Plant:
    async def plant(firm: Firm) -> None:
        await edit(firm.accrue, *statements)

    return plant


async def lose_a_webhook(firm: Firm) -> None:
    """Let a customer be renamed at the processor, and never tell."""
    firm.engine.scenarios.go_wrong_at_random(webhook_lost=1.0)
    firm.engine.customers.edit(next(iter(firm.engine.books.customers)), name="Somebody Else")
    firm.engine.scenarios.clear()


async def forget_an_invoice(firm: Firm) -> None:
    """Let an older invoice be missing, with all that belongs to it."""
    async with firm.accrue.runtime.engines().writing.begin() as connection:
        is_newest = invoices.c.ref.in_(select(subscriptions.c.latest_invoice))
        id_ = await connection.scalar(select(invoices.c.id).where(PAID, ~is_newest).limit(1))
        for table in (lines, payments):
            await connection.execute(table.delete().where(table.c.invoice_id == id_))
        await connection.execute(invoices.delete().where(invoices.c.id == id_))


async def pay_twice(firm: Firm) -> None:
    """Have the ledger say a second time, properly chained, that an invoice was paid."""
    async with firm.accrue.billing.transaction("plant") as tx:
        row = await tx.first(select(invoices).where(PAID, invoices.c.amount_paid_minor > 0))
        assert row is not None
        event = InvoicePaid(amount_paid=row["amount_paid_minor"], currency=row["currency"])
        append(
            tx, event, subject=row["id"], customer_id=row["customer_id"], cause="plant", after={}
        )
    await firm.accrue.work.drain()


async def rewrite_an_entry(firm: Firm) -> None:
    """Change the bytes of one entry."""
    await drop_guards(firm)
    first = select(entries.c.id).order_by(entries.c.id).limit(1).scalar_subquery()
    await edit(firm.accrue, update(entries).where(entries.c.id == first).values(body=b"{}"))


async def rewrite_a_chain(firm: Firm) -> None:
    """Change an entry, every hash after it and the head: no walk through the database sees it."""
    await drop_guards(firm)
    async with firm.accrue.runtime.engines().writing.begin() as connection:
        chain = await connection.scalar(select(heads.c.chain).limit(1))
        of_chain = select(entries.c.id, entries.c.body).where(entries.c.chain == chain)
        before = GENESIS
        for id_, body in (await connection.execute(of_chain.order_by(entries.c.sequence))).all():
            changed = canonical_bytes({**read(body), "actor": "nobody"})
            before = entry_hash(before, changed)
            wanted = update(entries).where(entries.c.id == id_)
            await connection.execute(wanted.values(body=changed, hash=before))
        await connection.execute(update(heads).where(heads.c.chain == chain).values(hash=before))


async def drop_guards(firm: Firm) -> None:
    """Drop the triggers of the ledger."""
    async with firm.accrue.runtime.engines().writing.begin() as connection:
        for name in ("accrue_ledger_no_update", "accrue_ledger_no_delete"):
            await connection.execute(text(f"DROP TRIGGER {name}"))


newest_of_active = (
    select(invoices.c.id)
    .join(subscriptions, subscriptions.c.latest_invoice == invoices.c.ref)
    .where(ACTIVE, PAID)
    .scalar_subquery()
)

PLANTS: dict[str, tuple[Plant, set[str]]] = {
    "a webhook that never came": (lose_a_webhook, {"mirror"}),
    "an edited row": (editing(update(customers).values(email="x@example.com")), {"mirror"}),
    "an invoice that is not there": (forget_an_invoice, {"mirror", "money"}),
    "an amount that was edited": (
        editing(update(invoices).where(PAID).values(amount_paid_minor=1)),
        {"mirror", "money", "lines"},
    ),
    "a payment that the ledger has twice": (pay_twice, {"money"}),
    "a line that lost its price": (
        editing(update(lines).values(price=None, is_proration=False)),
        {"mirror", "lines"},
    ),
    "a line that grew": (
        editing(update(lines).values(amount_minor=lines.c.amount_minor + 1)),
        {"mirror", "lines"},
    ),
    "a proration without a period": (
        editing(update(lines).values(period_end=None, is_proration=True)),
        {"mirror", "lines"},
    ),
    "an active subscription that owes": (
        editing(
            update(invoices)
            .where(invoices.c.id.in_(newest_of_active))
            .values(status=InvoiceStatus.OPEN)
        ),
        {"mirror", "money", "access"},
    ),
    "a canceled subscription that grants": (
        editing(
            update(subscriptions)
            .where(ENDED)
            .values(status=SubscriptionStatus.ACTIVE, ended_at=None, cancel_at=None)
        ),
        {"mirror", "gate"},
    ),
    "an item of another plan": (
        editing(update(items).values(price="price_extra")),
        {"mirror", "gate"},
    ),
    "an entry that was rewritten": (rewrite_an_entry, {"ledger"}),
    "a chain that was rewritten": (rewrite_a_chain, {"ledger"}),
    "an operation that is open": (
        editing(
            update(operations)
            .where(operations.c.method == "subscriptions.create")
            .values(status=OperationStatus.STUCK)
        ),
        {"undone"},
    ),
    "a delivery that is dead": (
        editing(update(deliveries).values(status=JobStatus.DEAD)),
        {"undone"},
    ),
}
