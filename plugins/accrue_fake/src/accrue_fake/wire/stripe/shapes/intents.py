"""Payment intents and setup intents: what a browser confirms, and a bank is asked about.

The engine has payments of invoices. What became of one is told by its invoice.
"""

from __future__ import annotations

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.money import Money
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import Behavior, InvoiceRecord
from accrue_fake.wire.stripe.shapes.facts import LooseIntentFacts, SetupIntentFacts
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import amount, seconds, seconds_or_none

_DECLINED: Json = {
    "code": "card_declined",
    "decline_code": "generic_decline",
    "message": "The card was declined.",
    "type": "card_error",
}
_NOT_AUTHENTICATED: Json = {
    "code": "payment_intent_authentication_failure",
    "message": "The bank's check was not passed.",
    "type": "invalid_request_error",
}


def client_secret(engine: Engine, ref: str) -> str:
    """Return what a browser confirms an intent with."""
    return engine.addresses.token("authenticate", ref)


def render_payment_intent(engine: Engine, record: InvoiceRecord) -> Json:
    """Render the payment intent of a finalized invoice that asks for money."""
    invoice, status = record.snapshot, payment_status(record)
    asked = invoice.payments[0].amount
    error = _error(engine, record) if status == "requires_payment_method" else None
    is_void = status == "canceled"
    return whole(
        "payment_intent",
        _intent(engine, record.payment)
        | _payment(asked, status)
        | {
            "canceled_at": seconds_or_none(invoice.voided_at) if is_void else None,
            "cancellation_reason": "void_invoice" if is_void else None,
            "created": seconds_or_none(invoice.finalized_at or invoice.created_at),
            "customer": invoice.customer,
            "description": _description(invoice.billing_reason),
            "last_payment_error": error,
            "metadata": {},
            "payment_method": None if error else record.card,
            "setup_future_usage": "off_session",
        },
    )


def render_loose_intent(engine: Engine, record: LooseIntentFacts) -> Json:
    """Render a payment intent that belongs to no invoice."""
    return whole(
        "payment_intent",
        _intent(engine, record.ref)
        | _payment(record.amount, record.status)
        | {
            "canceled_at": seconds_or_none(record.canceled_at),
            "created": seconds(record.created_at),
            "customer": record.customer,
            "description": record.description,
            "metadata": dict(record.metadata),
            "payment_method": record.payment_method,
            "setup_future_usage": record.setup_future_usage,
        },
    )


def render_setup_intent(engine: Engine, record: SetupIntentFacts) -> Json:
    """Render a setup intent."""
    return whole(
        "setup_intent",
        _intent(engine, record.ref)
        | {
            "object": "setup_intent",
            "created": seconds(record.created_at),
            "customer": record.customer,
            "description": record.description,
            "metadata": dict(record.metadata),
            "next_action": _next_action(record.status),
            "payment_method": record.payment_method,
            "status": record.status,
            "usage": record.usage,
        },
    )


def payment_status(record: InvoiceRecord) -> str:
    """Say how the payment of an invoice stands, in Stripe's words."""
    status = record.snapshot.status
    if status == InvoiceStatus.PAID:
        return "succeeded"
    if status == InvoiceStatus.VOID:
        return "canceled"
    return "requires_action" if record.is_waiting else "requires_payment_method"


def _intent(engine: Engine, ref: str) -> Json:
    """Render what payment intents and setup intents have in common."""
    return {
        "id": ref,
        "automatic_payment_methods": None,
        "client_secret": client_secret(engine, ref),
        "livemode": False,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
    }


def _payment(asked: Money, status: str) -> Json:
    return {
        "object": "payment_intent",
        "amount": amount(asked),
        "amount_capturable": amount(asked) if status == "requires_capture" else 0,
        "amount_details": {"tip": {}},
        "amount_received": amount(asked) if status == "succeeded" else 0,
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "currency": asked.currency,
        "next_action": _next_action(status),
        "status": status,
    }


def _next_action(status: str) -> Json | None:
    """Say what the customer does: what the script in the browser tells them."""
    if status != "requires_action":
        return None
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def _error(engine: Engine, record: InvoiceRecord) -> Json | None:
    """Say why the last attempt failed, if there was one."""
    if not record.snapshot.attempts:
        return None
    card = engine.books.cards.get(record.card or "")
    asks = (
        card is not None and card.behavior == Behavior.AUTHENTICATES and not card.is_authenticated
    )
    return _NOT_AUTHENTICATED if asks else _DECLINED


def _description(reason: str | None) -> str:
    is_first = reason == "subscription_create"
    return "Subscription creation" if is_first else "Subscription update"
