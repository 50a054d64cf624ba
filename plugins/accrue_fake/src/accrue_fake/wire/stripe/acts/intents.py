"""``/v1/payment_intents`` and ``/v1/setup_intents``, as far as subscriptions need them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accrue_fake.engine.cards import Charge
from accrue_fake.engine.records import Behavior
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.cards import attached, loose
from accrue_fake.wire.stripe.acts.invoices import invoices_of, payment_problem
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, is_within, page
from accrue_fake.wire.stripe.params import Params, merged
from accrue_fake.wire.stripe.problems import Refused, declined, invalid, missing
from accrue_fake.wire.stripe.shapes.facts import SetupIntentFacts

_SETUP = (
    "customer", "payment_method", "confirm", "usage", "metadata", "description", "return_url",
    "automatic_payment_methods",
)  # fmt: skip
_DONE = frozenset({"succeeded", "canceled"})


def retrieve_payment(desk: Desk, call: Call) -> Json:
    """Return the payment intent of an invoice."""
    (ref,), params = call.names, call.params
    params.only("client_secret")
    if not desk.shown.has("payment_intent", ref):
        raise missing("payment_intent", ref, param="intent")
    return _with_secret(desk.show("payment_intent", ref), params)


def list_payments(desk: Desk, call: Call) -> Json:
    """List the payment intents of invoices."""
    params, books = call.params, desk.engine.books
    params.only("customer", "created", *PAGING)
    customer = params.text("customer")
    is_known = customer is not None and customer in books.customers
    own = invoices_of(desk, str(customer)) if is_known else books.invoices
    refs = (
        invoice.payment
        for invoice in map(books.invoices.__getitem__, reversed(own))
        if invoice.snapshot.payments
        and customer in (None, invoice.snapshot.customer)
        and is_within(params, "created", invoice.snapshot.finalized_at)
    )
    return page(params, "/v1/payment_intents", refs, desk.shower("payment_intent"))


def confirm_payment(desk: Desk, call: Call) -> Json:
    """Pay an open invoice with a card, as a browser does with the client secret."""
    (ref,), params = call.names, call.params
    params.only("payment_method", "off_session", "return_url", "use_stripe_sdk")
    if not desk.shown.has("payment_intent", ref):
        raise missing("payment_intent", ref, param="intent")
    shown = desk.show("payment_intent", ref)
    if shown["status"] in _DONE:
        raise Refused(
            400,
            f"You cannot confirm this PaymentIntent because it has status {shown['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=shown,
        )
    card = _card(desk, params, shown["customer"])
    invoice = desk.shown.invoice_of(ref)
    if card is None and desk.engine.payment_methods.on_file(shown["customer"]) is None:
        raise Refused(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=shown,
        )
    is_there = not params.flag("off_session")
    charge = desk.engine.invoices.charge(invoice, card, on_session=is_there)
    if charge == Charge.DECLINED:
        raise payment_problem(desk, invoice, charge)
    return desk.show("payment_intent", ref)


def create_setup(desk: Desk, call: Call) -> Json:
    """Begin to keep a card for later."""
    params = call.params
    params.only(*_SETUP)
    ref = desk.account.new_ref("seti")
    usage: Any = params.word("usage", "off_session", "on_session") or "off_session"
    facts = SetupIntentFacts(
        ref=ref,
        customer=desk.customer(params),
        usage=usage,
        description=params.text("description"),
        metadata=merged({}, params.metadata() or {}),
        created_at=desk.now,
    )
    card = loose(desk, params)
    if card is not None:
        facts = replace(facts, payment_method=card, status="requires_confirmation")
    desk.account.setup_intents[ref] = facts
    desk.tell("setup_intent.created", "setup_intent", ref)
    if params.flag("confirm"):
        _confirm(desk, ref)
    return desk.show("setup_intent", ref)


def retrieve_setup(desk: Desk, call: Call) -> Json:
    """Return a setup intent."""
    call.params.only("client_secret")
    return _with_secret(_found(desk, call), call.params)


def list_setups(desk: Desk, call: Call) -> Json:
    """List setup intents."""
    params, kept = call.params, desk.account.setup_intents
    params.only("customer", "payment_method", "created", *PAGING)
    customer, card = params.text("customer"), params.text("payment_method")
    refs = (
        ref
        for ref, facts in reversed(kept.items())
        if customer in (None, facts.customer)
        and card in (None, facts.payment_method)
        and is_within(params, "created", facts.created_at)
    )
    return page(params, "/v1/setup_intents", refs, desk.shower("setup_intent"))


def confirm_setup(desk: Desk, call: Call) -> Json:
    """Keep the card, if its bank agrees."""
    (ref,), params = call.names, call.params
    params.only("payment_method", "return_url", "use_stripe_sdk")
    shown = _found(desk, call)
    if shown["status"] in _DONE:
        raise invalid(
            f"You cannot confirm this SetupIntent because it has status {shown['status']}.",
            code="setup_intent_unexpected_state",
        )
    card = loose(desk, params)
    if card is not None:
        kept = desk.account.setup_intents
        kept[ref] = replace(kept[ref], payment_method=card)
    _confirm(desk, ref)
    return desk.show("setup_intent", ref)


def cancel_setup(desk: Desk, call: Call) -> Json:
    """Keep no card after all."""
    (ref,) = call.names
    call.params.only("cancellation_reason")
    shown = _found(desk, call)
    if shown["status"] in _DONE:
        raise invalid(
            f"You cannot cancel this SetupIntent because it has status {shown['status']}.",
            code="setup_intent_unexpected_state",
        )
    _becomes(desk, ref, status="canceled")
    desk.tell("setup_intent.canceled", "setup_intent", ref)
    return desk.show("setup_intent", ref)


def _confirm(desk: Desk, ref: str) -> None:
    facts = desk.account.setup_intents[ref]
    if facts.payment_method is None:
        raise invalid(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
        )
    card = desk.engine.books.cards[facts.payment_method]
    if card.behavior == Behavior.DECLINES:
        _becomes(desk, ref, status="requires_payment_method", payment_method=None)
        desk.tell("setup_intent.setup_failed", "setup_intent", ref)
        raise declined(setup_intent=desk.show("setup_intent", ref))
    if card.behavior == Behavior.AUTHENTICATES and not card.is_authenticated:
        _becomes(desk, ref, status="requires_action")
        desk.tell("setup_intent.requires_action", "setup_intent", ref)
        return
    if facts.customer is not None:
        attached(desk, facts.payment_method, facts.customer, param="payment_method")
    _becomes(desk, ref, status="succeeded")
    desk.tell("setup_intent.succeeded", "setup_intent", ref)


def _becomes(desk: Desk, ref: str, **changed: Any) -> None:
    kept = desk.account.setup_intents
    kept[ref] = replace(kept[ref], **changed)


def _found(desk: Desk, call: Call) -> Json:
    (ref,) = call.names
    if ref not in desk.account.setup_intents:
        raise missing("setup_intent", ref, param="intent")
    return desk.show("setup_intent", ref)


def _card(desk: Desk, params: Params, customer: str) -> str | None:
    """Return the card that is named; one that nobody has becomes the customer's."""
    ref = params.text("payment_method")
    return None if ref is None else attached(desk, ref, customer, param="payment_method")


def _with_secret(shown: Json, params: Params) -> Json:
    secret = params.text("client_secret")
    if secret not in (None, shown["client_secret"]):
        raise invalid(
            "The client_secret provided does not match the client_secret associated with this "
            "object.",
            param="client_secret",
        )
    return shown
