"""The portal's pages: what a customer has and owes."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.views import InvoiceView, PortalView
from accrue_fake.pages.desk import Desk, TheDesk
from accrue_fake.pages.forms import to_page
from accrue_fake.pages.invoices import PAYABLE, invoice_page, paid
from accrue_fake.pages.portal_cards import over
from accrue_fake.pages.words import SAID, Standing, standing


@get("/portal/{token:str}", name="portal")
async def portal(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Template | Redirect:
    """Open on what the session is for."""
    view = await desk.portal(token)
    if not view.is_open:
        return over(view)
    match view.request.flow:
        case "payment_method_update":
            return to_page(request, "portal_cards", token=token)
        case "subscription_cancel":
            ref = view.request.subscription or ""
            return to_page(request, "portal_cancel", token=token, ref=ref)
    return to_page(request, "portal_overview", token=token)


@get("/portal/{token:str}/overview", name="portal_overview")
async def overview(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Template:
    """Show everything at once."""
    view = await desk.portal(token)
    if not view.is_open:
        return over(view)
    every = _standings(view)
    context = {
        "view": view,
        "token": token,
        "running": [one for one in every if not one.is_over],
        "ended": [one for one in every if one.is_over],
        "owed": [one for one in view.invoices if one.invoice.status in PAYABLE],
        "said": SAID.get(request.query_params.get("said", ""), ""),
    }
    return Template("fake/portal.html", context=context)


@get("/portal/{token:str}/subscriptions/{ref:str}/cancel", name="portal_cancel")
async def confirm_cancel(
    request: Request[Any, Any, Any], token: FromPath[str], ref: FromPath[str], desk: TheDesk
) -> Template | Redirect:
    """Ask once before a subscription is set to end."""
    view = await desk.portal(token)
    if not view.is_open:
        return over(view)
    asked = _own(view, ref)
    if not asked.can_cancel:
        return to_page(request, "portal_overview", token=token)
    return Template("fake/portal_cancel.html", context={"token": token, "asked": asked})


@post("/portal/{token:str}/subscriptions/{ref:str}/cancel", name="cancel", status_code=303)
async def cancel(
    request: Request[Any, Any, Any], token: FromPath[str], ref: FromPath[str], desk: TheDesk
) -> Redirect:
    """Set it to end with its period."""
    return await _changed(request, desk, "cancel", token, ref, said="canceled")


@post("/portal/{token:str}/subscriptions/{ref:str}/keep", name="keep", status_code=303)
async def keep(
    request: Request[Any, Any, Any], token: FromPath[str], ref: FromPath[str], desk: TheDesk
) -> Redirect:
    """Undo a pending end."""
    return await _changed(request, desk, "keep", token, ref, said="kept")


@get("/portal/{token:str}/invoices/{invoice:str}", name="portal_invoice")
async def portal_invoice(
    request: Request[Any, Any, Any], token: FromPath[str], invoice: FromPath[str], desk: TheDesk
) -> Template:
    """Show one of the customer's invoices."""
    view = await desk.portal(token)
    if not view.is_open:
        return over(view)
    return invoice_page(request, _own_invoice(view, invoice), portal=token)


@post("/portal/{token:str}/invoices/{invoice:str}", name="pay_portal_invoice", status_code=303)
async def pay_portal_invoice(
    request: Request[Any, Any, Any], token: FromPath[str], invoice: FromPath[str], desk: TheDesk
) -> Redirect:
    """Pay one of the customer's invoices."""
    view = await desk.portal(token)
    if view.is_open:
        await paid(desk, _own_invoice(view, invoice).token)
    query = {"said": "paid"} if view.is_open else None
    return to_page(request, "portal_invoice", token=token, invoice=invoice, query=query)


async def _changed(
    request: Request[Any, Any, Any], desk: Desk, method: str, token: str, ref: str, *, said: str
) -> Redirect:
    try:
        await desk.ask("portal", method, token=token, subscription=ref)
    except ProcessorRejected:
        # It has ended or the session is over: the page shows which.
        return to_page(request, "portal_overview", token=token)
    return to_page(request, "portal_overview", token=token, query={"said": said})


def _standings(view: PortalView) -> list[Standing]:
    prices = {price.ref: price for price in view.prices}
    every = zip(view.subscriptions, view.renewals, strict=True)
    return [standing(subscription, prices, renewal) for subscription, renewal in every]


def _own(view: PortalView, ref: str) -> Standing:
    for one in _standings(view):
        if one.ref == ref:
            return one
    raise NotFoundException


def _own_invoice(view: PortalView, token: str) -> InvoiceView:
    for one in view.invoices:
        if one.token == token:
            return one
    raise NotFoundException


HANDLERS = (
    portal,
    overview,
    confirm_cancel,
    cancel,
    keep,
    portal_invoice,
    pay_portal_invoice,
)
