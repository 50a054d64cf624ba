"""Whether JSON has the shape that the official SDK's own type annotations describe.

The SDK's resource classes are generated from Stripe's API description, so they are a schema that
we did not write. Its private modules are touched here and nowhere else: when this fails to build,
the SDK has moved.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Set
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject, UntypedStripeObject

_ENVELOPE = {"object": Literal["list"], "data": list, "has_more": bool, "url": str}


def violations(data: object, *, extra: bool = True) -> list[str]:
    """Return everything that is wrong with one object, each with its place.

    Strict, as for something we made: an unknown word and, with ``extra``, an unknown key count.
    """
    name = data.get("object") if isinstance(data, dict) else None
    if not isinstance(name, str):
        return ["object: missing"]
    if isinstance(data, dict) and data.get("deleted") is True:
        return [f"{name}.{key}: extra" for key in data.keys() - {"id", "object", "deleted"}]
    return list(_object(data, get_object_class("V1", name), name, extra))


@cache
def hints(cls: type) -> dict[str, Any]:
    """Resolve the annotations of one class, with the names imported for type checking only."""
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
    tree = ast.parse(Path(str(sys.modules[module].__file__)).read_text())
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), module, "exec"), names)  # noqa: S102
    return names


def _object(data: object, cls: type, where: str, extra: bool) -> Iterator[str]:
    if not isinstance(data, dict):
        yield f"{where}: {type(data).__name__} instead of {cls.__name__}"
        return
    known = hints(cls)
    for key, hint in known.items():
        if key in data:
            yield from _value(data[key], hint, f"{where}.{key}", extra)
        elif not _is_optional(hint):
            yield f"{where}.{key}: missing"
    if extra:
        yield from (f"{where}.{key}: extra" for key in data.keys() - known.keys())


def _value(value: object, hint: Any, where: str, extra: bool) -> Iterator[str]:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return
    if origin is Union:
        yield from _union(value, args, where, extra)
    elif origin is Literal:
        if value not in args or type(value) not in {type(arg) for arg in args}:
            yield f"{where}: {value!r} is not a word of Stripe's"
    elif origin is list:
        yield from _list(value, args[0], where, extra)
    elif origin is ListObject:
        yield from _envelope(value, args[0], where, extra)
    elif origin is UntypedStripeObject:
        yield from _map(value, args[0], where, extra)
    elif isinstance(hint, type) and issubclass(hint, StripeObject):
        yield from _object(value, hint, where, extra)
    else:
        yield from _scalar(value, hint, where)


def _union(value: object, args: tuple[Any, ...], where: str, extra: bool) -> Iterator[str]:
    """Check a nullable, an open enumeration, or something that may be expanded."""
    if value is None:
        if NoneType not in args:
            yield f"{where}: null"
        return
    rest = [arg for arg in args if arg is not NoneType]
    words = [arg for arg in rest if get_origin(arg) is Literal]
    classes = [arg for arg in rest if isinstance(arg, type) and issubclass(arg, StripeObject)]
    if words:
        yield from _value(value, words[0], where, extra)
    elif isinstance(value, dict) and classes:
        name = value.get("object")
        fitting = [cls for cls in classes if getattr(cls, "OBJECT_NAME", name) == name]
        yield from _object(value, (fitting or classes)[0], where, extra)
    elif str in rest and type(value) is not dict:
        yield from _scalar(value, str, where)
    else:
        yield from _value(value, rest[0], where, extra)


def _list(value: object, hint: Any, where: str, extra: bool) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: {type(value).__name__} instead of a list"
        return
    for i, item in enumerate(value):
        yield from _value(item, hint, f"{where}[{i}]", extra)


def _envelope(value: object, hint: Any, where: str, extra: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {type(value).__name__} instead of a list envelope"
        return
    yield from (f"{where}.{key}: missing" for key in _ENVELOPE.keys() - value.keys())
    for key in _ENVELOPE.keys() & value.keys():
        expected = list[hint] if key == "data" else _ENVELOPE[key]
        yield from _value(value[key], expected, f"{where}.{key}", extra)


def _map(value: object, hint: Any, where: str, extra: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {type(value).__name__} instead of a map"
        return
    for key, item in value.items():
        yield from _value(item, hint, f"{where}.{key}", extra)


def _scalar(value: object, hint: Any, where: str) -> Iterator[str]:
    """Check a scalar as it is on the wire: a decimal is text there."""
    expected = str if hint is Decimal else hint
    fits = type(value) in (int, float) if expected is float else type(value) is expected
    if not fits:
        yield f"{where}: {type(value).__name__} instead of {expected.__name__}"


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) is Union and NoneType in get_args(hint)


def filled(data: dict[str, Any], *, besides: Set[str] = frozenset()) -> dict[str, Any]:
    """Return an object with null under every key that may be null and is not there.

    ``besides`` names the keys that Stripe leaves out unless they are asked for.
    """
    cls: type = get_object_class("V1", data["object"])
    empty = {key: None for key, hint in hints(cls).items() if _is_optional(hint)}
    return {key: value for key, value in {**empty, **data}.items() if key not in besides}
