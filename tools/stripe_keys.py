"""Write down the shapes of Stripe's API that the Fake's wire server speaks, from the official SDK.

``python -m tools.stripe_keys`` writes; ``--check`` changes nothing and fails where a file differs
from what the installed SDK says. The files are data of ``accrue_fake``, which imports no SDK:

``keys.json`` holds, by object and place within it (``invoice``, ``invoice.parent``), the keys that
are always there, those that may be null, and the objects that an id under a key can be of.

``parameters.json`` holds, by route, the parameters it takes.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject

from tools import stripe_parameters

SHAPES = (
    Path(__file__).resolve().parents[1] / "plugins/accrue_fake/src/accrue_fake/wire/stripe/shapes"
)
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
"""The objects that are rendered, by their names in Stripe's JSON."""

OURS = frozenset({"billing_details", "card"})
"""What is looked into where there is a key for each kind of payment method: only cards are ours."""


def keys() -> dict[str, Any]:
    """Return the shapes of all objects, by object and place, and what ids can be expanded to."""
    shapes: dict[str, dict[str, list[str]]] = {}
    ids: dict[str, dict[str, list[str]]] = {}
    for name in OBJECTS:
        for place, cls in _places(name, get_object_class("V1", name)):
            shapes[place] = _shape(cls)
            if expandable := _expandable(cls):
                ids[place] = expandable
    version, objects = stripe_parameters.VERSION, list(OBJECTS)
    return {"version": version, "objects": objects, "shapes": shapes, "expandable": ids}


def _places(place: str, cls: type) -> Iterator[tuple[str, type]]:
    """Yield an object's class and those of what is inside it, each with its place."""
    yield place, cls
    kinds = _kinds_of_payment(cls)
    for key, hint in sorted(hints(cls).items()):
        for inner in _classes(hint):
            is_other_kind = key in kinds - OURS
            if not _is_object(inner) and not is_other_kind:
                yield from _places(f"{place}.{key}", inner)


def _kinds_of_payment(cls: type) -> frozenset[str]:
    """Return the keys of a class that has one for each kind of payment method."""
    return frozenset(hints(cls)) if "us_bank_account" in hints(cls) else frozenset()


def _shape(cls: type) -> dict[str, list[str]]:
    nullable = sorted(key for key, hint in hints(cls).items() if is_optional(hint))
    required = sorted(hints(cls).keys() - set(nullable))
    return {"required": required, "nullable": nullable}


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


def written(data: Mapping[str, Any]) -> str:
    """Write data as JSON with a line for each thing, so that a change shows what it changed."""
    return "{\n" + ",\n".join(_lines(data)) + "\n}\n"


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    for name, value in data.items():
        if isinstance(value, Mapping) and name in ("shapes", "expandable", "routes"):
            yield f'"{name}": {{\n' + ",\n".join(_entries(value)) + "\n}"
        else:
            yield f"{json.dumps(name)}: {json.dumps(value)}"


def _entries(data: Mapping[str, Any]) -> Iterable[str]:
    return (f" {json.dumps(name)}: {json.dumps(value)}" for name, value in data.items())


def files() -> dict[str, str]:
    """Return what belongs into each file, by its name."""
    routes = {"version": stripe_parameters.VERSION, "routes": stripe_parameters.routes()}
    return {"keys.json": written(keys()), "parameters.json": written(routes)}


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` name those that differ."""
    is_check, differing = arguments == ["--check"], 0
    for name, text in files().items():
        path = SHAPES / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        differing += 1
        if is_check:
            print(f"{name} is not what the installed SDK says: run python -m tools.stripe_keys")
        else:
            path.write_text(text, encoding="utf-8")
    return int(is_check and differing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
