"""Invoices: snapshot to columns and events."""

from __future__ import annotations

from typing import Any

from accrue_core.billing.invoices.events import (
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceMarkedUncollectible,
    InvoicePaid,
    InvoicePaymentFailed,
    InvoiceVoided,
)
from accrue_core.billing.invoices.models import (
    PERSONAL_OF_LINES,
    Invoice,
    InvoiceLine,
    InvoicePayment,
    invoices,
    lines,
    payments,
)
from accrue_core.contracts.invoices import (
    InvoiceLineSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
)
from accrue_core.ids import PREFIXES
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import Children, Mirror, Parent, Reduction

AMOUNTS = (
    "subtotal",
    "discount",
    "tax",
    "total",
    "amount_due",
    "amount_paid",
    "amount_remaining",
)


def reduce(before: Invoice | None, snapshot: InvoiceSnapshot) -> Reduction:
    """Say what a snapshot changes, and what became true because of it."""
    columns = {
        "customer_ref": snapshot.customer,
        "subscription_ref": snapshot.subscription,
        "status": snapshot.status,
        "number": snapshot.number,
        "currency": snapshot.currency,
        **{f"{name}_minor": getattr(snapshot, name).minor for name in AMOUNTS},
        "billing_reason": snapshot.billing_reason,
        "collection": snapshot.collection,
        "attempts": snapshot.attempts,
        "next_attempt_at": snapshot.next_attempt_at,
        "period_start": snapshot.period_start,
        "period_end": snapshot.period_end,
        "due_at": snapshot.due_at,
        "finalized_at": snapshot.finalized_at,
        "paid_at": snapshot.paid_at,
        "voided_at": snapshot.voided_at,
        "remote_at": snapshot.created_at,
    }
    children = {
        "lines": [_line(line) for line in snapshot.lines],
        "payments": [_payment(payment) for payment in snapshot.payments],
    }
    events: list[LedgerEvent] = []
    if before is None:
        events.append(
            InvoiceCreated(
                status=snapshot.status.value,
                total=snapshot.total.minor,
                currency=snapshot.currency,
            )
        )
    if before is None or before.status != snapshot.status:
        events += _arrived(snapshot)
    tried = snapshot.attempts > (before.attempts if before is not None else 0)
    if tried and snapshot.status == InvoiceStatus.OPEN:
        events.append(
            InvoicePaymentFailed(
                attempts=snapshot.attempts,
                amount_remaining=snapshot.amount_remaining.minor,
                currency=snapshot.currency,
            )
        )
    return Reduction(columns, events, children)


def _arrived(snapshot: InvoiceSnapshot) -> list[LedgerEvent]:
    currency = snapshot.currency
    if snapshot.status == InvoiceStatus.OPEN:
        return [InvoiceFinalized(amount_due=snapshot.amount_due.minor, currency=currency)]
    if snapshot.status == InvoiceStatus.PAID:
        return [InvoicePaid(amount_paid=snapshot.amount_paid.minor, currency=currency)]
    if snapshot.status == InvoiceStatus.VOID:
        return [InvoiceVoided()]
    if snapshot.status == InvoiceStatus.UNCOLLECTIBLE:
        return [
            InvoiceMarkedUncollectible(
                amount_remaining=snapshot.amount_remaining.minor, currency=currency
            )
        ]
    return []


def _line(line: InvoiceLineSnapshot) -> dict[str, Any]:
    return {
        "ref": line.ref,
        "description": line.description,
        "amount_minor": line.amount.minor,
        "currency": line.amount.currency,
        "quantity": line.quantity,
        "price": line.price,
        "period_start": line.period_start,
        "period_end": line.period_end,
        "is_proration": line.is_proration,
        "subscription_item": line.subscription_item,
    }


def _payment(payment: InvoicePaymentSnapshot) -> dict[str, Any]:
    return {
        "ref": payment.ref,
        "amount_minor": payment.amount.minor,
        "currency": payment.amount.currency,
        "status": payment.status,
        "payment": payment.payment,
        "paid_at": payment.paid_at,
    }


MIRROR = Mirror(
    noun="invoice",
    rank=3,
    prefix=PREFIXES["invoice"],
    snapshot=InvoiceSnapshot,
    table=invoices,
    row=Invoice,
    reduce=reduce,
    parents=(
        Parent(noun="customer", id_column="customer_id", ref_column="customer_ref"),
        Parent(noun="subscription", id_column="subscription_id", ref_column="subscription_ref"),
    ),
    children={
        "lines": Children(
            table=lines,
            row=InvoiceLine,
            parent_column="invoice_id",
            prefix=PREFIXES["invoice_line"],
            personal=PERSONAL_OF_LINES,
        ),
        "payments": Children(
            table=payments,
            row=InvoicePayment,
            parent_column="invoice_id",
            prefix=PREFIXES["invoice_payment"],
        ),
    },
)
