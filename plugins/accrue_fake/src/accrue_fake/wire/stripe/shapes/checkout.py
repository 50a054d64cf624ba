"""Checkout sessions."""

from __future__ import annotations

from accrue_core.contracts.checkout import CheckoutStatus
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.money import Money
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import CheckoutRecord, InvoiceRecord
from accrue_fake.wire.stripe.shapes.keys import Json, envelope, whole
from accrue_fake.wire.stripe.shapes.prices import render_price
from accrue_fake.wire.stripe.shapes.units import amount, seconds_or_none


def render_checkout_session(engine: Engine, record: CheckoutRecord) -> Json:
    """Render a session for a subscription on a page of the processor's."""
    snapshot, first = record.snapshot, _first_invoice(engine, record)
    is_open = snapshot.status == CheckoutStatus.OPEN
    total = amount(_due(engine, record))
    return whole(
        "checkout.session",
        {
            "id": snapshot.ref,
            "object": "checkout.session",
            "adaptive_pricing": {"enabled": False},
            "amount_subtotal": total,
            "amount_total": total,
            "automatic_tax": {"enabled": False},
            "cancel_url": record.request.cancel_url,
            "created": seconds_or_none(snapshot.created_at),
            "currency": _list_price(engine, record).currency,
            "custom_fields": [],
            "custom_text": {},
            "customer": snapshot.customer,
            "customer_details": _customer(engine, record),
            "discounts": [],
            "expires_at": seconds_or_none(snapshot.expires_at),
            "invoice": None if first is None else first.snapshot.ref,
            "livemode": False,
            "metadata": {OPERATION_METADATA: record.operation_id} if record.operation_id else {},
            "mode": "subscription",
            "payment_method_collection": "always",
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "payment_status": _payment_status(first),
            "phone_number_collection": {"enabled": False},
            "saved_payment_method_options": {
                "allow_redisplay_filters": ["always"],
                "payment_method_save": None,
            },
            "shipping_options": [],
            "status": snapshot.status.value,
            "subscription": snapshot.subscription,
            "success_url": record.request.success_url,
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "url": engine.addresses.of("checkout", snapshot.ref).reveal() if is_open else None,
        },
    )


def render_checkout_lines(engine: Engine, record: CheckoutRecord) -> Json:
    """Render what a session has under ``line_items`` when that is asked for."""
    ref = record.snapshot.ref
    return envelope(
        f"/v1/checkout/sessions/{ref}/line_items",
        (
            _line(engine, record, number, f"li_{ref.removeprefix('cs_')}_{number}")
            for number in range(len(record.request.items))
        ),
    )


def _line(engine: Engine, record: CheckoutRecord, number: int, ref: str) -> Json:
    item = record.request.items[number]
    price = engine.books.prices[item.price]
    total = 0 if _is_trial(record) else amount(price.money * item.quantity)
    return whole(
        "item",
        {
            "id": ref,
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": total,
            "amount_tax": 0,
            "amount_total": total,
            "currency": price.money.currency,
            "description": price.product or price.ref,
            "metadata": {},
            "price": render_price(engine, price),
            "quantity": item.quantity,
        },
    )


def _due(engine: Engine, record: CheckoutRecord) -> Money:
    """Return what is charged at once: nothing while a trial runs."""
    total = _list_price(engine, record)
    return total * 0 if _is_trial(record) else total


def _list_price(engine: Engine, record: CheckoutRecord) -> Money:
    prices = engine.books.prices
    amounts = [prices[item.price].money * item.quantity for item in record.request.items]
    return sum(amounts[1:], start=amounts[0])


def _is_trial(record: CheckoutRecord) -> bool:
    return bool(record.request.trial_days) or record.request.trial_end is not None


def _first_invoice(engine: Engine, record: CheckoutRecord) -> InvoiceRecord | None:
    """Return what came of a session that is complete: the first invoice of its subscription."""
    subscription = engine.books.subscriptions.get(record.snapshot.subscription or "")
    return None if subscription is None else engine.books.invoices[subscription.invoices[0]]


def _payment_status(first: InvoiceRecord | None) -> str:
    if first is None:
        return "unpaid"
    return "paid" if first.snapshot.payments else "no_payment_required"


def _customer(engine: Engine, record: CheckoutRecord) -> Json:
    customer = engine.books.customers[record.request.customer].snapshot
    return {
        "email": customer.email,
        "name": customer.name,
        "tax_exempt": "none",
        "tax_ids": None if record.snapshot.status == CheckoutStatus.OPEN else [],
    }
