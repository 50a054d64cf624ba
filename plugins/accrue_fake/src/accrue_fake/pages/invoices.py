"""The pages of one invoice: to be paid, or to be vouched for at the bank."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.views import InvoiceView
from accrue_fake.pages.desk import Desk, TheDesk
from accrue_fake.pages.forms import chosen, to_page
from accrue_fake.pages.words import SAID

PAYABLE = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})


@get("/invoices/{token:str}", name="invoice")
async def invoice(request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk) -> Template:
    """Show an invoice."""
    return invoice_page(request, await desk.invoice(token))


@post("/invoices/{token:str}", name="pay_invoice", status_code=303)
async def pay_invoice(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Redirect:
    """Pay it, once."""
    await paid(desk, token)
    return to_page(request, "invoice", token=token, query={"said": "paid"})


@get("/authenticate/{secret:str}", name="bank")
async def bank(request: Request[Any, Any, Any], secret: FromPath[str], desk: TheDesk) -> Template:
    """Ask in the bank's name, if it still asks."""
    view = await desk.asked_by_bank(secret)
    context = {
        "view": view,
        "secret": secret,
        "can_pay": view.invoice.status in PAYABLE,
        "said": _said(request),
    }
    return Template("fake/bank.html", context=context)


@post("/authenticate/{secret:str}", name="answer_bank", status_code=303)
async def answer_bank(
    request: Request[Any, Any, Any], secret: FromPath[str], desk: TheDesk
) -> Redirect:
    """Answer the bank; what is answered already stays as it was answered."""
    is_complete = await chosen(request, "answer", ("complete", "fail")) == "complete"
    deed = "authenticate" if is_complete else "fail_authentication"
    try:
        await desk.ask("invoices", deed, secret=secret)
    except ProcessorRejected:
        return to_page(request, "bank", secret=secret)
    said = "confirmed" if is_complete else "refused"
    return to_page(request, "bank", secret=secret, query={"said": said})


async def paid(desk: Desk, token: str) -> None:
    """Pay an invoice; one that is paid or void already is left alone."""
    try:
        await desk.ask("invoices", "pay_on_page", token=token)
    except ProcessorRejected as refused:
        if refused.reason != "invoice_not_open":
            raise


def invoice_page(
    request: Request[Any, Any, Any], view: InvoiceView, *, portal: str | None = None
) -> Template:
    """Return the page of an invoice, by itself or within a portal session."""
    context = {
        "view": view,
        "portal": portal,
        "can_pay": view.invoice.status in PAYABLE,
        "said": _said(request),
    }
    return Template("fake/invoice.html", context=context)


def _said(request: Request[Any, Any, Any]) -> str:
    return SAID.get(request.query_params.get("said", ""), "")


HANDLERS = (invoice, pay_invoice, bank, answer_bank)
