"""Whether a request's parameters are what the official SDK's own ``stripe.params`` describe.

A form is text with bracketed names. Reading it by the type of each parameter turns it into values
and finds everything that Stripe would refuse: an unknown name at any depth, a word that is not in
an enumeration, a number that is none, a required parameter that is missing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, reduce
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import stripe.params
from stripe import _request_options, _stripe_context
from stripe._request_options import RequestOptions

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]+\])*)")
_SCALARS: dict[type, tuple[re.Pattern[str], Any]] = {
    bool: (re.compile(r"true|false"), lambda text: text == "true"),
    int: (re.compile(r"-?[0-9]{1,18}"), int),
    float: (re.compile(r"-?[0-9]+(\.[0-9]+)?"), float),
    Decimal: (re.compile(r"-?[0-9]+(\.[0-9]+)?"), Decimal),
}
_UNREADABLE = object()


@dataclass(slots=True)
class Read:
    """The values of a request, and what is wrong with it: parameter to reason."""

    values: dict[str, Any]
    wrong: dict[str, str] = field(default_factory=dict)


def read(params: str, form: str) -> Read:
    """Read a form as the parameters of a name such as ``checkout.SessionCreateParams``."""
    found = Read({})
    nested = _nested(form, found.wrong)
    cls = reduce(getattr, params.split("."), stripe.params)
    found.values = _record(nested, cls, "", found.wrong)
    return found


def _nested(form: str, wrong: dict[str, str]) -> dict[str, Any]:
    """Sort bracketed names into maps of maps; whether a map is a list is for its type to say."""
    nested: dict[str, Any] = {}
    for name, text in parse_qsl(form, keep_blank_values=True, strict_parsing=bool(form)):
        parsed = _NAME.fullmatch(name)
        if parsed is None:
            wrong[name] = "not a parameter's name"
            continue
        *path, last = [parsed[1], *re.findall(r"\[([^\[\]]+)\]", parsed[2])]
        inner = nested
        for key in path:
            inner = inner.setdefault(key, {})
        if last in inner:
            wrong[name] = "given twice"
        inner[last] = text
    return nested


def _record(
    given: Mapping[str, Any], cls: Any, where: str, wrong: dict[str, str]
) -> dict[str, Any]:
    """Read a map whose keys are known."""
    hints = _hints(cls)
    for key in cls.__required_keys__ & hints.keys() - given.keys():
        wrong[_at(where, key)] = "missing"
    values = {}
    for key, value in given.items():
        if key in hints:
            values[key] = _value(value, hints[key], _at(where, key), wrong)
        else:
            wrong[_at(where, key)] = "unknown"
    return values


def _value(given: Any, hint: Any, where: str, wrong: dict[str, str]) -> Any:
    kinds = list(_kinds(hint))
    value = _text(given, kinds) if isinstance(given, str) else _inner(given, kinds, where, wrong)
    if value is _UNREADABLE:
        wrong[where] = f"{given if isinstance(given, str) else 'a map'!r} is none of {hint}"
        return None
    return value


def _text(given: str, kinds: list[Any]) -> Any:
    """Read text as a word of an enumeration, a number, a boolean, or itself.

    The SDK types enumerations as open, so that a newer word type-checks. What is sent must be a
    word that is known; an enumeration of nothing but the empty word only says "may be cleared".
    """
    words = {word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)}
    if given in words:
        return given
    for kind, (pattern, convert) in _SCALARS.items():
        if kind in kinds and pattern.fullmatch(given):
            return convert(given)
    return given if str in kinds and words <= {""} else _UNREADABLE


def _inner(given: Mapping[str, Any], kinds: list[Any], where: str, wrong: dict[str, str]) -> Any:
    """Read a map as a list, as a map of known keys, or as a map of the caller's own keys."""
    for kind in kinds:
        if get_origin(kind) is list and list(given) == [str(i) for i in range(len(given))]:
            (item,) = get_args(kind)
            return [_value(one, item, f"{where}[{i}]", wrong) for i, one in given.items()]
        if hasattr(kind, "__required_keys__"):
            return _record(given, kind, where, wrong)
        if get_origin(kind) is dict and all(isinstance(text, str) for text in given.values()):
            return dict(given)
    return _UNREADABLE


def _kinds(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, UnionType):
        for kind in get_args(hint):
            yield from _kinds(kind)
    else:
        yield hint


def _at(where: str, key: str) -> str:
    return f"{where}[{key}]" if where else key


@cache
def _hints(cls: Any) -> dict[str, Any]:
    """Resolve a class's annotations, without the request options that it inherits."""
    names = {
        **vars(_request_options),
        **vars(_stripe_context),
        **vars(sys.modules[cls.__module__]),
    }
    options = RequestOptions.__annotations__.keys()
    return {key: hint for key, hint in get_type_hints(cls, names).items() if key not in options}
