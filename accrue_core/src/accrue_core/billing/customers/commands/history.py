"""What happened to an owner, a customer, or any one thing."""

from __future__ import annotations

from accrue_core.billing.customers import queries
from accrue_core.context import Context, verb
from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.contracts.results import Page
from accrue_core.errors import InvalidRequest
from accrue_core.ids import checked, kind_of
from accrue_core.ledger import queries as ledger
from accrue_core.ledger.chain import view
from accrue_core.owners import Billable, Owner, owner_of


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
