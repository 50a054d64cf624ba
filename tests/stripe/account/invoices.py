"""Invoices and their payments, as the stand-in account draws them."""

from __future__ import annotations

from tests.stripe import invoice_objects
from tests.stripe.account.books import Books
from tests.stripe.conformance import filled
from tests.stripe.objects import Json, envelope

INTENTS = {
    "pays": "succeeded",
    "is declined": "requires_payment_method",
    "asks its customer": "requires_action",
}
"""How the payment intent stands after a card that behaves like this was charged."""

PAGE = "https://invoice.stripe.example/i/"


def draw(books: Books, subscription: Json, *, behavior: str | None) -> Json:
    """Draw a first invoice. Without a behavior nothing is charged: a trial's, or one to be sent."""
    is_sent = subscription["collection_method"] == "send_invoice"
    total = 0 if subscription["status"] == "trialing" else _total(subscription)
    is_paid = behavior == "pays" or total == 0
    ref = books.new_ref("invoice")
    items = subscription["items"]["data"]
    lines = [_line(books, ref, item, is_free=total == 0) for item in items]
    invoice = invoice_objects.invoice() | {
        "id": ref,
        "amount_due": total,
        "amount_paid": total if is_paid else 0,
        "amount_remaining": 0 if is_paid else total,
        "attempt_count": 0 if behavior is None else 1,
        "attempted": behavior is not None,
        "auto_advance": not is_paid,
        "collection_method": subscription["collection_method"],
        "confirmation_secret": None,
        "created": books.now,
        "customer": subscription["customer"],
        "customer_email": None,
        "customer_name": None,
        "discounts": [],
        "due_date": books.now + 86_400 * subscription["days_until_due"] if is_sent else None,
        "hosted_invoice_url": None if is_sent else f"{PAGE}{ref}",
        "lines": envelope(f"/v1/invoices/{ref}/lines", *lines),
        "number": None if is_sent else f"NUMBER-{ref}",
        "parent": _parent(subscription),
        "payments": envelope("/v1/invoice_payments"),
        "period_end": books.now,
        "period_start": books.now,
        "status": "draft" if is_sent else "paid" if is_paid else "open",
        "subtotal": total,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_taxes": [],
    }
    invoice["status_transitions"] |= {
        "finalized_at": None if is_sent else books.now,
        "paid_at": books.now if is_paid else None,
    }
    if behavior is not None and total:
        _charge(books, invoice, behavior)
    return books.put(invoice)


def retrieve(books: Books, asked: Json, ref: str) -> Json:
    """Return an invoice."""
    return books.at("invoice", ref, param="invoice")


def lines(books: Books, asked: Json, ref: str) -> Json:
    """List an invoice's lines."""
    invoice = retrieve(books, {}, ref)
    return books.page(f"/v1/invoices/{ref}/lines", asked, invoice["lines"]["data"][::-1])


def payments(books: Books, asked: Json) -> Json:
    """List an invoice's payments."""
    invoice = books.named("invoice", asked["invoice"], param="invoice")
    return books.page("/v1/invoice_payments", asked, invoice["payments"]["data"][::-1])


def _total(subscription: Json) -> int:
    items = subscription["items"]["data"]
    return sum(int(item["price"]["unit_amount"]) * int(item["quantity"]) for item in items)


def _parent(subscription: Json) -> Json:
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": subscription["metadata"],
            "subscription": subscription["id"],
            "subscription_proration_date": None,
        },
        "type": "subscription_details",
    }


def _line(books: Books, invoice: str, item: Json, *, is_free: bool) -> Json:
    line = invoice_objects.invoice_line(books.new_ref("line_item"))
    amount = 0 if is_free else item["price"]["unit_amount"] * item["quantity"]
    line["parent"]["subscription_item_details"] |= {
        "subscription": item["subscription"],
        "subscription_item": item["id"],
    }
    line["pricing"]["price_details"]["price"] = item["price"]["id"]
    return line | {
        "amount": amount,
        "discount_amounts": [],
        "discounts": [],
        "invoice": invoice,
        "period": {"start": item["current_period_start"], "end": item["current_period_end"]},
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": item["subscription"],
        "subtotal": amount,
    }


def _charge(books: Books, invoice: Json, behavior: str) -> None:
    """Charge for an invoice, and write down how the payment stands."""
    intent, total = books.new_ref("payment_intent"), invoice["amount_due"]
    secret = f"{intent}_secret_k33p"
    books.put(
        filled(
            {
                "id": intent,
                "object": "payment_intent",
                "amount": total,
                "amount_capturable": 0,
                "amount_received": invoice["amount_paid"],
                "capture_method": "automatic",
                "client_secret": secret,
                "confirmation_method": "automatic",
                "created": books.now,
                "currency": "usd",
                "customer": invoice["customer"],
                "livemode": False,
                "metadata": {},
                "payment_method_types": ["card"],
                "status": INTENTS[behavior],
            }
        )
    )
    payment = invoice_objects.invoice_payment(books.new_ref("invoice_payment"))
    payment["payment"]["payment_intent"] = intent
    is_paid = behavior == "pays"
    payment |= {
        "amount_paid": total if is_paid else None,
        "amount_requested": total,
        "created": books.now,
        "invoice": invoice["id"],
        "status": "paid" if is_paid else "open",
        "status_transitions": {"canceled_at": None, "paid_at": books.now if is_paid else None},
    }
    invoice["payments"]["data"].append(payment)
    invoice["confirmation_secret"] = {"client_secret": secret, "type": "payment_intent"}
