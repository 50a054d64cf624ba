"""Invoices: all of them, and each by itself, fit to be printed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from accrue_core.billing.invoices.models import Invoice
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing
from accrue_core.ids import PREFIXES, to_text, to_uuid
from accrue_core.owners import Owner
from accrue_portal.account import is_shown, read_account
from accrue_portal.bills import bill_of, payment_words, payments_of
from accrue_portal.redirects import origin_of

_PER_PAGE = 20
_LAST_ID = (1 << 128) - 1


@get("/invoices", name="invoices")
async def invoices(
    billing: NamedDependency[Billing],
    owner: NamedDependency[Owner],
    before: FromQuery[str | None] = None,
) -> Template:
    """Show the owner's invoices, newest first; ``before`` is the cursor of the page before."""
    account = await read_account(billing, owner)
    page = await billing.invoices(owner, before=before, limit=_PER_PAGE)
    shown = [bill_of(one, billing.catalog, account.now) for one in page.items if is_shown(one)]
    context = {
        "account": account,
        "bills": shown,
        "older": page.next_cursor,
        "is_first": before is None,
    }
    return Template("accrue_portal/invoices.html", context=context)


@get("/invoices/{invoice_id:str}", name="invoice")
async def invoice(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    owner: NamedDependency[Owner],
    invoice_id: FromPath[str],
) -> Template:
    """Show one invoice with its lines, totals and payments."""
    account = await read_account(billing, owner)
    found = await _own(billing, owner, invoice_id)
    payer = next((one for one in account.customers if one.id == found.customer_id), None)
    till = next((one for one in account.tills if one.processor == found.processor), None)
    is_reachable = origin_of(request, billing.settings.allowed_origins) is not None
    context = {
        "account": account,
        "bill": bill_of(found, billing.catalog, account.now),
        "payments": [(one, payment_words(one)) for one in payments_of(found)],
        "payer": payer,
        "till": till if is_reachable and till is not None and till.powers.has_own_pages else None,
    }
    return Template("accrue_portal/invoice.html", context=context)


async def _own(billing: Billing, owner: Owner, invoice_id: str) -> Invoice:
    """Return one of the owner's invoices.

    Read as the owner's list, begun just above the wanted id: it can come upon nothing but the
    owner's own, so an id of somebody else and an id of nobody are answered by the same reads.
    """
    page = await billing.invoices(owner, before=_just_above(invoice_id), limit=1)
    found = next((one for one in page.items if one.id == invoice_id and is_shown(one)), None)
    if found is None:
        raise NotFoundException
    return found


def _just_above(invoice_id: str) -> str:
    try:
        number = to_uuid(PREFIXES["invoice"], invoice_id).int
    except InvalidRequest:
        raise NotFoundException from None
    if number == _LAST_ID:
        raise NotFoundException
    return to_text(PREFIXES["invoice"], UUID(int=number + 1))


HANDLERS = (invoices, invoice)
