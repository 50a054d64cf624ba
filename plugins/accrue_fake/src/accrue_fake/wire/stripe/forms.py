"""Forms: bracketed names, as every Stripe SDK sends them, to values within values.

``items[0][price]=p`` is a list of maps, ``expand[]=a`` appends to a list, and so does
``items[][price]=p``, where a name that comes again begins the next map.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from accrue_fake.wire.stripe.problems import INVALID, Refused

MOST_FIELDS = 2000
DEEPEST = 10
LONGEST_NAME = 500
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_CALLERS = frozenset({"metadata"})
"""Maps whose names are the caller's: they are never taken for lists."""


def decoded(*forms: bytes) -> dict[str, Any]:
    """Return the parameters of a query and a body; what cannot be read is refused."""
    tree: dict[str, Any] = {}
    for form in forms:
        for name, value in _pairs(form):
            _insert(tree, _keys(name), value, name)
    return {name: _listed(value, name) for name, value in tree.items()}


def from_json(body: bytes) -> dict[str, Any]:
    """Return the parameters of a body in JSON as a form would have them: null takes away."""
    try:
        read = json.loads(body)
        json.dumps(read, ensure_ascii=False).encode()  # Half a character can be written nowhere.
    except (ValueError, RecursionError):
        raise Refused(400, "Invalid request: the body is not JSON.", type_=INVALID) from None
    if not isinstance(read, dict):
        raise Refused(400, "Invalid request: the body is not an object.", type_=INVALID)
    written: dict[str, Any] = _as_text(read, DEEPEST)
    return written


def _as_text(value: Any, depth: int) -> Any:
    if depth < 0:
        raise Refused(400, "Invalid request: the body is too deep.", type_=INVALID)
    if isinstance(value, dict):
        return {name: _as_text(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner, depth - 1) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def leaves(values: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return where values stand, as paths of names and places."""
    if isinstance(values, dict):
        inner = values.items()
    elif isinstance(values, list):
        inner = {str(place): value for place, value in enumerate(values)}.items()
    else:
        return [above]
    return [path for name, value in inner for path in leaves(value, (*above, name))] or [above]


def values(tree: Any, above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """Return the texts with where they stand; what is empty is left out."""
    if isinstance(tree, str):
        return [(above, tree)]
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return [found for name, below in inner for found in values(below, (*above, str(name)))]


def named(path: tuple[str, ...]) -> str:
    """Write a path as a parameter's name."""
    return path[0] + "".join(f"[{key}]" for key in path[1:])


def _pairs(form: bytes) -> list[tuple[str, str]]:
    try:
        text = form.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except UnicodeDecodeError:
        raise Refused(400, "Invalid request: the form is not UTF-8.", type_=INVALID) from None
    except ValueError:
        raise Refused(400, "Invalid request: too many parameters.", type_=INVALID) from None


def _keys(name: str) -> list[str]:
    parsed = _NAME.fullmatch(name) if len(name) <= LONGEST_NAME else None
    keys = [] if parsed is None else [parsed[1], *re.findall(r"\[([^\[\]]*)\]", parsed[2])]
    if not keys or len(keys) > DEEPEST:
        shown = name[:80]
        raise Refused(400, f"Invalid parameter name: {shown!r}", code="parameter_unknown")
    return keys


def _insert(tree: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    *path, last = keys
    inner = tree
    for place, key in enumerate(path):
        below = _place(inner, key, keys[place + 1])
        inner = inner.setdefault(below, {})
        if not isinstance(inner, dict):
            raise Refused(400, f"Invalid request: {name[:80]} is given twice.", param=keys[0])
    key = str(len(inner)) if last == "" else last
    if isinstance(inner.get(key), dict):
        raise Refused(400, f"Invalid request: {name[:80]} is given twice.", param=keys[0])
    inner[key] = value


def _place(inner: dict[str, Any], key: str, below: str) -> str:
    """Return which element ``[]`` means: the last one while it has no such name yet."""
    if key != "":
        return key
    last = str(len(inner) - 1)
    if isinstance(inner.get(last), dict) and below not in inner[last] and below != "":
        return last
    return str(len(inner))


def _listed(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        return value
    if name not in _CALLERS and all(key.isdecimal() for key in value):
        return [_listed(value[key], key) for key in sorted(value, key=int)]
    return {key: _listed(inner, key) for key, inner in value.items()}
