"""What Stripe's objects had at earlier releases: which keys, and what ids could be expanded to.

The keys are data that ``tools/stripe_past.py`` reads from earlier versions of the official SDK: for
each release, what was otherwise than in the one after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from accrue_fake.wire.stripe.shapes import keys
from accrue_fake.wire.stripe.shapes.versions import PRESENT, RELEASES, release_of

Json = dict[str, Any]

_LEFT_OUT: Mapping[str, frozenset[str]] = {"invoice": frozenset({"subscription_proration_date"})}
"""What was left out where there was nothing to say, besides everything that still is."""


def shape(release: str, place: str) -> Mapping[str, list[str]] | None:
    """Return the keys that a place had, ``required`` and ``nullable``; none where it was not."""
    found: Mapping[str, list[str]] | None = _at(release)["shapes"].get(place)
    return found


@cache
def ids(release: str, kind: str) -> dict[str, list[str]]:
    """Return what an id in an object could be of, by the path to it."""
    return keys.ids_in(_at(release)["expandable"], kind)


@cache
def left_out(release: str, place: str) -> frozenset[str]:
    """Return the keys that were not there unless something was known about them."""
    had = shape(release, place) or {}
    nullable = frozenset(had.get("nullable", ()))
    return keys.left_out_of(place, nullable) | (_LEFT_OUT.get(place, frozenset()) & nullable)


@cache
def _at(release: str) -> Mapping[str, Json]:
    """Put the shapes of a release together, from those of the one after it."""
    if release == PRESENT:
        return {"shapes": keys.shapes(), "expandable": keys.expandable()}
    order = list(RELEASES)
    after, differing = _at(order[order.index(release) - 1]), _differences()[release]
    return {part: _changed(after[part], differing[part]) for part in after}


def _changed(after: Json, differing: Json) -> Json:
    return {place: was for place, was in {**after, **differing}.items() if was is not None}


@cache
def _differences() -> Mapping[str, Json]:
    text = (files(__package__) / "past.json").read_text(encoding="utf-8")
    read: Json = json.loads(text)["releases"]
    return {release_of(version) or "": differing for version, differing in read.items()}
