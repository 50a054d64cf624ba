"""Read invoices."""

from __future__ import annotations

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.invoices import queries
from accrue_core.billing.invoices.models import Invoice
from accrue_core.context import Context, verb
from accrue_core.contracts.results import Page
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked
from accrue_core.owners import Billable, Owner, owner_of


@verb("invoice")
async def invoice(ctx: Context, invoice_id: str) -> Invoice:
    """Return one invoice by our id, with its lines and payments, or ``NotFound``."""
    async with ctx.reading() as reading:
        return await queries.get(reading, checked("invoice", invoice_id))


@verb("invoices")
async def invoices(
    ctx: Context, payer: Owner | Billable, *, before: str | None = None, limit: int = 50
) -> Page[Invoice]:
    """Return an owner's invoices at all processors, newest first.

    ``before`` is the cursor of the page before; at most 500 come at once.
    """
    if not 1 <= limit <= 500:
        raise InvalidRequest("limit is between 1 and 500")
    cursor = None if before is None else checked("invoice", before)
    async with ctx.reading() as reading:
        found = await customers.of_owner(reading, owner_of(payer), only_live=False)
        rows = await queries.of_customers(
            reading, [customer.id for customer in found], before=cursor, limit=limit + 1
        )
    page = tuple(rows[:limit])
    return Page(page, page[-1].id if len(rows) > limit else None)
