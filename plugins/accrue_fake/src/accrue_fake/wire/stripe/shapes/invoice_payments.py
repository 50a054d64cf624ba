"""What pays invoices."""

from __future__ import annotations

from accrue_core.contracts.invoices import InvoicePaymentSnapshot
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import InvoiceRecord
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import amount, seconds, seconds_or_none


def render_invoice_payment(
    _: Engine, record: InvoiceRecord, payment: InvoicePaymentSnapshot
) -> Json:
    """Render the link between an invoice and the payment intent that is to pay it."""
    invoice = record.snapshot
    canceled_at = invoice.voided_at if payment.status == "canceled" else None
    return whole(
        "invoice_payment",
        {
            "id": payment.ref,
            "object": "invoice_payment",
            "amount_paid": amount(payment.amount) if payment.status == "paid" else None,
            "amount_requested": amount(payment.amount),
            "created": seconds_or_none(invoice.finalized_at or invoice.created_at),
            "currency": payment.amount.currency,
            "invoice": invoice.ref,
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": payment.payment, "type": "payment_intent"},
            "status": payment.status,
            "status_transitions": {
                "canceled_at": None if canceled_at is None else seconds(canceled_at),
                "paid_at": seconds_or_none(payment.paid_at),
            },
        },
    )
