"""What the official SDK's types look like, field by field, for the types that we read.

To see what an upgrade of the SDK moves, and to agree to it once the translations have followed:

    python -m tests.stripe.sdk_digest > tests/stripe/sdk_types.txt
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, Union, get_args, get_origin

import stripe
from stripe._list_object import ListObject
from stripe._stripe_object import StripeObject, UntypedStripeObject

from tests.stripe.conformance import hints

TYPES: dict[str, Any] = {
    "BillingPortalSession": stripe.billing_portal.Session,
    "CheckoutSession": stripe.checkout.Session,
    "Coupon": stripe.Coupon,
    "Customer": stripe.Customer,
    "Discount": stripe.Discount,
    "Event": stripe.Event,
    "Invoice": stripe.Invoice,
    "InvoiceLineItem": stripe.InvoiceLineItem,
    "InvoicePayment": stripe.InvoicePayment,
    "PaymentIntent": stripe.PaymentIntent,
    "PaymentMethod": stripe.PaymentMethod,
    "Price": stripe.Price,
    "Product": stripe.Product,
    "Subscription": stripe.Subscription,
    "SubscriptionItem": stripe.SubscriptionItem,
    "SubscriptionSchedule": stripe.SubscriptionSchedule,
    "WebhookEndpoint": stripe.WebhookEndpoint,
}

PLAIN = {
    "BillingPortalSession": {"customer", "flow", "id", "object", "return_url", "url"},
    "CheckoutSession": {
        "created", "customer", "expires_at", "id", "invoice", "metadata", "mode", "object",
        "status", "subscription", "ui_mode", "url",
    },
    "PaymentIntent": {"last_payment_error", "status"},
    "PaymentMethod": {
        "acss_debit", "au_becs_debit", "bacs_debit", "card", "created", "customer", "id",
        "object", "sepa_debit", "type", "us_bank_account",
    },
}  # fmt: skip
"""Types of which we read these fields, and which have parts for much that we never see."""


def digest() -> list[str]:
    """Return one line for each field of each type: its place, and what is there."""
    lines = {line for name, cls in TYPES.items() for line in _fields(name, cls, PLAIN.get(name))}
    return sorted(lines)


def moved(before: list[str], after: list[str]) -> list[str]:
    """Say what is different between two digests, each time with the field's name."""
    was = dict(line.split(": ", 1) for line in before)
    is_now = dict(line.split(": ", 1) for line in after)
    gone = [f"{place} is gone; it was {was[place]}" for place in was.keys() - is_now.keys()]
    new = [f"{place} is new: {is_now[place]}" for place in is_now.keys() - was.keys()]
    other = [
        f"{place} was {was[place]}, and is {is_now[place]}"
        for place in was.keys() & is_now.keys()
        if was[place] != is_now[place]
    ]
    return sorted(gone + new + other)


def _fields(where: str, cls: Any, wanted: set[str] | None) -> Iterator[str]:
    for key, hint in hints(cls).items():
        if wanted is None or key in wanted:
            place = f"{where}.{key}"
            yield f"{place}: {_said(hint)}"
            for inner in _parts(hint):
                yield from _fields(place, inner, None)


def _parts(hint: Any) -> Iterator[Any]:
    """Return the classes of parts; what is a resource of its own has an entry of its own."""
    if isinstance(hint, type) and get_origin(hint) is None:
        if issubclass(hint, StripeObject) and not hasattr(hint, "OBJECT_NAME"):
            yield hint
        return
    for one in get_args(hint):
        yield from _parts(one)


def _said(hint: Any) -> str:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Union:
        rest = " | ".join(_said(one) for one in args if one is not NoneType)
        return f"{rest} or null" if NoneType in args else rest
    if origin is Literal:
        return f"one of {' '.join(sorted(str(one) for one in args))}"
    if origin in (list, ListObject, UntypedStripeObject):
        kinds = {list: "list", ListObject: "pages", UntypedStripeObject: "map"}
        return f"{kinds[origin]} of {' '.join(_said(one) for one in args)}"
    return str(getattr(hint, "OBJECT_NAME", getattr(hint, "__name__", hint)))


if __name__ == "__main__":
    print("\n".join(digest()))  # noqa: T201
