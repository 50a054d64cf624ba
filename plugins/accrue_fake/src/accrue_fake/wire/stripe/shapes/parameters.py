"""Which parameters a route of Stripe's takes: the names that are documented, at any depth.

Stripe refuses a request with a parameter that it does not know, so that a parameter that was taken
away from the API, or was never in it, cannot pass here either. The names are data that
``tools/stripe_keys.py`` reads from the official SDK.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

ANY_NAME, LIST = "*", "[]"
"""What stands in a tree for the names of a map's caller, and for the places in a list."""


def route_of(method: str, path: str) -> str | None:
    """Return the route of a request, such as ``POST /v1/customers/{}``, if Stripe has one.

    A path that is written out goes before one with an id in it: ``/v1/invoices/create_preview``
    is no invoice.
    """
    parts = path.split("/")
    fitting = [
        route
        for route in _routes()
        if route.startswith(f"{method.upper()} ") and _fits(route, parts)
    ]
    return min(fitting, key=lambda route: route.count("{}"), default=None)


def allowed(route: str, path_of_keys: Sequence[str]) -> bool:
    """Say whether a route takes a parameter: ``("items", "0", "price")`` is ``items[0][price]``.

    A place in a list is a number, or empty as in ``expand[]``. Of what the caller names, as in
    ``metadata``, every name is allowed. A route that is not known takes nothing.
    """
    tree = _routes().get(route, {}).get("takes", {})
    for key in path_of_keys:
        tree = _below(tree, key)
        if tree is None:
            return False
    return bool(path_of_keys)


def required(route: str) -> frozenset[str]:
    """Return the parameters that a route asks for at its top, and cannot do without."""
    return frozenset(_routes().get(route, {}).get("required", ()))


def routes() -> frozenset[str]:
    """Return all routes whose parameters are known."""
    return frozenset(_routes())


def _below(tree: Any, key: str) -> Any:
    """Return what may stand below a name, or nothing if there is no such name."""
    if not isinstance(tree, Mapping):
        return None
    if LIST in tree and (key == "" or key.isdecimal()):
        return tree[LIST]
    return tree.get(ANY_NAME) if ANY_NAME in tree else tree.get(key)


def _fits(route: str, parts: list[str]) -> bool:
    template = route.partition(" ")[2].split("/")
    return len(template) == len(parts) and all(
        wanted == given or (wanted == "{}" and given != "")
        for wanted, given in zip(template, parts, strict=True)
    )


@cache
def _routes() -> dict[str, dict[str, Any]]:
    text = (files(__package__) / "parameters.json").read_text(encoding="utf-8")
    read: dict[str, dict[str, Any]] = json.loads(text)["routes"]
    return read
