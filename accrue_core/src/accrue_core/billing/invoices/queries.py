"""Every read of invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from accrue_core.billing.invoices.models import (
    Invoice,
    InvoiceLine,
    InvoicePayment,
    invoices,
    lines,
    payments,
)
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
