"""Things as they were told before: an answer of today, in the shape of an earlier release.

Every object in it is taken back by the moves of the releases since, and then has exactly the keys
that it had: what came later is left out, and what said nothing is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accrue_fake.wire.stripe.shapes import keys, past
from accrue_fake.wire.stripe.shapes.keys import Json
from accrue_fake.wire.stripe.shapes.moves import MOVES, Known
from accrue_fake.wire.stripe.shapes.versions import PRESENT, is_older


class Before:
    """Tells things as a release did."""

    def __init__(self, release: str, known: Known) -> None:
        self.release = release
        self._known = known

    def told(self, shown: Json) -> Json:
        """Return an object, or a list of them, as it was told.

        What an event is about stays as it is: that was told when it happened, at a version of its
        own, and never changes.
        """
        kind = str(shown.get("object"))
        if kind in ("list", "search_result"):
            return shown | {"data": [self.told(one) for one in shown["data"]]}
        if self.release == PRESENT or shown.get("deleted") or not _is_versioned(kind):
            return shown
        if kind == "event":
            return self._fitted(kind, shown | {"data": None}) | {"data": shown["data"]}
        then = shown
        for release, moves in MOVES.items():
            if kind in moves and is_older(self.release, than=release):
                then = then | moves[kind](then, self._known)
        return self._fitted(kind, then)

    def event(self, event: Json, version: str) -> Json:
        """Return an event as an endpoint of a version is told of it, with what was different."""
        if self.release == PRESENT:
            return event | {"api_version": version}
        data = dict(event["data"])
        subject, previous = data["object"], data.get("previous_attributes")
        data["object"] = after = self.told(subject)
        if previous is not None:
            before = self.told(subject | previous)
            changed = (key for key in before if before[key] != after.get(key))
            data["previous_attributes"] = {key: before[key] for key in changed}
        return self.told(event | {"api_version": version, "data": data})

    def _fitted(self, place: str, known: Mapping[str, Any]) -> Json:
        """Return an object, or a part of one, with the keys that it had."""
        shape = past.shape(self.release, place)
        if shape is None:
            return dict(known)
        absent = past.left_out(self.release, place) - known.keys()
        had = {*shape["required"], *shape["nullable"]} - absent
        first = [key for key in ("id", "object") if key in had]
        for key in shape["required"]:
            if key not in known:
                raise LookupError(f"Stripe's {place} always had {key}")
        return {
            key: self.value(f"{place}.{key}", known.get(key))
            for key in (*first, *sorted(had - set(first)))
        }

    def value(self, place: str, value: Any) -> Any:
        """Return what stood at a place such as ``customer.tax``."""
        if isinstance(value, list):
            return [self.value(place, one) for one in value]
        if not isinstance(value, Mapping):
            return value
        return self.told(dict(value)) if "object" in value else self._fitted(place, value)


def _is_versioned(kind: str) -> bool:
    """Whether a kind of thing is told otherwise by each release; the second namespace's are not."""
    return kind in keys.objects() and not kind.startswith("v2.")
