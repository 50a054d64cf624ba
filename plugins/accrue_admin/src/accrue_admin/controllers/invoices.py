"""Invoices: the list, and everything about one of them."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from accrue_admin.listing import PAGE, cursor, sliced
from accrue_admin.rendering import page
from accrue_admin.timelines import timeline_of
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.invoices import queries
from accrue_core.billing.subscriptions import queries as subscriptions
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing
from accrue_core.webhooks import queries as webhooks

FAILED = "failed"
"""Not a status of the processor's: open, and somebody tried to collect it."""


class InvoicesController(Controller):
    """Invoices."""

    path = "/invoices"

    @get("/", name="invoices")
    async def listed(
        self,
        billing: NamedDependency[Billing],
        status: FromQuery[str] = "",
        before: FromQuery[str] = "",
    ) -> Template:
        """Show invoices of one status or of all, newest first."""
        start, wanted = cursor("invoice", before), _status(status)
        async with billing.reading() as reading:
            rows = await queries.listed(
                reading,
                status=wanted,
                has_failed=status == FAILED,
                before=start,
                limit=PAGE + 1,
            )
            shown = sliced(rows, limit=PAGE, before=start, key=lambda row: row.id)
            ids = sorted({row.customer_id for row in shown.rows if row.customer_id})
            known = await customers.by_ids(reading, ids)
        return page(
            "invoices",
            listing=shown,
            known=known,
            status=status,
            statuses=[FAILED, *(word.value for word in InvoiceStatus)],
        )

    @get("/{invoice_id:str}", name="invoice")
    async def one(
        self,
        billing: NamedDependency[Billing],
        invoice_id: FromPath[str],
        before: FromQuery[str] = "",
    ) -> Template:
        """Show one invoice: what it is made of, who tried to pay it, and what happened to it."""
        start = cursor("ledger_entry", before)
        invoice = await billing.invoice(invoice_id)
        async with billing.reading() as reading:
            of_it = [invoice.customer_id] if invoice.customer_id else []
            known = await customers.by_ids(reading, of_it)
            for_it = [invoice.subscription_id] if invoice.subscription_id else []
            billed = await subscriptions.by_ids(reading, for_it)
            deliveries = await webhooks.about(reading, invoice.processor, invoice.ref, limit=5)
            timeline = await timeline_of(reading, invoice.id, start)
        return page(
            "invoice",
            invoice=invoice,
            customer=next(iter(known.values()), None),
            subscription=next(iter(billed.values()), None),
            deliveries=deliveries,
            timeline=timeline,
        )


def _status(text: str) -> InvoiceStatus | None:
    if text == FAILED:
        return InvoiceStatus.OPEN
    try:
        return InvoiceStatus(text) if text else None
    except ValueError:
        raise InvalidRequest("there is no such status of an invoice") from None
