"""Rendering by kind and ref: what an API answers with, and puts in the place of an id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from accrue_core.errors import RemoteMissing
from accrue_fake.engine.books import find
from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.shapes import keys
from accrue_fake.wire.stripe.shapes.account import render_account
from accrue_fake.wire.stripe.shapes.checkout import render_checkout_lines, render_checkout_session
from accrue_fake.wire.stripe.shapes.coupons import discount_ref, render_coupon, render_discount
from accrue_fake.wire.stripe.shapes.customers import render_balance_transaction, render_customer
from accrue_fake.wire.stripe.shapes.events import render_event
from accrue_fake.wire.stripe.shapes.intents import (
    render_loose_intent,
    render_payment_intent,
    render_setup_intent,
)
from accrue_fake.wire.stripe.shapes.invoice_lines import render_line
from accrue_fake.wire.stripe.shapes.invoice_payments import render_invoice_payment
from accrue_fake.wire.stripe.shapes.invoices import (
    render_confirmation_secret,
    render_invoice,
    render_payments,
)
from accrue_fake.wire.stripe.shapes.keys import Json, envelope
from accrue_fake.wire.stripe.shapes.payment_methods import render_payment_method
from accrue_fake.wire.stripe.shapes.portal import render_portal_session
from accrue_fake.wire.stripe.shapes.prices import render_plan, render_price
from accrue_fake.wire.stripe.shapes.products import known_product, render_product
from accrue_fake.wire.stripe.shapes.schedules import render_schedule
from accrue_fake.wire.stripe.shapes.subscription_items import render_subscription_item
from accrue_fake.wire.stripe.shapes.subscriptions import render_subscription
from accrue_fake.wire.stripe.shapes.taxes import render_tax_location
from accrue_fake.wire.stripe.shapes.test_clocks import known_clock, render_test_clock
from accrue_fake.wire.stripe.shapes.webhook_endpoints import render_webhook_endpoint

Renderer = Callable[..., Json]

RENDERERS: Mapping[str, Renderer] = MappingProxyType(
    {
        "account": render_account,
        "billing_portal.session": render_portal_session,
        "checkout.session": render_checkout_session,
        "coupon": render_coupon,
        "customer": render_customer,
        "customer_balance_transaction": render_balance_transaction,
        "discount": render_discount,
        "event": render_event,
        "invoice": render_invoice,
        "invoice_payment": render_invoice_payment,
        "line_item": render_line,
        "loose_payment_intent": render_loose_intent,
        "payment_intent": render_payment_intent,
        "payment_method": render_payment_method,
        "plan": render_plan,
        "price": render_price,
        "product": render_product,
        "setup_intent": render_setup_intent,
        "subscription": render_subscription,
        "subscription_item": render_subscription_item,
        "subscription_schedule": render_schedule,
        "test_helpers.test_clock": render_test_clock,
        "webhook_endpoint": render_webhook_endpoint,
    }
)
"""Each kind of object by its name in Stripe's JSON, to what renders it from a record or facts."""


def render(engine: Engine, kind: str, ref: str) -> Json:
    """Render the thing of a kind that has this ref, or ``RemoteMissing``.

    Only what the engine keeps is found here. What is rendered from facts is found by their keeper.
    """
    if kind not in _FINDERS:
        raise RemoteMissing(noun=kind, ref=ref)
    return _FINDERS[kind](engine, ref)


def included(engine: Engine, kind: str, ref: str, key: str) -> Any:
    """Render what Stripe leaves out of an object unless it is asked for by ``expand``."""
    inclusion = _INCLUSIONS.get(kind, {}).get(key)
    return None if inclusion is None else inclusion(engine, ref)


@cache
def expandable() -> Mapping[str, Mapping[str, str]]:
    """Return, by kind and path of keys, the kind of object that an id there can be expanded to.

    Where it can be of several kinds, one that can be rendered is preferred.
    """
    return MappingProxyType({kind: _expandable(kind) for kind in keys.objects()})


def _expandable(kind: str) -> Mapping[str, str]:
    return MappingProxyType(
        {
            path: next((name for name in names if name in RENDERERS), names[0])
            for path, names in keys.ids(kind).items()
        }
    )


def _customer(engine: Engine, ref: str) -> Json:
    return render_customer(engine, find(engine.books.customers, "customer", ref))


def _subscription(engine: Engine, ref: str) -> Json:
    return render_subscription(engine, find(engine.books.subscriptions, "subscription", ref))


def _item(engine: Engine, ref: str) -> Json:
    for record in engine.books.subscriptions.values():
        for item in record.snapshot.items:
            if item.ref == ref:
                return render_subscription_item(engine, record, item)
    raise RemoteMissing(noun="subscription_item", ref=ref)


def _invoice_payment(engine: Engine, ref: str) -> Json:
    for record in engine.books.invoices.values():
        for payment in record.snapshot.payments:
            if payment.ref == ref:
                return render_invoice_payment(engine, record, payment)
    raise RemoteMissing(noun="invoice_payment", ref=ref)


def _payment_intent(engine: Engine, ref: str) -> Json:
    invoice = find(engine.books.invoice_of, "payment_intent", ref)
    return render_payment_intent(engine, engine.books.invoices[invoice])


def _balance_transaction(engine: Engine, ref: str) -> Json:
    for record in engine.books.customers.values():
        for movement in record.credit:
            if movement.ref == ref:
                return render_balance_transaction(engine, movement)
    raise RemoteMissing(noun="customer_balance_transaction", ref=ref)


def _coupon(engine: Engine, ref: str) -> Json:
    return render_coupon(engine, find(engine.books.coupons, "coupon", ref).coupon)


def _discount(engine: Engine, ref: str) -> Json:
    for record in engine.books.subscriptions.values():
        if discount_ref(record) == ref:
            return render_discount(engine, record)
    raise RemoteMissing(noun="discount", ref=ref)


def _product(engine: Engine, ref: str) -> Json:
    facts = known_product(engine, ref)
    if facts is None:
        raise RemoteMissing(noun="product", ref=ref)
    return render_product(engine, facts)


def _clock(engine: Engine, ref: str) -> Json:
    return render_test_clock(engine, known_clock(find(engine.books.clocks, "test_clock", ref)))


def _shelved(shelf: str, noun: str, renderer: Renderer) -> Callable[[Engine, str], Json]:
    """Find on a shelf of the books, by ref."""
    return lambda engine, ref: renderer(engine, find(getattr(engine.books, shelf), noun, ref))


_FINDERS: Mapping[str, Callable[[Engine, str], Json]] = MappingProxyType(
    {
        "billing_portal.session": _shelved("portals", "portal_session", render_portal_session),
        "checkout.session": _shelved("sessions", "checkout_session", render_checkout_session),
        "coupon": _coupon,
        "customer": _customer,
        "customer_balance_transaction": _balance_transaction,
        "discount": _discount,
        "event": _shelved("events", "event", render_event),
        "invoice": _shelved("invoices", "invoice", render_invoice),
        "invoice_payment": _invoice_payment,
        "payment_intent": _payment_intent,
        "payment_method": _shelved("cards", "payment_method", render_payment_method),
        "plan": _shelved("prices", "plan", render_plan),
        "price": _shelved("prices", "price", render_price),
        "product": _product,
        "subscription": _subscription,
        "subscription_item": _item,
        "subscription_schedule": _shelved("schedules", "subscription_schedule", render_schedule),
        "test_helpers.test_clock": _clock,
    }
)


def _subscriptions_of(engine: Engine, ref: str) -> Json:
    """Render a customer's subscriptions that have not ended."""
    refs = find(engine.books.customers, "customer", ref).subscriptions
    live = (engine.books.subscriptions[one] for one in reversed(refs))
    return envelope(
        f"/v1/customers/{ref}/subscriptions",
        (render_subscription(engine, record) for record in live if not record.is_ended),
    )


def _nothing(key: str) -> Callable[[Engine, str], Json]:
    return lambda _, ref: envelope(f"/v1/customers/{ref}/{key}", ())


_INCLUSIONS: Mapping[str, Mapping[str, Callable[[Engine, str], Any]]] = {
    "checkout.session": {
        "line_items": _shelved("sessions", "checkout_session", render_checkout_lines)
    },
    "customer": {
        "sources": _nothing("sources"),
        "subscriptions": _subscriptions_of,
        "tax": _shelved("customers", "customer", render_tax_location),
        "tax_ids": _nothing("tax_ids"),
    },
    "invoice": {
        "confirmation_secret": lambda engine, ref: render_confirmation_secret(
            engine, find(engine.books.invoices, "invoice", ref)
        ),
        "payments": _shelved("invoices", "invoice", render_payments),
    },
}

INCLUDABLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {kind: hidden for kind, hidden in keys.LEFT_OUT.items() if kind in RENDERERS}
)
"""By kind, the keys that are not there unless they are asked for by ``expand``."""
