"""Stripe's invoice to ours, with its lines and payments."""

from __future__ import annotations

from accrue_core.contracts.invoices import (
    InvoiceLineSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
)
from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from accrue_stripe.translate.amounts import currency, money, same_currency, total
from accrue_stripe.translate.reading import Reader, is_deleted, reader, refuse
from accrue_stripe.translate.subscriptions import collection

_STATUSES = frozenset(InvoiceStatus)
_BEFORE_BASIL_KEYS = frozenset({"subscription", "charge", "payment_intent", "paid"})
"""Keys of an invoice that 2025-03-31.basil moved: into ``parent``, ``payments`` and ``status``."""

_PAYMENT_KINDS = {kind: kind for kind in ("payment_intent", "charge", "payment_record")}


def invoice(data: object) -> InvoiceSnapshot | UnreadableSnapshot | GoneSnapshot:
    """Read an invoice; a status that we have never heard of makes it unreadable.

    ``payments`` must have been asked for (``expand``): Stripe leaves them out otherwise, and an
    invoice without them would read as one that nobody tried to pay.
    """
    found = reader(data, "invoice")
    if is_deleted(found):
        return GoneSnapshot("invoice", found.text("id"))
    if "parent" not in found and _BEFORE_BASIL_KEYS & found.keys:
        refuse(found.where, "the shape of an API version before 2025-03-31.basil")
    status = found.text("status")
    if status not in _STATUSES:
        return UnreadableSnapshot("invoice", found.text("id"), status)
    code = currency(found)
    times = found.inner("status_transitions")
    return InvoiceSnapshot(
        ref=found.text("id"),
        customer=found.ref("customer"),
        status=InvoiceStatus(status),
        subscription=_subscription(found),
        currency=code,
        subtotal=money(found, "subtotal", code),
        discount=total(found.each_or_none("total_discount_amounts"), code),
        tax=total(found.each_or_none("total_taxes"), code),
        total=money(found, "total", code),
        amount_due=money(found, "amount_due", code),
        amount_paid=money(found, "amount_paid", code),
        amount_remaining=money(found, "amount_remaining", code),
        lines=tuple(line(one, code) for one in found.pages("lines")),
        payments=tuple(_payment(payment, code) for payment in found.pages("payments")),
        number=found.text_or_none("number"),
        billing_reason=found.text_or_none("billing_reason"),
        collection=collection(found),
        attempts=found.whole("attempt_count"),
        next_attempt_at=found.moment_or_none("next_payment_attempt"),
        period_start=found.moment("period_start"),
        period_end=found.moment("period_end"),
        due_at=found.moment_or_none("due_date"),
        finalized_at=times.moment_or_none("finalized_at"),
        paid_at=times.moment_or_none("paid_at"),
        voided_at=times.moment_or_none("voided_at"),
        created_at=found.moment("created"),
    )


def _subscription(found: Reader) -> str | None:
    """Read which subscription it is for, if any: one-off invoices and quotes have none."""
    parent = found.inner_or_none("parent")
    if parent is None:
        return None
    kind = parent.text("type")
    if kind == "quote_details":
        return None
    if kind != "subscription_details":
        refuse(parent.at("type"), kind)
    return parent.inner("subscription_details").ref("subscription")


def line(found: Reader, code: str) -> InvoiceLineSnapshot:
    """Read one line of an invoice, or of the preview of one."""
    same_currency(found, code)
    period = found.inner("period")
    item, is_proration = _origin(found)
    return InvoiceLineSnapshot(
        ref=found.text("id"),
        amount=money(found, "amount", code),
        description=found.text_or_none("description"),
        quantity=found.whole_or_none("quantity"),
        price=_price(found),
        period_start=period.moment("start"),
        period_end=period.moment("end"),
        is_proration=is_proration,
        subscription_item=item,
    )


def _price(line: Reader) -> str | None:
    pricing = line.inner_or_none("pricing")
    if pricing is None:
        return None
    if pricing.text("type") != "price_details":
        refuse(pricing.at("type"), pricing.text("type"))
    details = pricing.inner_or_none("price_details")
    return details and details.ref("price")


def _origin(line: Reader) -> tuple[str | None, bool]:
    """Read what a line comes from: its subscription item, and whether it is a proration."""
    parent = line.inner_or_none("parent")
    if parent is None:
        return None, False
    kind = parent.text("type")
    if kind == "subscription_item_details":
        details = parent.inner(kind)
        return details.ref("subscription_item"), details.flag("proration")
    if kind != "invoice_item_details":
        refuse(parent.at("type"), kind)
    return None, parent.inner(kind).flag("proration")


def _payment(payment: Reader, code: str) -> InvoicePaymentSnapshot:
    same_currency(payment, code)
    paid = "amount_requested" if payment.is_null("amount_paid") else "amount_paid"
    means = payment.inner("payment")
    return InvoicePaymentSnapshot(
        ref=payment.text("id"),
        amount=money(payment, paid, code),
        status=payment.text("status"),
        payment=means.ref(means.choice("type", _PAYMENT_KINDS)),
        paid_at=payment.inner("status_transitions").moment_or_none("paid_at"),
    )
