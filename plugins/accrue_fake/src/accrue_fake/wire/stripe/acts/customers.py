"""``/v1/customers``"""

from __future__ import annotations

from accrue_core.contracts.customers import CreateCustomer, SetTaxLocation
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.owners import Owner
from accrue_fake.engine.customers import owner_in
from accrue_fake.engine.places import recognized
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.cards import attached, loose
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, Row, is_within, page
from accrue_fake.wire.stripe.params import Params, merged
from accrue_fake.wire.stripe.problems import invalid, missing
from accrue_fake.wire.stripe.searching import search
from accrue_fake.wire.stripe.shapes.customers import render_balance_transaction
from accrue_fake.wire.stripe.shapes.keys import gone

NOBODY = Owner("stripe", "nobody")
"""Whose a customer is for the engine when its metadata names no owner of Accrue's."""

_TEXTS = ("description", "phone", "business_name", "individual_name")
_TAXED = ("none", "exempt", "reverse")
_PARTS = {
    "address": ("city", "country", "line1", "line2", "postal_code", "state"),
    "shipping": ("address", "carrier", "name", "phone", "tracking_number"),
}
_PLAYED = (
    "name", "email", "metadata", "invoice_settings", "preferred_locales", "tax_exempt", "tax",
    *_TEXTS, *_PARTS,
)  # fmt: skip
_SEARCHED = {"created", "email", "metadata", "name", "phone"}


def create(desk: Desk, call: Call) -> Json:
    """Make a customer, in the time of a test clock where one is named."""
    params = call.params
    params.only(*_PLAYED, "payment_method", "test_clock")
    clock = params.text("test_clock")
    if clock is not None:
        desk.require("test_helpers.test_clock", clock, param="test_clock")
    metadata = merged({}, params.metadata() or {})
    request = CreateCustomer(
        owner=owner_in(metadata) or NOBODY, name=params.text("name"), email=params.text("email")
    )
    place, card = _place("", params), loose(desk, params)
    if place is not None and _is_checked(params):
        recognized(place)
    with desk.describing(metadata), desk.adding("customer", _facts(params)):
        key = desk.key(metadata)
        answer = desk.engine.customers.create(request, key=key, clock=clock, place=place)
        ref = str(answer.main.ref)
    if card is not None:
        _make_default(desk, ref, attached(desk, card, ref, param="payment_method"))
    _settle(desk, ref, params)
    return desk.show("customer", ref)


def update(desk: Desk, call: Call) -> Json:
    """Change a customer; what is not named stays, what is empty goes."""
    (ref,), params = call.names, call.params
    params.only(*_PLAYED)
    record = desk.engine.books.customers.get(ref)
    if record is None or record.is_deleted:
        raise missing("customer", ref)
    facts = _facts(params)
    named = {name: params.text(name) or "" for name in ("name", "email") if name in params}
    said, before = params.metadata(), desk.show("customer", ref)
    customers = desk.engine.customers
    with desk.engine.emitter.as_one():
        if "address" in params:
            customers.locate(ref, _place(ref, params), is_checked=_is_checked(params))
        customers.edit(ref, name=named.get("name"), email=named.get("email"))
        if said is not None:
            customers.describe(ref, merged(record.metadata, said))
        desk.account.say(ref, facts)
        if desk.show("customer", ref) != before:
            desk.tell("customer.updated", "customer", ref)
        _settle(desk, ref, params)
    return desk.show("customer", ref)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a customer, or that it was deleted."""
    return desk.found("customer", call.names[0])


def delete(desk: Desk, call: Call) -> Json:
    """Delete a customer; its subscriptions end at once."""
    (ref,) = call.names
    record = desk.engine.books.customers.get(ref)
    if record is None or record.is_deleted:
        raise missing("customer", ref)
    desk.engine.customers.delete(ref)
    desk.account.facts.pop(ref, None)
    return gone("customer", ref)


def listed(desk: Desk, call: Call) -> Json:
    """List customers, newest first, without deleted ones."""
    params = call.params
    params.only("created", "email", "test_clock", *PAGING)
    email, clock = params.text("email"), params.text("test_clock")

    def fits(ref: str) -> bool:
        record = desk.engine.books.customers[ref]
        snapshot = record.snapshot
        return (
            not record.is_deleted
            and email in (None, snapshot.email)
            and clock in (None, record.clock)
            and is_within(params, "created", snapshot.created_at)
        )

    known = None if email is None else desk.finding.having("customer", "email", None, email)
    customers = desk.engine.books.customers
    refs = Row(customers, fits) if known is None else filter(fits, reversed(known))
    return page(params, "/v1/customers", refs, desk.shower("customer"))


def searched(desk: Desk, call: Call) -> Json:
    """Search customers."""
    customers = desk.engine.books.customers
    living = (ref for ref in reversed(customers) if not customers[ref].is_deleted)
    show = desk.shower("customer")
    return search(call.params, "/v1/customers/search", living, show, fields=_SEARCHED)


def balance_transactions(desk: Desk, call: Call) -> Json:
    """List what explains a customer's balance, newest first."""
    (ref,), params = call.names, call.params
    params.only("created", "invoice", *PAGING)
    desk.require("customer", ref)
    invoice = params.text("invoice")
    moves = {
        move.ref: move
        for move in reversed(desk.engine.customers.credit(ref))
        if invoice in (None, move.invoice) and is_within(params, "created", move.at)
    }

    def show(move: str) -> Json:
        return render_balance_transaction(desk.engine, moves[move])

    return page(params, f"/v1/customers/{ref}/balance_transactions", moves, show)


def _facts(params: Params) -> Json:
    """Return what a customer shows that bills nothing, as far as the request speaks of it."""
    facts: Json = {name: params.text(name) for name in _TEXTS if name in params}
    for part, names in _PARTS.items():
        if part in params:
            facts[part] = _part(params, part, names)
    if "preferred_locales" in params:
        facts["preferred_locales"] = params.words("preferred_locales")
    if "tax_exempt" in params:
        facts["tax_exempt"] = params.word("tax_exempt", *_TAXED) or "none"
    settings = params.below("invoice_settings")
    settings.only("default_payment_method", "footer")
    if "footer" in settings:
        facts["invoice_settings"] = {"footer": settings.text("footer")}
    return facts


def _part(params: Params, name: str, keys: tuple[str, ...]) -> Json | None:
    if params.is_cleared(name):
        return None
    part = params.below(name)
    return {
        key: _part(part, key, _PARTS["address"]) if key == "address" else part.text(key)
        for key in keys
        if key != "address" or key in part
    }


def _place(ref: str, params: Params) -> SetTaxLocation | None:
    """Return where a customer is taxed, by its address; without a country nowhere."""
    address = params.below("address")
    country = address.text("country")
    if country is None:
        return None
    said = {name: address.text(name) for name in _PARTS["address"] if name != "country"}
    return SetTaxLocation(ref=ref, country=country, **said)


def _is_checked(params: Params) -> bool:
    """Whether a place is to be refused at once where it cannot be taxed."""
    tax = params.below("tax")
    tax.only("validate_location", "ip_address")
    return tax.word("validate_location", "auto", "deferred", "immediately") == "immediately"


def _settle(desk: Desk, ref: str, params: Params) -> None:
    """Choose the default card, if the request does."""
    settings = params.below("invoice_settings")
    if "default_payment_method" not in settings:
        return
    card, param = (
        settings.text("default_payment_method"),
        "invoice_settings[default_payment_method]",
    )
    if card is None:
        desk.engine.payment_methods.clear_default(ref)
        return
    desk.require("payment_method", card, param=param)
    if card not in desk.engine.books.customers[ref].payment_methods:
        raise invalid(
            "The customer does not have a payment method with this id: attach it first.",
            code="resource_missing",
            param=param,
        )
    _make_default(desk, ref, card)


def _make_default(desk: Desk, customer: str, card: str) -> None:
    request = AttachPaymentMethod(customer=customer, payment_method=card)
    desk.engine.payment_methods.attach(request, key=desk.key())
