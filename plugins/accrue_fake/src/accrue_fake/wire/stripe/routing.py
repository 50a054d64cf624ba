"""Routing: which of the routes that are played a request is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accrue_fake.wire.stripe import elsewhere
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.problems import Refused
from accrue_fake.wire.stripe.shapes import parameters

Act = Callable[[Desk, Call], Json]
"""Does what is asked and returns the object, or the list of objects, to answer with."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a route does; ``call`` is its name for scenarios, as in ``subscriptions.create``."""

    call: str
    act: Act


class Routes:
    """Finds the deed of a request by the words of its path, those without ids first."""

    def __init__(self, deeds: Mapping[str, Deed]) -> None:
        self._deeds = deeds
        self._by_shape: dict[tuple[str, int], list[tuple[str, list[str]]]] = {}
        for route in sorted(deeds, key=lambda route: (route.count("{}"), route)):
            method, _, path = route.partition(" ")
            parts = path.split("/")
            self._by_shape.setdefault((method, len(parts)), []).append((route, parts))

    def find(self, method: str, path: str) -> tuple[str, Deed, tuple[str, ...]]:
        """Return the route, what it does, and the ids in the path; else 404."""
        given = path.rstrip("/").split("/")
        for route, parts in self._by_shape.get((method, len(given)), ()):
            names = _names(parts, given)
            if names is not None:
                return route, self._deeds[route], names
        raise _unrecognized(method, path)


def _names(parts: list[str], given: list[str]) -> tuple[str, ...] | None:
    names = []
    for wanted, part in zip(parts, given, strict=True):
        if wanted == "{}" and part:
            names.append(part)
        elif wanted != part:
            return None
    return tuple(names)


def _unrecognized(method: str, path: str) -> Refused:
    if parameters.route_of(method, path) is not None or elsewhere.has(path):
        return Refused(
            404, f"The Fake does not play {method} {path[:200]}.", code="not_played_by_the_fake"
        )
    return Refused(404, f"Unrecognized request URL ({method}: {path[:200]}).")
