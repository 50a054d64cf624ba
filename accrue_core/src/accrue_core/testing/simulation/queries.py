"""What the database says, in bulk: totals, and the rows that break a rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, case, func, or_, select, update

from accrue_core.billing.customers.models import customers
from accrue_core.billing.entitlements.resolve import HeldItem
from accrue_core.billing.invoices.models import invoices, lines, payments
from accrue_core.billing.subscriptions.lifecycle import ENTITLING
from accrue_core.billing.subscriptions.models import items, subscriptions
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.db.base import to_row
from accrue_core.db.database_clock import db_clock
from accrue_core.db.leases import JobStatus
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.ledger.models import ChainHead, LedgerEntry, entries, heads
from accrue_core.operations.models import FINISHED, OperationStatus, operations
from accrue_core.outbox.models import handler_runs, jobs
from accrue_core.owners import Owner
from accrue_core.webhooks.models import deliveries


async def paid_invoices(reading: Reading, processor: str) -> dict[str, tuple[int, str]]:
    """Return what was paid on each paid invoice, by its ref: minor units and currency."""
    statement = select(invoices.c.ref, invoices.c.amount_paid_minor, invoices.c.currency).where(
        invoices.c.processor == processor, invoices.c.status == InvoiceStatus.PAID
    )
    return {
        row["ref"]: (row["amount_paid_minor"], row["currency"])
        for row in await reading.all(statement)
    }


async def refs_of_invoices(reading: Reading, ids: Sequence[str]) -> dict[str, str]:
    """Return the refs of invoices by our ids."""
    statement = select(invoices.c.id, invoices.c.ref).where(invoices.c.id.in_(ids))
    return {row["id"]: row["ref"] for row in await reading.all(statement)}


async def odd_invoices(reading: Reading) -> list[str]:
    """Return the refs of invoices whose amounts do not explain each other."""
    of_lines = (
        select(lines.c.invoice_id, func.sum(lines.c.amount_minor).label("amount"))
        .group_by(lines.c.invoice_id)
        .subquery()
    )
    paid = func.sum(case((payments.c.status == "paid", payments.c.amount_minor), else_=0))
    of_payments = (
        select(payments.c.invoice_id, paid.label("amount"))
        .group_by(payments.c.invoice_id)
        .subquery()
    )
    total = invoices.c.subtotal_minor - invoices.c.discount_minor + invoices.c.tax_minor
    is_paid = invoices.c.status == InvoiceStatus.PAID
    left = invoices.c.amount_due_minor - invoices.c.amount_paid_minor
    statement = (
        select(invoices.c.ref)
        .outerjoin(of_lines, of_lines.c.invoice_id == invoices.c.id)
        .outerjoin(of_payments, of_payments.c.invoice_id == invoices.c.id)
        .where(
            or_(
                func.coalesce(of_lines.c.amount, 0) != invoices.c.subtotal_minor,
                invoices.c.total_minor != total,
                invoices.c.amount_remaining_minor != left,
                func.coalesce(of_payments.c.amount, 0) != invoices.c.amount_paid_minor,
                and_(is_paid, invoices.c.amount_remaining_minor != 0),
            )
        )
    )
    return [row["ref"] for row in await reading.all(statement)]


async def unexplained_lines(reading: Reading) -> list[str]:
    """Return the refs of lines without a price or a period, or in another currency."""
    statement = (
        select(lines.c.ref)
        .join(invoices, invoices.c.id == lines.c.invoice_id)
        .where(
            or_(
                and_(lines.c.price.is_(None), ~lines.c.is_proration),
                lines.c.period_start.is_(None),
                lines.c.period_end.is_(None),
                lines.c.period_end < lines.c.period_start,
                lines.c.currency != invoices.c.currency,
            )
        )
    )
    return [row["ref"] for row in await reading.all(statement)]


def _is_entitling() -> Any:
    return and_(
        subscriptions.c.status.in_(ENTITLING),
        subscriptions.c.unreadable.is_(None),
        subscriptions.c.gone_at.is_(None),
        subscriptions.c.ended_at.is_(None),
        subscriptions.c.collection_paused.is_(None),
    )


async def unpaid_access(reading: Reading, now: datetime) -> list[str]:
    """Return the refs of subscriptions that grant something and that nothing stands for.

    What stands for one is a trial that goes on, or its newest invoice: paid, or sent and not due
    yet. Drafts and what is not owed do not count, nor does what waits for a change to be paid.
    """
    of_change = and_(
        subscriptions.c.pending_until.is_not(None),
        invoices.c.billing_reason == "subscription_update",
        invoices.c.status == InvoiceStatus.OPEN,
    )
    place = func.row_number().over(
        partition_by=invoices.c.subscription_id,
        order_by=(invoices.c.remote_at.desc(), invoices.c.ref.desc()),
    )
    ranked = (
        select(
            invoices.c.subscription_id, invoices.c.status, invoices.c.due_at, place.label("place")
        )
        .join(subscriptions, subscriptions.c.id == invoices.c.subscription_id)
        .where(invoices.c.status.in_([InvoiceStatus.OPEN, InvoiceStatus.PAID]), ~of_change)
        .subquery()
    )
    is_trial = and_(
        subscriptions.c.status == SubscriptionStatus.TRIALING, subscriptions.c.trial_end > now
    )
    is_on_account = and_(ranked.c.status == InvoiceStatus.OPEN, ranked.c.due_at > now)
    is_paid = ranked.c.status == InvoiceStatus.PAID
    newest = and_(ranked.c.subscription_id == subscriptions.c.id, ranked.c.place == 1)
    statement = (
        select(subscriptions.c.ref)
        .outerjoin(ranked, newest)
        .where(
            _is_entitling(),
            ~is_trial,
            func.coalesce(or_(is_paid, is_on_account), False).is_(False),
        )
    )
    return [row["ref"] for row in await reading.all(statement)]


async def held_by_owner(reading: Reading) -> dict[Owner, list[HeldItem]]:
    """Return every item of every subscription that has an owner, as the gate would see it."""
    statement = select(
        customers.c.owner_type,
        customers.c.owner_id,
        subscriptions.c.processor,
        subscriptions.c.id.label("subscription_id"),
        items.c.price,
        items.c.quantity,
        subscriptions.c.status,
        subscriptions.c.unreadable,
        subscriptions.c.gone_at,
        subscriptions.c.ended_at,
        subscriptions.c.cancel_at,
        subscriptions.c.collection_paused,
    ).select_from(
        customers.join(subscriptions, subscriptions.c.customer_id == customers.c.id).join(
            items, items.c.subscription_id == subscriptions.c.id
        )
    )
    held: dict[Owner, list[HeldItem]] = {}
    for row in await reading.all(statement.where(customers.c.owner_type.is_not(None))):
        owner = Owner(row["owner_type"], row["owner_id"])
        held.setdefault(owner, []).append(to_row(HeldItem, row))
    return held


async def count(reading: Reading, table: Table) -> int:
    """Count the rows of a table."""
    return int(await reading.scalar(select(func.count()).select_from(table)))


async def left_undone(reading: Reading) -> list[str]:
    """Return what is not finished, in words: operations, deliveries, jobs and handler runs."""
    found = []
    unfinished: tuple[tuple[str, Table, Any], ...] = (
        ("operation", operations, operations.c.status.not_in(FINISHED)),
        ("delivery", deliveries, deliveries.c.status != JobStatus.DONE),
        ("job", jobs, jobs.c.status != JobStatus.DONE),
        ("handler run", handler_runs, handler_runs.c.status != JobStatus.DONE),
    )
    for noun, table, is_left in unfinished:
        statement = (
            select(table.c.status, func.count().label("number"))
            .where(is_left)
            .group_by(table.c.status)
        )
        found += [
            f"{row['number']} {noun} {row['status'].value}" for row in await reading.all(statement)
        ]
    return found


async def entries_after(reading: Reading, id_: str | None) -> list[LedgerEntry]:
    """Return the entries that were written after one, in the order of their chains."""
    statement = select(entries).order_by(entries.c.chain, entries.c.sequence)
    if id_ is not None:
        statement = statement.where(entries.c.id > id_)
    return [to_row(LedgerEntry, row) for row in await reading.all(statement)]


async def all_heads(reading: Reading) -> list[ChainHead]:
    """Return the heads of all chains."""
    return [to_row(ChainHead, row) for row in await reading.all(select(heads))]


async def story(reading: Reading) -> list[str]:
    """Return the types of all entries, in the order they were written."""
    return [row["type"] for row in await reading.all(select(entries.c.type).order_by(entries.c.id))]


_PAST = db_clock(timedelta(seconds=-1))


async def hurry(tx: Transaction) -> None:
    """Let everything fall due that waits to be tried again."""
    for table in (deliveries, jobs, handler_runs):
        waiting = table.c.status == JobStatus.WAITING
        await tx.execute(update(table).where(waiting).values(due_at=_PAST))
    await let_leases_end(tx)


async def let_leases_end(tx: Transaction) -> None:
    """Let every lease of an open operation end now."""
    is_open = operations.c.status == OperationStatus.OPEN
    await tx.execute(update(operations).where(is_open).values(lease_until=_PAST))


async def abandon(tx: Transaction) -> None:
    """Give up what was certainly never asked, and whose caller has gone."""
    released = operations.c.status == OperationStatus.RELEASED
    await tx.execute(
        update(operations)
        .where(released)
        .values(status=OperationStatus.ABANDONED, ended_at=db_clock(), personal=None)
    )
