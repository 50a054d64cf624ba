"""Whether an answer has the keys that it had at an earlier release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accrue_fake.wire.stripe.shapes.past import left_out, shape


def wrong_in(release: str, place: str, value: Any) -> Iterator[str]:
    """Walk an answer beside the keys that a release had, and yield what does not fit."""
    if isinstance(value, list):
        for one in value:
            yield from wrong_in(release, place, one)
    elif isinstance(value, dict) and value.get("object") == "list":
        yield from wrong_in(release, place, value["data"])
    elif isinstance(value, dict) and not value.get("deleted"):
        at = value.get("object", place)
        had = shape(release, at)
        if had is not None:
            always = set(had["required"]) | (set(had["nullable"]) - left_out(release, at))
            yield from (f"{at}.{key}: missing" for key in always - value.keys())
            for key, inner in value.items():
                if key not in had["required"] and key not in had["nullable"]:
                    yield f"{at}.{key}: not known then"
                if inner is None and key in had["required"]:
                    yield f"{at}.{key}: null"
                if (at, key) != ("event", "data"):
                    yield from wrong_in(release, f"{at}.{key}", inner)
