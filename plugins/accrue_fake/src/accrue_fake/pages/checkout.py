"""The checkout page: what is bought, with which test card, and the question of a bank."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from accrue_core.contracts.checkout import CheckoutStatus
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake.engine.cards import TOKENS
from accrue_fake.engine.views import CheckoutView
from accrue_fake.pages.desk import Desk, TheDesk
from accrue_fake.pages.forms import chosen, sent_to, to_page
from accrue_fake.pages.words import Trouble, choices

_FAILED_AT_BANK = Trouble(
    "Your bank could not confirm that it was you", "Nothing was charged. Try again or use another."
)


@get("/checkout/{token:str}", name="checkout")
async def checkout(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Template:
    """Show what is bought and the cards to choose from, or how the session ended."""
    view = await desk.checkout(token)
    if view.session.status != CheckoutStatus.OPEN:
        return _over(view)
    trouble = _FAILED_AT_BANK if request.query_params.get("bank") == "failed" else None
    return _page(view, token, trouble=trouble)


@post("/checkout/{token:str}", name="pay", status_code=303)
async def pay(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Redirect | Template:
    """Pay with the chosen card: on to the shop, to the bank's question, or once more."""
    card = await chosen(request, "card", TOKENS)
    if card is None:
        trouble = Trouble("No card is chosen", "Choose one of the test cards.")
        return _page(await desk.checkout(token), token, trouble=trouble)
    try:
        await desk.ask("checkout", "pay", token=token, card=card)
    except CardDeclined as declined:
        trouble = Trouble("The card was declined", f"Nothing was charged. {declined.advice}")
        return _page(await desk.checkout(token), token, trouble=trouble, card=card, status=402)
    except ProcessorRejected as refused:
        return await _after_refusal(request, desk, token, refused)
    return await _onward(request, desk, token)


@get("/checkout/{token:str}/bank", name="checkout_bank")
async def checkout_bank(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Template | Redirect:
    """Ask in the bank's name, if it asks."""
    view = await desk.checkout(token)
    if view.waiting is None:
        return to_page(request, "checkout", token=token)
    context = {"view": view, "token": token, "card": TOKENS[view.waiting]}
    return Template("fake/checkout_bank.html", context=context)


@post("/checkout/{token:str}/bank", name="answer_checkout_bank", status_code=303)
async def answer_checkout_bank(
    request: Request[Any, Any, Any], token: FromPath[str], desk: TheDesk
) -> Redirect | Template:
    """Answer the bank: complete the session, or go back for another card."""
    answer = await chosen(request, "answer", ("complete", "fail"))
    try:
        if answer == "complete":
            await desk.ask("checkout", "authenticate", token=token)
        else:
            await desk.ask("checkout", "fail_authentication", token=token)
            return to_page(request, "checkout", token=token, query={"bank": "failed"})
    except ProcessorRejected as refused:
        return await _after_refusal(request, desk, token, refused)
    return await _onward(request, desk, token)


async def _onward(request: Request[Any, Any, Any], desk: Desk, token: str) -> Redirect:
    """Go where the session leads now."""
    view = await desk.checkout(token)
    if view.session.status == CheckoutStatus.COMPLETE:
        return sent_to(view.success_url)
    return to_page(request, "checkout_bank" if view.waiting else "checkout", token=token)


async def _after_refusal(
    request: Request[Any, Any, Any], desk: Desk, token: str, refused: ProcessorRejected
) -> Redirect | Template:
    """Say why; whoever sends a form twice goes where the first one led."""
    view = await desk.checkout(token)
    if view.session.status != CheckoutStatus.OPEN or refused.reason == "not_waiting":
        return await _onward(request, desk, token)
    trouble = Trouble("This cannot be completed", f"Nothing was charged: {refused}.")
    return _page(view, token, trouble=trouble)


def _over(view: CheckoutView) -> Template:
    is_complete = view.session.status == CheckoutStatus.COMPLETE
    return Template(
        "fake/checkout_over.html",
        context={"view": view, "is_complete": is_complete},
        status_code=200 if is_complete else 410,
    )


def _page(
    view: CheckoutView,
    token: str,
    *,
    trouble: Trouble | None = None,
    card: str | None = None,
    status: int = 422,
) -> Template:
    context = {
        "view": view,
        "token": token,
        "lines": list(zip(view.prices, view.quantities, strict=True)),
        "choices": choices(is_charged=bool(view.due_today)),
        "chosen": card or next(iter(TOKENS)),
        "trouble": trouble,
        "is_declined": card is not None,
    }
    return Template(
        "fake/checkout.html", context=context, status_code=200 if trouble is None else status
    )


HANDLERS = (checkout, pay, checkout_bank, answer_checkout_bank)
