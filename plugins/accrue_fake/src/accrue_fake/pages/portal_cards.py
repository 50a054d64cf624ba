"""The portal's pages about cards: one is added, or another made the default."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake.engine.cards import TOKENS
from accrue_fake.engine.views import PortalView
from accrue_fake.pages.desk import TheDesk
from accrue_fake.pages.forms import chosen, to_page
from accrue_fake.pages.words import Trouble, choices

_FAILED_AT_BANK = Trouble(
    "Your bank could not confirm that it was you", "The card was not saved. Try again."
)


@get("/portal/{token:str}/cards", name="portal_cards")
async def cards(request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk) -> Template:
    """Show the test cards to choose from."""
    view = await desk.portal(token)
    trouble = _FAILED_AT_BANK if request.query_params.get("bank") == "failed" else None
    return _cards(view, token, trouble=trouble) if view.is_open else over(view)


@post("/portal/{token:str}/cards", name="add_card", status_code=303)
async def add_card(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Template | Redirect:
    """Save the chosen card, or say why not."""
    card = await chosen(request, "card", TOKENS)
    view = await desk.portal(token)
    if not view.is_open:
        return over(view)
    if card is None:
        trouble = Trouble("No card is chosen", "Choose one of the test cards.")
        return _cards(view, token, trouble=trouble)
    try:
        await desk.ask("portal", "add_card", token=token, card=card)
    except CardDeclined as declined:
        trouble = Trouble("The card was declined", f"It was not saved. {declined.advice}")
        return _cards(view, token, trouble=trouble, card=card, status=402)
    if (await desk.portal(token)).waiting is not None:
        return to_page(request, "portal_bank", token=token)
    return to_page(request, "portal_overview", token=token, query={"said": "card"})


@post("/portal/{token:str}/default", name="choose_card", status_code=303)
async def choose_card(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Redirect:
    """Make a card the default."""
    view = await desk.portal(token)
    card = await chosen(request, "payment_method", [card.ref for card in view.cards])
    if card is None:
        return to_page(request, "portal_overview", token=token)
    await desk.ask("portal", "choose_card", token=token, payment_method=card)
    return to_page(request, "portal_overview", token=token, query={"said": "card"})


@get("/portal/{token:str}/bank", name="portal_bank")
async def portal_bank(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Template | Redirect:
    """Ask in the bank's name, if it asks."""
    view = await desk.portal(token)
    if view.waiting is None:
        return to_page(request, "portal", token=token)
    context = {"view": view, "token": token, "card": TOKENS[view.waiting]}
    return Template("fake/portal_bank.html", context=context)


@post("/portal/{token:str}/bank", name="answer_portal_bank", status_code=303)
async def answer_portal_bank(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Redirect:
    """Answer the bank: the card is saved, or another has to be chosen."""
    is_complete = await chosen(request, "answer", ("complete", "fail")) == "complete"
    deed = "authenticate" if is_complete else "fail_authentication"
    try:
        await desk.ask("portal", deed, token=token)
    except ProcessorRejected:
        return to_page(request, "portal_overview", token=token)
    if is_complete:
        return to_page(request, "portal_overview", token=token, query={"said": "card"})
    return to_page(request, "portal_cards", token=token, query={"bank": "failed"})


def over(view: PortalView) -> Template:
    """Return the page of a session that is over."""
    return Template("fake/portal_over.html", context={"view": view}, status_code=410)


def _cards(
    view: PortalView,
    token: str,
    *,
    trouble: Trouble | None = None,
    card: str | None = None,
    status: int = 422,
) -> Template:
    context = {
        "view": view,
        "token": token,
        "choices": choices(is_charged=False),
        "chosen": card or next(iter(TOKENS)),
        "trouble": trouble,
        "is_declined": card is not None,
    }
    return Template(
        "fake/portal_cards.html", context=context, status_code=200 if trouble is None else status
    )


HANDLERS = (cards, add_card, choose_card, portal_bank, answer_portal_bank)
