"""Read the shapes of Stripe's objects from the annotations of an official SDK, of whatever age.

The SDK's resource classes are generated from Stripe's API description. ``python -m
tools.stripe_shapes`` prints what the SDK that is first on the path says, as JSON.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from stripe import _api_version, _object_classes
from stripe._list_object import ListObject
from stripe._stripe_object import StripeObject

OBJECTS = (
    "account",
    "billing_portal.session",
    "checkout.session",
    "coupon",
    "customer",
    "customer_balance_transaction",
    "discount",
    "event",
    "invoice",
    "invoice_payment",
    "item",
    "line_item",
    "payment_intent",
    "payment_method",
    "plan",
    "price",
    "product",
    "setup_intent",
    "subscription",
    "subscription_item",
    "subscription_schedule",
    "tax_rate",
    "test_helpers.test_clock",
    "webhook_endpoint",
)
"""The objects of version 1 that are rendered, by their names in Stripe's JSON."""

OURS = frozenset({"billing_details", "card"})
"""What is looked into where there is a key for each kind of payment method: only cards are ours."""

Shapes = dict[str, dict[str, list[str]]]


def read(objects: Iterable[str]) -> dict[str, Shapes]:
    """Return the keys by object and place within it, and what ids there can be expanded to."""
    shapes: Shapes = {}
    ids: Shapes = {}
    for name in objects:
        cls = class_of(name)
        for place, inner in () if cls is None else places(name, cls):
            shapes[place] = shape(inner)
            if expandable := _expandable(inner):
                ids[place] = expandable
    return {"shapes": shapes, "expandable": ids}


def class_of(name: str) -> type | None:
    """Return the class of an object, if the SDK has one; a young SDK imports it when asked."""
    known: Any = vars(_object_classes)
    is_v2 = name.startswith("v2.")
    found = known["V2_OBJECT_CLASSES" if is_v2 else "OBJECT_CLASSES"].get(name)
    if isinstance(found, tuple):
        found = known["get_object_class"]("V2" if is_v2 else "V1", name)
    return found if isinstance(found, type) else None


def places(place: str, cls: type) -> Iterator[tuple[str, type]]:
    """Yield an object's class and those of what is inside it, each with its place."""
    yield place, cls
    kinds = _kinds_of_payment(cls)
    for key, hint in sorted(hints(cls).items()):
        for inner in _classes(hint):
            is_other_kind = key in kinds - OURS
            if not _is_object(inner) and not is_other_kind:
                yield from places(f"{place}.{key}", inner)


def shape(cls: type) -> dict[str, list[str]]:
    """Return the keys that are always there, and those that may be null."""
    nullable = sorted(key for key, hint in hints(cls).items() if is_optional(hint))
    required = sorted(hints(cls).keys() - set(nullable))
    return {"required": required, "nullable": nullable}


def _kinds_of_payment(cls: type) -> frozenset[str]:
    """Return the keys of a class that has one for each kind of payment method."""
    return frozenset(hints(cls)) if "us_bank_account" in hints(cls) else frozenset()


def _expandable(cls: type) -> dict[str, list[str]]:
    found = {}
    for key, hint in sorted(hints(cls).items()):
        alternatives = [kind for outer in alternatives_of(hint) for kind in _one_of_many(outer)]
        names = sorted({_name(kind) for kind in alternatives if _is_object(kind)})
        if str in alternatives and names:
            found[key] = names
    return found


def _one_of_many(hint: Any) -> tuple[Any, ...]:
    return alternatives_of(get_args(hint)[0]) if get_origin(hint) is list else (hint,)


def _classes(hint: Any) -> Iterator[type]:
    for kind in alternatives_of(hint):
        if get_origin(kind) is list:
            yield from _classes(get_args(kind)[0])
        elif _is_of_stripe(kind) and hints(kind):
            yield kind


def _is_of_stripe(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StripeObject)


def _is_object(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "OBJECT_NAME")


def _name(kind: Any) -> str:
    return str(kind.OBJECT_NAME)


def alternatives_of(hint: Any) -> tuple[Any, ...]:
    """Return what a type may be: the members of a union, or itself."""
    return get_args(hint) if get_origin(hint) is Union else (hint,)


def is_optional(hint: Any) -> bool:
    """Say whether a value of this type may be null."""
    return NoneType in alternatives_of(hint)


@cache
def hints(cls: type) -> dict[str, Any]:
    """Resolve the annotations of one class, with the names imported for type checking only."""
    if cls is ListObject:
        return {}
    module = sys.modules[cls.__module__]
    names = {**vars(module), **_typing_names(cls.__module__)}

    def holder() -> None: ...

    holder.__annotations__ = {
        key: value for key, value in inspect.get_annotations(cls).items() if key[0] != "_"
    }
    resolved = get_type_hints(holder, globalns=names)
    return {key: hint for key, hint in resolved.items() if get_origin(hint) is not ClassVar}


@cache
def _typing_names(module: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    tree = ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), module, "exec"), names)  # noqa: S102
    return names


if __name__ == "__main__":
    print(json.dumps({"version": vars(_api_version)["_ApiVersion"].CURRENT} | read(OBJECTS)))
