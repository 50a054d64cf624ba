"""Read from the official SDK which parameters each route of Stripe's API takes.

The SDK's services are generated from Stripe's API description: each method names its HTTP method,
its path and the typed dictionary of its parameters. ``tools/stripe_keys.py`` writes the result.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import stripe
from stripe import _request_options, _stripe_context
from stripe._request_options import RequestOptions

SERVICES = (
    "_account_service",
    "_balance_service",
    "_coupon_service",
    "_customer_balance_transaction_service",
    "_customer_payment_method_service",
    "_customer_service",
    "_event_service",
    "_invoice_line_item_service",
    "_invoice_payment_service",
    "_invoice_service",
    "_payment_intent_service",
    "_payment_method_service",
    "_price_service",
    "_product_service",
    "_setup_intent_service",
    "_subscription_item_service",
    "_subscription_schedule_service",
    "_subscription_service",
    "_webhook_endpoint_service",
    "billing_portal._session_service",
    "checkout._session_line_item_service",
    "checkout._session_service",
    "test_helpers._test_clock_service",
    "v2.core._event_destination_service",
    "v2.core._event_service",
)
"""The services whose routes are written down."""

LEFT_OUT = re.compile(r"[A-Z]+ /v1/accounts\b")
"""Routes of those services that are about other accounts; here there is only one's own."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")

Tree = Any
"""What may stand below a name: 0 nothing, ``{"[]": tree}`` a list, ``{"*": tree}`` any name, or the
names there are."""


def routes() -> dict[str, dict[str, Any]]:
    """Return, by route, which parameters are required and the tree of those there are."""
    found: dict[str, dict[str, Any]] = {}
    for service in SERVICES:
        for route, params in _requests(service):
            if not LEFT_OUT.match(route):
                found[route] = {"required": _required(params), "takes": _record(params, ())}
    return dict(sorted(found.items()))


def _requests(service: str) -> Iterator[tuple[str, Any]]:
    """Find each request of a service's synchronous methods; the others only repeat them."""
    module = import_module(f"stripe.{service}")
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    methods = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    for method in methods:
        request = next(_calls_to_request(method), None)
        if request is not None:
            yield _route(request), _class_of(method, tree)


def _calls_to_request(method: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._request":
            yield node


def _route(request: ast.Call) -> str:
    verb, path = request.args[:2]
    words = [node.value for node in ast.walk(path) if isinstance(node, ast.Constant)]
    template = next(str(word) for word in words if str(word).startswith(("/v1/", "/v2/")))
    return f"{ast.literal_eval(verb).upper()} {_PLACEHOLDER.sub('{}', template)}"


def _class_of(method: ast.FunctionDef, tree: ast.Module) -> Any:
    """Return the typed dictionary that a method's ``params`` are annotated with."""
    hint = next(
        argument.annotation
        for argument in (*method.args.args, *method.args.kwonlyargs)
        if argument.arg == "params"
    )
    constants = (node for node in ast.walk(hint or method) if isinstance(node, ast.Constant))
    name = next(str(node.value) for node in constants if node.value is not None)
    home = next(
        str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}
    )
    return getattr(import_module(home), name)


def _required(params: Any) -> list[str]:
    return sorted(params.__required_keys__ & _hints(params).keys())


def _record(params: Any, above: tuple[Any, ...]) -> Tree:
    inside = (*above, params)
    return {name: _tree(hint, inside) for name, hint in sorted(_hints(params).items())}


def _tree(hint: Any, above: tuple[Any, ...]) -> Tree:
    """Return what may stand below a parameter of this type; the richest of its alternatives."""
    below = [tree for kind in _kinds(hint) if (tree := _below(kind, above)) != 0]
    merged: dict[str, Tree] = {}
    for tree in below:
        merged.update(tree)
    return merged or 0


def _below(kind: Any, above: tuple[Any, ...]) -> Tree:
    origin, args = get_origin(kind), get_args(kind)
    if origin is list:
        return {"[]": _tree(args[0], above)}
    if origin is dict:
        return {"*": _tree(args[1], above)}
    if hasattr(kind, "__required_keys__"):
        return 0 if kind in above else _record(kind, above)
    return 0


def _kinds(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, UnionType):
        for kind in get_args(hint):
            yield from _kinds(kind)
    else:
        yield hint


@cache
def _hints(params: Any) -> dict[str, Any]:
    """Resolve the annotations of typed parameters, without the request options they inherit."""
    names = {
        **vars(_request_options),
        **vars(_stripe_context),
        **vars(sys.modules[params.__module__]),
    }
    options = RequestOptions.__annotations__.keys()
    return {key: hint for key, hint in get_type_hints(params, names).items() if key not in options}


VERSION = stripe.api_version
"""The version of Stripe's API that the installed SDK is pinned to."""
