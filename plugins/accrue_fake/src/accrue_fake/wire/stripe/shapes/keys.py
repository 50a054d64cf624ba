"""Every key of Stripe's objects, as data, and objects made whole by it.

At one version of its API, Stripe sends every key of an object, null where it has nothing to say.
A renderer says what is known; ``whole`` adds the nulls, and stops at a key that Stripe does not
have and at one that may not be missing. The keys are data that ``tools/stripe_keys.py`` reads from
the official SDK.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API whose shapes these are."""

LEFT_OUT: Mapping[str, frozenset[str]] = {
    "checkout.session": frozenset({"line_items"}),
    "coupon": frozenset({"applies_to", "currency_options"}),
    "customer": frozenset(
        {"cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids"}
    ),
    "event.data": frozenset({"previous_attributes"}),
    "invoice": frozenset({"confirmation_secret", "payments", "threshold_reason"}),
    "payment_intent": frozenset({"hooks", "payment_details"}),
    "payment_method": frozenset({"radar_options"}),
    "payment_method.card": frozenset({"description", "iin", "issuer"}),
    "plan": frozenset({"tiers"}),
    "price": frozenset({"currency_options", "tiers"}),
    "webhook_endpoint": frozenset({"secret"}),
}
"""What Stripe leaves out of an object, instead of sending null, unless it is asked for."""

_ONE_OF_MANY = ("next_action", "payment_method_options")
"""Parts of an object in which there is nothing but what its kind needs."""

_A_KIND = "us_bank_account"
_NO_KINDS = frozenset(
    {"allow_redisplay", "billing_details", "customer", "customer_account", "metadata"}
)


def whole(place: str, known: Mapping[str, Any]) -> Json:
    """Return an object, or the part of one at a place such as ``invoice.parent``, with every key.

    ``known`` is what there is to say; parts of it are made whole, too. ``LookupError`` names a key
    that Stripe does not have there, or one that is missing and may not be null.
    """
    shape = _data()["shapes"][place]
    required, nullable = shape["required"], shape["nullable"]
    for key in known:
        if key not in required and key not in nullable:
            raise LookupError(f"Stripe's {place} has no {key}")
    for key in required:
        if key not in known:
            raise LookupError(f"Stripe's {place} always has {key}")
    shown = {key: None for key in nullable if key not in left_out(place)}
    shown |= {key: _part(f"{place}.{key}", value) for key, value in known.items()}
    first = [key for key in ("id", "object") if key in shown]
    return {key: shown[key] for key in (*first, *sorted(shown.keys() - set(first)))}


def envelope(url: str, items: Iterable[Json], *, has_more: bool = False) -> Json:
    """Return a list as Stripe wraps it."""
    return {"object": "list", "data": list(items), "has_more": has_more, "url": url}


def gone(kind: str, ref: str) -> Json:
    """Return what Stripe answers about something that was deleted."""
    return {"id": ref, "object": kind, "deleted": True}


@cache
def left_out(place: str) -> frozenset[str]:
    """Return the keys that are not there unless something is known about them."""
    return left_out_of(place, frozenset(_data()["shapes"][place]["nullable"]))


def left_out_of(place: str, nullable: frozenset[str]) -> frozenset[str]:
    """Return those keys of the ones that may be null at a place, now or at another version."""
    found = LEFT_OUT.get(place, frozenset()) | {"deleted"}
    if place.rpartition(".")[2] in _ONE_OF_MANY:
        found |= nullable
    elif _A_KIND in nullable:
        found |= nullable - _NO_KINDS
    return found & nullable


@cache
def objects() -> tuple[str, ...]:
    """Return the names of the objects whose keys are known."""
    return tuple(_data()["objects"])


@cache
def ids(kind: str) -> dict[str, list[str]]:
    """Return what an id in an object can be of, by the path to it: ``parent.quote_details.quote``.

    A list on the way is not named, for Stripe does not name it either.
    """
    return ids_in(expandable(), kind)


def ids_in(expandable: Mapping[str, Mapping[str, list[str]]], kind: str) -> dict[str, list[str]]:
    """Return that from data of this version, or of another one."""
    found: dict[str, list[str]] = {}
    for place, names in expandable.items():
        if place == kind or place.startswith(f"{kind}."):
            path = place.removeprefix(kind).removeprefix(".")
            found |= {f"{path}.{key}".removeprefix("."): names[key] for key in names}
    return found


def shapes() -> Json:
    """Return the keys of every object and part of one, by place."""
    read: Json = _data()["shapes"]
    return read


def expandable() -> Json:
    """Return by place what an id under each key can be of."""
    read: Json = _data()["expandable"]
    return read


@cache
def notices(*, of_a_thing: bool) -> frozenset[str]:
    """Return the types of notifications, such as ``v1.customer.created``, that name a thing."""
    return frozenset(_data()["thin"]["of_a_thing" if of_a_thing else "of_none"])


def _part(place: str, value: Any) -> Any:
    """Make a part whole. What has an ``object`` is not a part, and was made whole by itself."""
    if isinstance(value, list):
        return [_part(place, item) for item in value]
    is_part = isinstance(value, Mapping) and "object" not in value
    return whole(place, value) if is_part and place in _data()["shapes"] else value


@cache
def _data() -> Json:
    text = (files(__package__) / "keys.json").read_text(encoding="utf-8")
    read: Json = json.loads(text)
    return read
