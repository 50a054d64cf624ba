"""What each release of Stripe's API moved: how things were told before it.

A release is named that moved something, with what has to be said again for whoever asks at an
earlier one. Keys that have come since are left out by the data of ``past``, and keys that said
nothing here are null; this is what has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accrue_fake.wire.stripe.shapes.keys import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where that is found which an object no longer tells of itself.

    ``show`` renders a thing by its kind and id, as at the present release; ``LookupError`` where
    there is none. ``payment_of`` names the payment intent of an invoice, if it has one, and
    ``invoice_of`` the invoice of a payment intent, or ``LookupError``.
    """

    show: Callable[[str, str], Json]
    payment_of: Callable[[str], str | None]
    invoice_of: Callable[[str], str]


Move = Callable[[Json, Known], Json]
"""Returns the keys that an object had before, given the object as it is."""


def _shown_in_checkout(session: Json, _: Known) -> Json:
    words = {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}
    return {"ui_mode": words.get(session["ui_mode"], session["ui_mode"])}


def _coupon_of_discount(discount: Json, known: Known) -> Json:
    coupon = discount["source"]["coupon"]
    return {"coupon": known.show("coupon", coupon) if isinstance(coupon, str) else coupon}


def _period_of_subscription(subscription: Json, known: Known) -> Json:
    """Tell the one period that all items had; of several, the one that ends first."""
    items = subscription["items"]["data"]
    first = min(items, key=lambda item: int(item["current_period_end"]))
    return {
        "current_period_start": first["current_period_start"],
        "current_period_end": first["current_period_end"],
        "discount": _last_discount(subscription["discounts"], known),
    }


def _links_of_invoice(invoice: Json, known: Known) -> Json:
    """Tell what an invoice is for and what pays it, which now stands in lists and in a parent."""
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    proration = details.get("subscription_proration_date")
    return {
        "subscription": details.get("subscription"),
        "subscription_details": {"metadata": details.get("metadata")},
        "payment_intent": _payment_of(invoice, known),
        "paid": invoice["status"] == "paid",
        "paid_out_of_band": False,
        "discount": _last_discount(invoice["discounts"], known),
        "tax": sum(tax["amount"] for tax in invoice["total_taxes"] or ()) or None,
        "total_tax_amounts": _tax_amounts(invoice["total_taxes"]),
    } | ({} if proration is None else {"subscription_proration_date": proration})


def _origin_of_line(line: Json, known: Known) -> Json:
    """Tell what a line is for in its own words: an item, or the proration of one."""
    details = (line["parent"] or {}).get("subscription_item_details") or {}
    pricing = (line["pricing"] or {}).get("price_details") or {}
    price = pricing.get("price")
    taxes = line["taxes"] or ()
    untaxed = line["amount"] - sum(
        tax["amount"] for tax in taxes if tax["tax_behavior"] == "inclusive"
    )
    return {
        "amount_excluding_tax": untaxed,
        "invoice_item": details.get("invoice_item"),
        "plan": known.show("plan", price) if isinstance(price, str) else None,
        "price": known.show("price", price) if isinstance(price, str) else price,
        "proration": bool(details.get("proration")),
        "proration_details": details.get("proration_details") or {},
        "subscription_item": details.get("subscription_item"),
        "tax_amounts": _tax_amounts(taxes),
        "tax_rates": [],
        "type": "invoiceitem" if details.get("invoice_item") else "subscription",
        "unit_amount_excluding_tax": (line["pricing"] or {}).get("unit_amount_decimal"),
    }


def _invoice_of_payment(intent: Json, known: Known) -> Json:
    """Tell which invoice a payment collects, if it collects one."""
    try:
        return {"invoice": known.invoice_of(intent["id"])}
    except LookupError:
        return {"invoice": None}


def _coupons_of_phases(schedule: Json, _: Known) -> Json:
    return {"phases": [phase | {"coupon": _first_coupon(phase)} for phase in schedule["phases"]]}


def _first_coupon(phase: Json) -> Any:
    return next((one.get("coupon") for one in phase["discounts"]), None)


def _last_discount(discounts: list[Any], known: Known) -> Json | None:
    """Return the one discount that there was room for, whole."""
    if not discounts:
        return None
    discount = discounts[-1]
    try:
        found: Json = known.show("discount", discount) if isinstance(discount, str) else discount
    except LookupError:
        return None
    return found


def _payment_of(invoice: Json, known: Known) -> str | None:
    """Return the payment intent of an invoice; a draft had none."""
    if invoice["status"] == "draft":
        return None
    return known.payment_of(str(invoice.get("id")))


def _tax_amounts(taxes: Any) -> list[Json]:
    return [
        {
            "amount": tax["amount"],
            "inclusive": tax["tax_behavior"] == "inclusive",
            "tax_rate": tax["tax_rate_details"]["tax_rate"],
            "taxability_reason": tax["taxability_reason"],
            "taxable_amount": tax["taxable_amount"],
        }
        for tax in taxes or ()
    ]


MOVES: Mapping[str, Mapping[str, Move]] = {
    "dahlia": {"checkout.session": _shown_in_checkout},
    "clover": {"discount": _coupon_of_discount},
    "basil": {
        "invoice": _links_of_invoice,
        "line_item": _origin_of_line,
        "payment_intent": _invoice_of_payment,
        "subscription": _period_of_subscription,
        "subscription_schedule": _coupons_of_phases,
    },
}
"""By the release that moved it, and the kind of thing."""
