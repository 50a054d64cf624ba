"""Customers, and what they have to their credit."""

from __future__ import annotations

from datetime import datetime

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import CreditMovement, CustomerRecord
from accrue_fake.wire.stripe.shapes.keys import Json, gone, whole
from accrue_fake.wire.stripe.shapes.taxes import render_address
from accrue_fake.wire.stripe.shapes.units import amount, seconds_or_none

_WHY = {
    "left_over": "invoice_too_small",
    "applied": "applied_to_invoice",
    "returned": "unapplied_from_invoice",
}


def render_customer(engine: Engine, record: CustomerRecord) -> Json:
    """Render a customer, or that it was deleted."""
    if record.is_deleted:
        return gone("customer", record.snapshot.ref)
    return render_last_state(engine, record)


def render_last_state(engine: Engine, record: CustomerRecord) -> Json:
    """Render a customer as it is or last was: the event of its end says what is gone."""
    snapshot = record.snapshot
    return whole(
        "customer",
        {
            "id": snapshot.ref,
            "object": "customer",
            "address": render_address(record.address),
            "balance": balance_of(record),
            "created": seconds_or_none(snapshot.created_at),
            "currency": snapshot.currency,
            "delinquent": _is_delinquent(engine, record),
            "email": snapshot.email,
            "invoice_prefix": invoice_prefix(snapshot.ref),
            "invoice_settings": {"default_payment_method": snapshot.default_payment_method},
            "livemode": False,
            "metadata": dict(record.metadata),
            "name": snapshot.name,
            "next_invoice_sequence": record.invoices + 1,
            "preferred_locales": [snapshot.locale] if snapshot.locale else [],
            "tax_exempt": "none",
            "test_clock": record.clock,
        },
    )


def render_balance_transaction(engine: Engine, record: CreditMovement) -> Json:
    """Render one change of a customer's credit.

    Stripe counts the other way round: credit is a negative balance, for it is what a customer owes.
    """
    return whole(
        "customer_balance_transaction",
        {
            "id": record.ref,
            "object": "customer_balance_transaction",
            "amount": -amount(record.amount),
            "created": int(record.at.timestamp()),
            "currency": record.amount.currency,
            "customer": engine.books.invoices[record.invoice].snapshot.customer,
            "ending_balance": -amount(record.balance),
            "invoice": record.invoice,
            "livemode": False,
            "metadata": {},
            "type": _WHY[record.why],
        },
    )


def balance_of(record: CustomerRecord) -> int:
    """Return what a customer owes beyond invoices; credit is less than nothing."""
    return -amount(record.credit[-1].balance) if record.credit else 0


def invoice_prefix(ref: str) -> str:
    """Return what the numbers of a customer's invoices begin with, as the engine gives them."""
    return f"F{ref.rpartition('_')[2]}"


def now_of(engine: Engine, record: CustomerRecord) -> datetime:
    """Return how late it is for a customer: by a clock of its own, or by the engine's."""
    books = engine.books
    if record.clock is None:
        return books.engine_time
    clock = books.clocks.get(record.clock)
    return books.now if clock is None or record.clock == books.running else clock.now


def _is_delinquent(engine: Engine, record: CustomerRecord) -> bool:
    """Say whether an invoice is open that was not paid when it was to be."""
    books, now = engine.books, now_of(engine, record)
    invoices = (
        books.invoices[ref]
        for subscription in record.subscriptions
        for ref in books.subscriptions[subscription].invoices
    )
    return any(
        invoice.snapshot.status == InvoiceStatus.OPEN
        and (
            now > invoice.snapshot.due_at
            if invoice.snapshot.due_at is not None
            else invoice.snapshot.attempts > 0 and not invoice.is_waiting
        )
        for invoice in invoices
    )
