"""Expanding: ids become the objects they name, where a request asks for it, four levels deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.problems import Refused, invalid
from accrue_fake.wire.stripe.shapes import keys, past
from accrue_fake.wire.stripe.shapes.versions import PRESENT

DEEPEST = 4
MOST_PATHS = 50

Show = Callable[[str, str], Json]
Include = Callable[[Json, str], Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """An object's kind, and a path within it: what keys mean depends on both."""

    kind: str
    path: str
    release: str

    def below(self, key: str) -> _Place:
        return _Place(self.kind, self._at(key), self.release)

    def kinds_of(self, key: str) -> list[str] | None:
        """Return what an id under a key can be expanded to, if anything."""
        return past.ids(self.release, self.kind).get(self._at(key))

    def leaves_out(self, key: str) -> bool:
        """Whether a key is there only when it is asked for."""
        had = keys.LEFT_OUT.get(self.kind, frozenset()) & past.left_out(self.release, self.kind)
        return not self.path and key in had

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


class Expanding:
    """Answers ``expand``. ``show`` renders an object by kind and id.

    ``include`` gives what an object leaves out unless it is asked for, such as an invoice's
    ``payments``. Both give it as ``release`` told it.
    """

    def __init__(self, show: Show, include: Include, *, release: str = PRESENT) -> None:
        self._show = show
        self._include = include
        self._release = release

    def expanded(self, shown: Json, wanted: Iterable[str]) -> Json:
        """Return an object, or a list of them, with these paths expanded."""
        paths = list(wanted)
        if len(paths) > MOST_PATHS:
            raise invalid("Too many paths to expand.", param="expand")
        for place, path in enumerate(paths):
            parts = path.split(".")
            levels = len(parts) - (shown.get("object") in ("list", "search_result"))
            if levels > DEEPEST:
                raise invalid(
                    f"You cannot expand more than {DEEPEST} levels of a property ({path[:200]}).",
                    param=f"expand[{place}]",
                )
            shown = self._object(shown, parts, path, f"expand[{place}]")
        return shown

    def _object(self, shown: Json, parts: list[str], path: str, param: str) -> Json:
        kind = shown.get("object")
        if kind in ("list", "search_result"):
            if parts[0] != "data":
                raise _impossible(path, param)
            below = parts[1:]
            if not below:
                return shown
            return shown | {
                "data": [self._object(one, below, path, param) for one in shown["data"]]
            }
        if shown.get("deleted"):
            return shown
        return self._inside(shown, _Place(str(kind), "", self._release), shown, parts, path, param)

    def _inside(
        self, part: Json, place: _Place, owner: Json, parts: list[str], path: str, param: str
    ) -> Json:
        key, *rest = parts
        if key not in part:
            if not place.leaves_out(key):
                raise _impossible(path, param)
            value = self._include(owner, key)
        else:
            value, kinds = part[key], place.kinds_of(key)
            if kinds is not None:
                value = self._resolved(value, kinds)
            elif not rest and not _has_object(value):
                raise _impossible(path, param)
        if rest:
            value = self._deeper(value, place.below(key), owner, rest, path, param)
        return part | {key: value}

    def _deeper(
        self, value: Any, place: _Place, owner: Json, rest: list[str], path: str, param: str
    ) -> Any:
        if isinstance(value, list):
            return [self._deeper(one, place, owner, rest, path, param) for one in value]
        if _has_object(value):
            return self._object(value, rest, path, param)
        if isinstance(value, dict):
            return self._inside(value, place, owner, rest, path, param)
        if value is None:
            return None
        raise _impossible(path, param)

    def _resolved(self, value: Any, kinds: list[str]) -> Any:
        if isinstance(value, list):
            return [self._resolved(one, kinds) for one in value]
        if not isinstance(value, str):
            return value
        for kind in kinds:
            try:
                return self._show(kind, value)
            except LookupError:
                continue
        return value


def _has_object(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("object"), str)


def _impossible(path: str, param: str) -> Refused:
    return invalid(f"This property cannot be expanded ({path[:200]}).", param=param)
