"""The lines of invoices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from accrue_core.contracts.invoices import InvoiceLineSnapshot, InvoiceSnapshot
from accrue_core.money import Money
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import InvoiceRecord
from accrue_fake.wire.stripe.shapes.coupons import taken_off
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.products import product_of
from accrue_fake.wire.stripe.shapes.taxes import added
from accrue_fake.wire.stripe.shapes.units import amount, decimal, seconds


def render_lines(engine: Engine, record: InvoiceRecord) -> Iterator[Json]:
    """Render all lines of an invoice, each with its part of what was taken off and added."""
    lines = record.snapshot.lines
    for line, off, tax in zip(
        lines, record.discounts or repeat(0), record.taxes or repeat(0), strict=False
    ):
        yield render_line(engine, record.snapshot, line, off=off, tax=tax)


def render_line(
    engine: Engine,
    invoice: InvoiceSnapshot,
    line: InvoiceLineSnapshot,
    *,
    off: int = 0,
    tax: int = 0,
) -> Json:
    """Render one line: for an item of a subscription, or for the rest of a period of one.

    ``off`` and ``tax`` are in minor units, as the engine keeps them.
    """
    subscription = engine.books.subscriptions.get(invoice.subscription or "")
    less, more = (Money(part, line.amount.currency) for part in (off, tax))
    discounts = taken_off(subscription, less)
    return whole(
        "line_item",
        {
            "id": line.ref,
            "object": "line_item",
            "amount": amount(line.amount),
            "currency": line.amount.currency,
            "description": line.description,
            "discount_amounts": discounts,
            "discountable": not line.is_proration,
            "discounts": [one["discount"] for one in discounts],
            "invoice": invoice.ref or None,
            "livemode": False,
            "metadata": {},
            "parent": _parent(invoice, line),
            "period": _period(invoice, line),
            "pretax_credit_amounts": [],
            "pricing": _pricing(engine, line),
            "quantity": line.quantity,
            "quantity_decimal": None if line.quantity is None else str(line.quantity),
            "subscription": invoice.subscription,
            "subtotal": amount(line.amount),
            "taxes": added(engine, invoice.customer, tax=more, taxable=line.amount - less),
        },
    )


def _parent(invoice: InvoiceSnapshot, line: InvoiceLineSnapshot) -> Json | None:
    """Say where a line comes from. A new item of a preview has no name yet, and is given one."""
    if invoice.subscription is None:
        return None
    return {
        "subscription_item_details": {
            "invoice_item": f"ii_{line.ref.removeprefix('il_')}" if line.is_proration else None,
            "proration": line.is_proration,
            "proration_details": {"credited_items": None},
            "subscription": invoice.subscription,
            "subscription_item": line.subscription_item or f"si_{line.ref.removeprefix('il_')}",
        },
        "type": "subscription_item_details",
    }


def _period(invoice: InvoiceSnapshot, line: InvoiceLineSnapshot) -> Json:
    start = line.period_start or invoice.period_start
    end = line.period_end or invoice.period_end or start
    if start is None or end is None:
        raise LookupError(f"line {line.ref} is for no period")
    return {"start": seconds(start), "end": seconds(end)}


def _pricing(engine: Engine, line: InvoiceLineSnapshot) -> Json | None:
    if line.price is None:
        return None
    price = engine.books.prices[line.price]
    return {
        "price_details": {"price": price.ref, "product": product_of(price)},
        "type": "price_details",
        "unit_amount_decimal": decimal(price.money),
    }
