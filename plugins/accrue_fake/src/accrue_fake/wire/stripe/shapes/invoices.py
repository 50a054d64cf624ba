"""Invoices."""

from __future__ import annotations

from accrue_core.contracts.invoices import InvoiceSnapshot, InvoiceStatus
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import CreditMovement, InvoiceRecord
from accrue_fake.wire.stripe.shapes.coupons import taken_off
from accrue_fake.wire.stripe.shapes.facts import ACCOUNT
from accrue_fake.wire.stripe.shapes.intents import client_secret
from accrue_fake.wire.stripe.shapes.invoice_lines import render_lines
from accrue_fake.wire.stripe.shapes.invoice_payments import render_invoice_payment
from accrue_fake.wire.stripe.shapes.keys import Json, envelope, whole
from accrue_fake.wire.stripe.shapes.subscriptions import COLLECTION
from accrue_fake.wire.stripe.shapes.taxes import added, automatic_tax, render_address
from accrue_fake.wire.stripe.shapes.units import amount, seconds_or_none

_ASKED_FOR = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.OPEN})


def render_invoice(engine: Engine, record: InvoiceRecord) -> Json:
    """Render an invoice with all of its lines; its payments are there when they are asked for."""
    snapshot = record.snapshot
    return whole(
        "invoice",
        _being(engine, record)
        | _customer(engine, snapshot)
        | _amounts(engine, snapshot)
        | _collection(engine, record)
        | _time(snapshot),
    )


def render_payments(engine: Engine, record: InvoiceRecord) -> Json:
    """Render what an invoice has under ``payments`` when that is asked for."""
    return envelope(
        f"/v1/invoice_payments?invoice={record.snapshot.ref}",
        (render_invoice_payment(engine, record, one) for one in record.snapshot.payments),
    )


def render_confirmation_secret(engine: Engine, record: InvoiceRecord) -> Json | None:
    """Render what a browser pays an open invoice with, when that is asked for."""
    if record.snapshot.status != InvoiceStatus.OPEN or not record.snapshot.payments:
        return None
    return {"client_secret": client_secret(engine, record.payment), "type": "payment_intent"}


def _being(engine: Engine, record: InvoiceRecord) -> Json:
    snapshot = record.snapshot
    subscription = engine.books.subscriptions.get(snapshot.subscription or "")
    is_taxed = subscription is not None and subscription.snapshot.automatic_tax
    metadata = {} if subscription is None else dict(subscription.snapshot.metadata)
    parent = {
        "subscription_details": {"metadata": metadata, "subscription": snapshot.subscription},
        "type": "subscription_details",
    }
    return {
        "id": snapshot.ref,
        "object": "invoice",
        "account_country": ACCOUNT.country,
        "account_name": ACCOUNT.name,
        "automatic_tax": automatic_tax(is_on=is_taxed)
        | {"status": "complete" if is_taxed else None, "provider": "stripe" if is_taxed else None},
        "billing_reason": snapshot.billing_reason,
        "currency": snapshot.currency,
        "default_tax_rates": [],
        "discounts": [one["discount"] for one in taken_off(subscription, snapshot.discount)],
        "issuer": {"type": "self"},
        "lines": envelope(
            f"/v1/invoices/{snapshot.ref}/lines",
            render_lines(engine, record),
        ),
        "livemode": False,
        "metadata": {},
        "number": snapshot.number,
        "parent": None if snapshot.subscription is None else parent,
        "payment_settings": {},
    }


def _customer(engine: Engine, snapshot: InvoiceSnapshot) -> Json:
    record = engine.books.customers[snapshot.customer]
    customer = record.snapshot
    return {
        "customer_address": render_address(record.address),
        "customer": snapshot.customer,
        "customer_email": customer.email,
        "customer_name": customer.name,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "test_clock": record.clock,
    }


def _amounts(engine: Engine, snapshot: InvoiceSnapshot) -> Json:
    before, after = _balances(engine, snapshot)
    untaxed = snapshot.total - snapshot.tax
    subscription = engine.books.subscriptions.get(snapshot.subscription or "")
    return {
        "amount_due": amount(snapshot.amount_due),
        "amount_overpaid": 0,
        "amount_paid": amount(snapshot.amount_paid),
        "amount_paid_off_stripe": 0,
        "amount_remaining": amount(snapshot.amount_remaining),
        "amount_shipping": 0,
        "ending_balance": after,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": before,
        "subtotal": amount(snapshot.subtotal),
        "subtotal_excluding_tax": amount(snapshot.subtotal),
        "total": amount(snapshot.total),
        "total_discount_amounts": taken_off(subscription, snapshot.discount),
        "total_excluding_tax": amount(untaxed),
        "total_pretax_credit_amounts": [],
        "total_taxes": added(engine, snapshot.customer, tax=snapshot.tax, taxable=untaxed),
    }


def _collection(engine: Engine, record: InvoiceRecord) -> Json:
    snapshot = record.snapshot
    is_final = snapshot.status != InvoiceStatus.DRAFT
    page = engine.addresses.of("invoices", snapshot.ref).reveal() if is_final else None
    is_given_up = snapshot.status == InvoiceStatus.UNCOLLECTIBLE
    return {
        "attempt_count": snapshot.attempts,
        "attempted": snapshot.attempts > 0 or snapshot.status == InvoiceStatus.PAID,
        "auto_advance": snapshot.status in _ASKED_FOR and snapshot.next_attempt_at is not None,
        "collection_method": COLLECTION[snapshot.collection],
        "hosted_invoice_url": page,
        "invoice_pdf": None if page is None else f"{page}/pdf",
        "next_payment_attempt": seconds_or_none(snapshot.next_attempt_at),
        "status": snapshot.status.value,
        "status_details": {"uncollectible": {"reason": "subscription_paused"}}
        if is_given_up
        else None,
    }


def _time(snapshot: InvoiceSnapshot) -> Json:
    """Render its times. What is given up on is so at once, when it is finalized in a pause."""
    created = snapshot.created_at
    is_given_up = snapshot.status == InvoiceStatus.UNCOLLECTIBLE
    return {
        "created": seconds_or_none(created),
        "due_date": seconds_or_none(snapshot.due_at),
        "effective_at": seconds_or_none(snapshot.finalized_at),
        "period_end": seconds_or_none(snapshot.period_end or created),
        "period_start": seconds_or_none(snapshot.period_start or created),
        "status_transitions": {
            "finalized_at": seconds_or_none(snapshot.finalized_at),
            "marked_uncollectible_at": seconds_or_none(
                snapshot.finalized_at if is_given_up else None
            ),
            "paid_at": seconds_or_none(snapshot.paid_at),
            "voided_at": seconds_or_none(snapshot.voided_at),
        },
        "webhooks_delivered_at": seconds_or_none(created),
    }


def _balances(engine: Engine, snapshot: InvoiceSnapshot) -> tuple[int, int | None]:
    """Return a customer's balance before and after an invoice was finalized, as Stripe counts it.

    A draft has no balance after.
    """
    earlier: CreditMovement | None = None
    for movement in engine.books.customers[snapshot.customer].credit:
        if movement.invoice == snapshot.ref and movement.why != "returned":
            return _owed(movement) + amount(movement.amount), _owed(movement)
        if snapshot.finalized_at is None or movement.at <= snapshot.finalized_at:
            earlier = movement
    balance = 0 if earlier is None else _owed(earlier)
    return balance, balance if snapshot.finalized_at is not None else None


def _owed(movement: CreditMovement) -> int:
    return -amount(movement.balance)
