"""Everything that is in an engine's books, rendered; and what is rendered from facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from accrue_fake import Engine
from accrue_fake.wire.stripe.shapes import facts
from accrue_fake.wire.stripe.shapes.account import render_account
from accrue_fake.wire.stripe.shapes.coupons import discount_ref
from accrue_fake.wire.stripe.shapes.intents import render_loose_intent, render_setup_intent
from accrue_fake.wire.stripe.shapes.products import render_product
from accrue_fake.wire.stripe.shapes.render import INCLUDABLE, included, render
from accrue_fake.wire.stripe.shapes.test_clocks import render_test_clock
from accrue_fake.wire.stripe.shapes.webhook_endpoints import render_webhook_endpoint
from tests.fake.shop import MONTHLY, START

Json = dict[str, Any]

SHELVES = {
    "billing_portal.session": "portals",
    "checkout.session": "sessions",
    "coupon": "coupons",
    "customer": "customers",
    "event": "events",
    "invoice": "invoices",
    "payment_method": "cards",
    "price": "prices",
    "subscription": "subscriptions",
    "subscription_schedule": "schedules",
    "test_helpers.test_clock": "clocks",
}


def everything(engine: Engine) -> Iterator[Json]:
    """Render everything that is in an engine's books, and what is left out unless asked for."""
    for kind, shelf in SHELVES.items():
        for ref in getattr(engine.books, shelf):
            yield whole(engine, kind, ref)
    for kind, refs in named_in(engine).items():
        for ref in sorted(refs):
            yield render(engine, kind, ref)


def whole(engine: Engine, kind: str, ref: str) -> Json:
    """Render a thing with everything that can be asked for."""
    shown = render(engine, kind, ref)
    if "deleted" in shown:
        return shown
    asked = {key: included(engine, kind, ref, key) for key in INCLUDABLE.get(kind, ())}
    return shown | {key: value for key, value in asked.items() if value is not None}


def named_in(engine: Engine) -> dict[str, set[str]]:
    """Return the refs of what has no shelf of its own."""
    books = engine.books
    invoices = [record.snapshot for record in books.invoices.values()]
    payments = [payment for invoice in invoices for payment in invoice.payments]
    prices = [render(engine, "price", ref) for ref in books.prices]
    return {
        "customer_balance_transaction": {
            movement.ref for customer in books.customers.values() for movement in customer.credit
        },
        "discount": {
            str(discount_ref(one)) for one in books.subscriptions.values() if one.discount
        },
        "invoice_payment": {payment.ref for payment in payments},
        "payment_intent": {str(payment.payment) for payment in payments},
        "plan": set(books.prices),
        "product": {price["product"] for price in prices},
        "subscription_item": {
            item.ref for one in books.subscriptions.values() for item in one.snapshot.items
        },
    }


def from_facts(engine: Engine) -> Iterator[Json]:
    """Render what the engine does not keep: bare, and with everything told."""
    later = START + timedelta(days=1)
    yield render_account(engine)
    yield render_product(engine, facts.ProductFacts(ref="prod_1", name="Pro"))
    yield render_product(
        engine,
        facts.ProductFacts(
            ref="prod_1",
            name="Pro",
            description="All",
            default_price="price_pro",
            url="https://a.b",
        ),
    )
    endpoint: dict[str, Any] = {"ref": "we_1", "url": "https://shop.example/webhooks"}
    yield render_webhook_endpoint(engine, facts.WebhookEndpointFacts(**endpoint))
    once = {**endpoint, "secret": "told once", "is_enabled": False}
    yield render_webhook_endpoint(engine, facts.WebhookEndpointFacts(**once))
    clock = facts.TestClockFacts(
        ref="clock_1", frozen_at=START, created_at=START, deletes_at=START + timedelta(days=30)
    )
    yield render_test_clock(engine, clock)
    yield render_test_clock(
        engine, facts.TestClockFacts(**{**_fields(clock), "target": later, "name": "Slow"})
    )
    for status in ("requires_payment_method", "requires_action", "succeeded", "canceled"):
        yield render_setup_intent(
            engine, facts.SetupIntentFacts(ref="seti_1", status=status, customer="cus_1")
        )
        yield render_loose_intent(
            engine, facts.LooseIntentFacts(ref="pi_1", status=status, amount=MONTHLY)
        )


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
