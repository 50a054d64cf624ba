"""Every read of invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, select

from accrue_core.billing.invoices.models import (
    Invoice,
    InvoiceLine,
    InvoicePayment,
    invoices,
    lines,
    payments,
)
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.db.base import to_row
from accrue_core.db.transaction import Reading
from accrue_core.errors import NotFound


async def get(reading: Reading, id_: str) -> Invoice:
    """Return an invoice by our id, or ``NotFound``."""
    row = await reading.first(select(invoices).where(invoices.c.id == id_))
    if row is None:
        raise NotFound(f"no invoice {id_}")
    return (await _loaded(reading, [to_row(Invoice, row)]))[0]


async def of_customers(
    reading: Reading, customer_ids: Sequence[str], *, before: str | None, limit: int
) -> list[Invoice]:
    """Return the invoices of customers, newest first, older than invoice ``before``."""
    statement = (
        select(invoices)
        .where(invoices.c.customer_id.in_(customer_ids))
        .order_by(invoices.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(invoices.c.id < before)
    return await _loaded(reading, [to_row(Invoice, row) for row in await reading.all(statement)])


async def listed(
    reading: Reading,
    *,
    status: InvoiceStatus | None = None,
    has_failed: bool = False,
    before: str | None = None,
    limit: int,
) -> list[Invoice]:
    """Return invoices, of one status or of all, newest first, older than invoice ``before``.

    ``has_failed`` leaves those that somebody tried to collect; it goes with a status of which
    there are few, as open.
    """
    statement = select(invoices).order_by(invoices.c.id.desc()).limit(limit)
    if status is not None:
        statement = statement.where(invoices.c.status == status)
    if has_failed:
        statement = statement.where(invoices.c.attempts > 0)
    if before is not None:
        statement = statement.where(invoices.c.id < before)
    return await _found(reading, statement)


async def of_subscription(reading: Reading, subscription_id: str, *, limit: int) -> list[Invoice]:
    """Return a subscription's newest invoices, newest first."""
    statement = (
        select(invoices)
        .where(invoices.c.subscription_id == subscription_id)
        .order_by(invoices.c.id.desc())
        .limit(limit)
    )
    return await _found(reading, statement)


async def by_ids(reading: Reading, ids: Sequence[str]) -> dict[str, Invoice]:
    """Return invoices by our ids; those that are not there are left out."""
    if not ids:
        return {}
    statement = select(invoices).where(invoices.c.id.in_(ids))
    return {found.id: found for found in await _found(reading, statement)}


async def with_ref(reading: Reading, processors: Sequence[str], ref: str) -> list[Invoice]:
    """Return the invoices that these processors know under a ref: at most one for each."""
    statement = select(invoices).where(invoices.c.processor.in_(processors), invoices.c.ref == ref)
    return await _found(reading, statement)


async def with_number(reading: Reading, number: str, *, limit: int) -> list[Invoice]:
    """Return some invoices with a number; processors number theirs independently."""
    return await _found(reading, select(invoices).where(invoices.c.number == number).limit(limit))


async def paid_by(reading: Reading, payment: str, *, limit: int) -> list[Invoice]:
    """Return some invoices that a processor's payment paid, or tried to."""
    of_it = select(payments.c.invoice_id).where(payments.c.payment == payment).limit(limit)
    return await _found(reading, select(invoices).where(invoices.c.id.in_(of_it)))


async def with_line_or_payment(reading: Reading, id_: str, *, is_line: bool) -> list[Invoice]:
    """Return the invoice that has a line or a payment of ours, if there is one."""
    table = lines if is_line else payments
    of_it = select(table.c.invoice_id).where(table.c.id == id_).scalar_subquery()
    return await _found(reading, select(invoices).where(invoices.c.id == of_it))


async def count_failed(reading: Reading, *, among: int) -> int:
    """Count, among the newest ``among`` open invoices, those that somebody tried to collect."""
    newest = (
        select(invoices.c.attempts)
        .where(invoices.c.status == InvoiceStatus.OPEN)
        .order_by(invoices.c.id.desc())
        .limit(among)
        .subquery()
    )
    statement = select(func.count()).select_from(newest).where(newest.c.attempts > 0)
    return int(await reading.scalar(statement))


async def _found(reading: Reading, statement: Select[Any]) -> list[Invoice]:
    return await _loaded(reading, [to_row(Invoice, row) for row in await reading.all(statement)])


async def _loaded(reading: Reading, found: list[Invoice]) -> list[Invoice]:
    ids = [invoice.id for invoice in found]
    if not ids:
        return []
    of_lines: dict[str, list[InvoiceLine]] = {id_: [] for id_ in ids}
    of_payments: dict[str, list[InvoicePayment]] = {id_: [] for id_ in ids}
    statement = select(lines).where(lines.c.invoice_id.in_(ids)).order_by(lines.c.position)
    for row in await reading.all(statement):
        of_lines[row["invoice_id"]].append(to_row(InvoiceLine, row))
    paid = select(payments).where(payments.c.invoice_id.in_(ids)).order_by(payments.c.position)
    for row in await reading.all(paid):
        of_payments[row["invoice_id"]].append(to_row(InvoicePayment, row))
    return [
        replace(
            invoice,
            lines=tuple(of_lines[invoice.id]),
            payments=tuple(of_payments[invoice.id]),
        )
        for invoice in found
    ]
