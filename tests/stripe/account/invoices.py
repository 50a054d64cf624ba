"""Invoices and their payments, as the stand-in account draws them."""

from __future__ import annotations

from tests.stripe import invoice_objects
from tests.stripe.account.books import Books
from tests.stripe.account.money import sums
from tests.stripe.conformance import filled
from tests.stripe.objects import Json, envelope

INTENTS = {
    "pays": "succeeded",
    "is declined": "requires_payment_method",
    "asks its customer": "requires_action",
    "has no card": "requires_payment_method",
}
"""How the payment intent stands after a card that behaves like this was charged."""

DECLINED = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "message": "secret@person.example",
}
"""What a payment intent says after its card was refused."""

PAGE = "https://invoice.stripe.example/i/"


def draw(
    books: Books,
    subscription: Json,
    lines: list[Json],
    *,
    behavior: str | None,
    reason: str = "subscription_create",
) -> Json:
    """Draw an invoice. Without a behavior nothing is charged: a trial's, or one to be sent."""
    is_sent = subscription["collection_method"] == "send_invoice"
    invoice = drawn(books, subscription, lines, ref=books.new_ref("invoice"))
    is_paid = behavior == "pays" or invoice["amount_due"] == 0
    ref, due = invoice["id"], invoice["amount_due"]
    invoice |= {
        "amount_paid": due if is_paid else 0,
        "amount_remaining": 0 if is_paid else due,
        "attempt_count": 0 if behavior is None else 1,
        "attempted": behavior is not None,
        "auto_advance": not is_paid,
        "billing_reason": reason,
        "due_date": books.now + 86_400 * subscription["days_until_due"] if is_sent else None,
        "hosted_invoice_url": None if is_sent else f"{PAGE}{ref}",
        "number": None if is_sent else f"NUMBER-{ref}",
        "status": "draft" if is_sent else "paid" if is_paid else "open",
    }
    invoice["status_transitions"] |= {
        "finalized_at": None if is_sent else books.now,
        "paid_at": books.now if is_paid else None,
    }
    _use_credit(books, subscription, lines)
    if behavior is not None and due:
        _charge(books, invoice, behavior)
    return books.put(invoice)


def drawn(books: Books, subscription: Json, lines: list[Json], *, ref: str) -> Json:
    """Return an invoice over some lines that nobody has been charged for."""
    come_to = sums(books, subscription, lines)
    discount = [
        {"amount": come_to.discount, "discount": ref} for ref in subscription["discounts"][:1]
    ]
    tax = {
        "amount": come_to.tax,
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": "txr_All"},
        "taxability_reason": "standard_rated",
        "taxable_amount": come_to.subtotal - come_to.discount,
        "type": "tax_rate_details",
    }
    return invoice_objects.invoice() | {
        "id": ref,
        "amount_due": come_to.due,
        "amount_paid": 0,
        "amount_remaining": come_to.due,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "collection_method": subscription["collection_method"],
        "confirmation_secret": None,
        "created": books.now,
        "customer": subscription["customer"],
        "customer_email": None,
        "customer_name": None,
        "discounts": [],
        "due_date": None,
        "hosted_invoice_url": None,
        "lines": envelope(f"/v1/invoices/{ref}/lines", *(one | {"invoice": ref} for one in lines)),
        "number": None,
        "parent": _parent(subscription),
        "payments": envelope("/v1/invoice_payments"),
        "period_end": books.now,
        "period_start": books.now,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": come_to.subtotal,
        "total": come_to.total,
        "total_discount_amounts": discount if come_to.discount else [],
        "total_excluding_tax": come_to.total - come_to.tax,
        "total_taxes": [tax] if come_to.tax else [],
    }


def line(books: Books, invoice: str, item: Json, *, is_free: bool = False) -> Json:
    """Return the line of an item for its period."""
    line = invoice_objects.invoice_line(books.new_ref("line_item"))
    quantity = item.get("quantity", 0)
    amount = 0 if is_free else item["price"]["unit_amount"] * quantity
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
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": item["subscription"],
        "subtotal": amount,
    }


def retrieve(books: Books, asked: Json, ref: str) -> Json:
    """Return an invoice."""
    return books.at("invoice", ref, param="invoice")


def lines(books: Books, asked: Json, ref: str) -> Json:
    """List an invoice's lines, or those of the last preview."""
    invoice = books.preview if ref.startswith("upcoming_in") else retrieve(books, {}, ref)
    return books.page(f"/v1/invoices/{ref}/lines", asked, invoice["lines"]["data"][::-1])


def payments(books: Books, asked: Json) -> Json:
    """List an invoice's payments."""
    invoice = books.named("invoice", asked["invoice"], param="invoice")
    return books.page("/v1/invoice_payments", asked, invoice["payments"]["data"][::-1])


def _use_credit(books: Books, subscription: Json, lines: list[Json]) -> None:
    """Use up what the customer has to their credit; what an invoice gives back is added to it."""
    come_to = sums(books, subscription, lines)
    customer = books.at("customer", subscription["customer"])
    customer["balance"] += come_to.used + min(0, come_to.total)


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
                "last_payment_error": DECLINED if behavior == "is declined" else None,
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
