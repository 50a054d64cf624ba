"""Hosted: the pages that sessions and invoices lead to, where no host application serves them.

Checkout, portal, invoice and a bank's question, as plain forms without a script. Whoever has an
address may act for its customer, as with the engine's own pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl

from accrue_core.contracts.checkout import CheckoutStatus
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.errors import AccrueError, RemoteMissing
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.views import InvoiceView
from accrue_fake.pages.words import brand, choices, per, thing

STYLE = "/_fake/accrue.css"
_PAYABLE = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, or the address that a form leads to."""

    body: str = ""
    status: int = 200
    location: str | None = None


Form = Mapping[str, str]
Show = Callable[[Engine, str, Form, str], Answer]
"""Given the engine, the token, what a form says (nothing when it is looked at) and a trouble."""


def is_page(method: str, path: str) -> bool:
    """Whether there are pages of this kind."""
    kind, _, token = path.strip("/").partition("/")
    return kind in _PAGES and "/" not in token and method in ("GET", "POST")


def answer(engine: Engine, path: str, body: bytes) -> Answer:
    """Answer a request for a page; with a body it is a form."""
    kind, _, token = path.strip("/").partition("/")
    form = dict(parse_qsl(body.decode("ascii", "replace")))
    try:
        return _PAGES[kind](engine, token, form, "")
    except RemoteMissing:
        return Answer(document("There is no such page", ""), 404)
    except AccrueError as refused:
        shown = _PAGES[kind](engine, token, {}, str(refused))
        return Answer(shown.body, 422, shown.location)


def document(title: str, *parts: str, is_wide: bool = False) -> str:
    """Return a whole page in the design of all of Accrue's."""
    width = "" if is_wide else " a-narrow"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{STYLE}">'
        '<link rel="icon" href="data:,"></head>'
        f'<body class="a-body"><main class="a-main{width} a-stack">'
        f'<p class="a-overline">Fake Stripe</p><h1>{escape(title)}</h1>{"".join(parts)}'
        "</main></body></html>"
    )


def _checkout(engine: Engine, token: str, form: Form, trouble: str) -> Answer:
    if "card" in form:
        engine.checkout.pay(token, form["card"])
    elif form.get("bank") == "yes":
        engine.checkout.authenticate(token)
    elif form.get("bank") == "no":
        engine.checkout.fail_authentication(token)
    view = engine.checkout.page(token)
    if view.session.status == CheckoutStatus.COMPLETE:
        return Answer(location=view.success_url)
    if view.session.status != CheckoutStatus.OPEN:
        return Answer(document("This session has expired"), 410)
    lines = (
        f"{quantity} × {thing(price)}, {price.money} {per(price)}"
        for price, quantity in zip(view.prices, view.quantities, strict=True)
    )
    verb = "Pay" if view.due_today else "Subscribe"
    cards = _cards(is_charged=bool(view.due_today), verb=verb)
    asked = _bank() if view.waiting else cards
    back = f'<p><a href="{escape(view.cancel_url)}">Back to the shop</a></p>'
    due = f"<p>Due today: <strong>{escape(str(view.due_today))}</strong></p>"
    return Answer(document("Checkout", _trouble(trouble), _list(lines), due, asked, back))


def _portal(engine: Engine, token: str, form: Form, trouble: str) -> Answer:
    for name, deed in (
        ("cancel", engine.portal.cancel),
        ("keep", engine.portal.keep),
        ("card", engine.portal.add_card),
        ("choose", engine.portal.choose_card),
    ):
        if name in form:
            deed(token, form[name])
    if form.get("bank") == "yes":
        engine.portal.authenticate(token)
    elif form.get("bank") == "no":
        engine.portal.fail_authentication(token)
    view = engine.portal.page(token)
    back = f'<p><a href="{escape(view.request.return_url)}">Back to the shop</a></p>'
    if not view.is_open:
        return Answer(document("This session is over", back), 410)
    owned = [
        _row(f"{one.ref}, {one.status}", "keep" if one.cancel_at else "cancel", one.ref)
        for one in view.subscriptions
        if one.ended_at is None
    ]
    kept = [_row(f"{brand(card.brand)} {card.last4}", "choose", card.ref) for card in view.cards]
    bills = [
        f'<a href="/invoices/{one.token}">{escape(one.invoice.number or one.invoice.ref)}</a> '
        f"{escape(str(one.invoice.total))}, {one.invoice.status}"
        for one in view.invoices
    ]
    asked = _bank() if view.waiting else _cards(is_charged=False, verb="Keep this card")
    sections = (
        _card("Subscriptions", owned),
        _card("Cards", kept),
        _card("Another card", [asked]),
        _card("Invoices", bills),
    )
    return Answer(document("Billing", _trouble(trouble), *sections, back))


def _invoice(engine: Engine, token: str, form: Form, trouble: str) -> Answer:
    if form.get("pay") == "yes":
        engine.invoices.pay_on_page(token)
    return Answer(_bill(engine.invoices.page(token), trouble))


def _authenticate(engine: Engine, token: str, form: Form, trouble: str) -> Answer:
    """Show what a bank asks; a client secret is what leads here."""
    if form.get("bank") == "yes":
        engine.invoices.authenticate(token)
    elif form.get("bank") == "no":
        engine.invoices.fail_authentication(token)
    view = engine.invoices.bank_page(token)
    if view.bank is None:
        return Answer(document("Your bank asks nothing more", _trouble(trouble), _back(view)))
    return Answer(document("Your bank asks: is it you?", _trouble(trouble), _bank()))


def _back(view: InvoiceView) -> str:
    """Return the way back from the bank, if there is one."""
    if view.back is not None:
        return f'<p><a href="{escape(view.back)}">Back to the shop</a></p>'
    if view.portal is not None:
        return f'<p><a href="/portal/{view.portal}">Back to your billing</a></p>'
    return "<p>You can close this page.</p>"


def _bill(view: InvoiceView, trouble: str) -> str:
    invoice = view.invoice
    lines = (f"{line.description}: {line.amount}" for line in invoice.lines)
    state = f"<p>{escape(str(invoice.total))}, {invoice.status}</p>"
    can_pay = invoice.status in _PAYABLE
    asked = f"<form method=post>{_button('pay', 'yes', 'Pay')}</form>" if can_pay else ""
    title = f"Invoice {invoice.number or invoice.ref}"
    return document(title, _trouble(trouble), _list(lines), state, asked)


def _cards(*, is_charged: bool, verb: str) -> str:
    offered = "".join(
        f'<label class="a-choice"><input type="radio" name="card" value="{choice.token}" required> '
        f"{escape(choice.brand)} {choice.last4}: {escape(choice.deed)}</label>"
        for choice in choices(is_charged=is_charged)
    )
    button = f'<button class="a-button is-primary">{escape(verb)}</button>'
    return f'<form method="post" class="a-stack">{offered}{button}</form>'


def _bank() -> str:
    yes, no = _button("bank", "yes", "It is me"), _button("bank", "no", "It is not me")
    return f'<form method="post" class="a-row">{yes}{no}</form>'


def _row(text: str, name: str, ref: str) -> str:
    words = {"keep": "Keep it", "cancel": "Cancel it", "choose": "Use it"}
    button = _button(name, ref, words[name])
    return f'<form method="post" class="a-row"><span>{escape(text)}</span>{button}</form>'


def _button(name: str, value: str, words: str) -> str:
    return f'<button class="a-button" name="{name}" value="{escape(value)}">{words}</button>'


def _card(title: str, parts: Iterable[str]) -> str:
    inner = "".join(f"<li>{part}</li>" for part in parts) or "<li>None.</li>"
    return f'<section class="a-card"><h2>{escape(title)}</h2><ul>{inner}</ul></section>'


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _trouble(trouble: str) -> str:
    return f'<p class="a-notice" data-tone="bad">{escape(trouble)}</p>' if trouble else ""


_PAGES: Mapping[str, Show] = {
    "checkout": _checkout,
    "portal": _portal,
    "invoices": _invoice,
    "authenticate": _authenticate,
}
"""By the first word of the engine's addresses."""
