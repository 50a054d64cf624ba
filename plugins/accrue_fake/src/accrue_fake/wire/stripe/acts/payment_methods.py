"""``/v1/payment_methods``"""

from __future__ import annotations

from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.cards import attached, is_token, made, token_of
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, page
from accrue_fake.wire.stripe.params import Params, metadata_of
from accrue_fake.wire.stripe.problems import invalid, missing, not_played
from accrue_fake.wire.stripe.shapes import parameters

_BILLING = ("address", "email", "name", "phone")
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def create(desk: Desk, call: Call) -> Json:
    """Make a card that belongs to nobody yet, as a browser's form does."""
    params = call.params
    params.only("type", "card", "billing_details", "metadata", "allow_redisplay")
    kind = params.text("type")
    if kind != "card" and kind is not None and parameters.allowed(call.route, (kind,)):
        raise not_played(f"type={kind}")  # Each kind has a parameter of its own name.
    if params.word("type", "card") is None:
        raise params.missing("type")
    card = params.below("card")
    card.only("token", "number", "exp_month", "exp_year", "cvc")
    ref = made(desk, token_of(card), param="card[token]")
    desk.account.say(ref, _facts(params, {}))
    return desk.show("payment_method", ref)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a payment method; a test token is shown as a card of nobody's."""
    (ref,) = call.names
    if is_token(ref):
        return desk.show("payment_method", made(desk, ref, param="payment_method"))
    if ref not in desk.engine.books.cards:
        raise missing("payment_method", ref, param="payment_method")
    return desk.show("payment_method", ref)


def update(desk: Desk, call: Call) -> Json:
    """Change what is known of a card's holder."""
    (ref,), params = call.names, call.params
    params.only("billing_details", "metadata", "allow_redisplay")
    before = desk.found("payment_method", ref)
    if before["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    desk.account.say(ref, _facts(params, before))
    if desk.show("payment_method", ref) != before:
        desk.tell("payment_method.updated", "payment_method", ref)
    return desk.show("payment_method", ref)


def attach(desk: Desk, call: Call) -> Json:
    """Give a customer a card. It is not the default thereby."""
    (ref,), params = call.names, call.params
    params.only("customer")
    customer = desk.customer(params)
    if customer is None:
        raise params.missing("customer")
    if not is_token(ref) and ref not in desk.engine.books.cards:
        raise missing("payment_method", ref, param="payment_method")
    return desk.show("payment_method", attached(desk, ref, customer, param="payment_method"))


def detach(desk: Desk, call: Call) -> Json:
    """Take a card from its customer, for good."""
    (ref,) = call.names
    shown = desk.found("payment_method", ref)
    if shown["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer.")
    desk.engine.payment_methods.detach(ref)
    desk.account.say(ref, {"is_used": True})
    return desk.show("payment_method", ref)


def listed(desk: Desk, call: Call) -> Json:
    """List a customer's payment methods."""
    call.params.only("customer", "type", "allow_redisplay", *PAGING)
    customer = desk.customer(call.params)
    if customer is None:
        raise call.params.missing("customer")
    return _of(desk, call.params, customer, "/v1/payment_methods")


def of_customer(desk: Desk, call: Call) -> Json:
    """List the payment methods of the customer in the path."""
    (customer,) = call.names
    call.params.only("type", "allow_redisplay", *PAGING)
    desk.require("customer", customer)
    return _of(desk, call.params, customer, f"/v1/customers/{customer}/payment_methods")


def one_of_customer(desk: Desk, call: Call) -> Json:
    """Return one of a customer's payment methods."""
    customer, ref = call.names
    desk.require("customer", customer)
    if ref not in desk.engine.books.customers[customer].payment_methods:
        raise missing("payment_method", ref)
    return desk.show("payment_method", ref)


def _of(desk: Desk, params: Params, customer: str, url: str) -> Json:
    is_card = params.text("type") in (None, "card")
    refs = desk.engine.books.customers[customer].payment_methods if is_card else []
    return page(params, url, reversed(refs), desk.shower("payment_method"))


def _facts(params: Params, before: Json) -> Json:
    facts = metadata_of(params, before.get("metadata") or {})
    if "allow_redisplay" in params:
        words = ("always", "limited", "unspecified")
        facts["allow_redisplay"] = params.word("allow_redisplay", *words) or "unspecified"
    if "billing_details" in params:
        details = params.below("billing_details")
        details.only(*_BILLING)
        address = details.below("address")
        known = before.get("billing_details") or {"tax_id": None}
        said: Json = {key: details.text(key) for key in _BILLING if key != "address"}
        facts["billing_details"] = {
            **known,
            **{key: value for key, value in said.items() if key in details or key not in known},
            "address": {key: address.text(key) for key in _ADDRESS},
        }
    return facts
