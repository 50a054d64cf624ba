"""Whether an object has every key that the official SDK annotates, at any depth.

Annotations cannot tell a key that may be null from one that may be absent. At one version Stripe
sends them all, but for the few that are left out unless they are asked for, and where there is one
key for each kind of payment method.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from stripe import PaymentMethod
from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject, UntypedStripeObject

from tests.stripe.conformance import hints

LEFT_OUT = {
    "Card": {"description", "iin", "issuer"},
    "Coupon": {"applies_to", "currency_options"},
    "Customer": {
        "cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids",
    },
    "Data": {"previous_attributes"},
    "Invoice": {"confirmation_secret", "payments", "threshold_reason"},
    "PaymentIntent": {"hooks", "payment_details"},
    "PaymentMethod": {"radar_options"},
    "Plan": {"tiers"},
    "Price": {"currency_options", "tiers"},
    "Session": {"line_items"},
    "WebhookEndpoint": {"secret"},
}  # fmt: skip
"""By class, what Stripe leaves out unless it is asked for: from its documentation."""

ONE_OF_MANY = {"NextAction", "PaymentMethodOptions"}


def missing(data: Any) -> list[str]:
    """Return the place of each key that is annotated and not there."""
    if data.get("deleted") is True:
        return []
    return list(_object(data, get_object_class("V1", data["object"]), data["object"]))


def _object(data: dict[str, Any], cls: type, where: str) -> Iterator[str]:
    if data.get("deleted") is True:
        return
    for key, hint in hints(cls).items():
        if key in data:
            yield from _value(data[key], hint, f"{where}.{key}")
        elif not _may_be_absent(cls, key):
            yield f"{where}.{key}"


def _value(value: Any, hint: Any, where: str) -> Iterator[str]:
    is_envelope = isinstance(value, dict) and value.get("object") == "list"
    items = value["data"] if is_envelope else value
    if isinstance(items, list):
        for i, item in enumerate(items):
            yield from _value(item, _item(hint), f"{where}[{i}]")
    elif isinstance(value, dict) and (cls := _class(value, hint)):
        yield from _object(value, cls, where)


def _class(value: dict[str, Any], hint: Any) -> type | None:
    found = [
        kind
        for kind in (get_args(hint) or (hint,))
        if isinstance(kind, type) and issubclass(kind, StripeObject)
    ]
    named = [kind for kind in found if getattr(kind, "OBJECT_NAME", None) == value.get("object")]
    return next(iter(named or found), None)


def _item(hint: Any) -> Any:
    """Return what a list holds, nullable or not."""
    for kind in (hint, *get_args(hint)):
        if get_origin(kind) in (list, ListObject):
            return get_args(kind)[0]
    return UntypedStripeObject


def _may_be_absent(cls: type, key: str) -> bool:
    name = cls.__name__
    is_kind = cls is PaymentMethod and key in get_args(get_args(hints(cls)["type"])[0])
    return key == "deleted" or key in LEFT_OUT.get(name, ()) or name in ONE_OF_MANY or is_kind
