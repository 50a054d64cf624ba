"""Write down the shapes of Stripe's API that the Fake's wire server speaks, from the official SDK.

``python -m tools.stripe_keys`` writes; ``--check`` changes nothing and fails where a file differs
from what the installed SDK says. The files are data of ``accrue_fake``, which imports no SDK:

``keys.json`` holds, by object and place within it (``invoice``, ``invoice.parent``), the keys that
are always there, those that may be null, and the objects that an id under a key can be of; and
which types of events there are in the form of notifications.

``parameters.json`` holds, by route, the parameters it takes.

``past.json`` holds how the keys were at earlier releases. ``tools/stripe_past.py`` writes that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from stripe.events import _event_classes
from stripe.events._v1_customer_created_event import V1CustomerCreatedEvent

from tools import stripe_parameters, stripe_shapes

SHAPES = (
    Path(__file__).resolve().parents[1] / "plugins/accrue_fake/src/accrue_fake/wire/stripe/shapes"
)
V2_OBJECTS = ("v2.core.event", "v2.core.event_destination")
"""The objects of version 2 that are rendered."""


def keys() -> dict[str, Any]:
    """Return the shapes of all objects, by object and place, and what ids can be expanded to."""
    objects = [*stripe_shapes.OBJECTS, *V2_OBJECTS]
    read = stripe_shapes.read(objects)
    related = dict(stripe_shapes.places("v2.core.event", V1CustomerCreatedEvent))
    read["shapes"]["v2.core.event"]["nullable"] += ["related_object"]
    place = "v2.core.event.related_object"
    read["shapes"][place] = stripe_shapes.shape(related[place])
    version = stripe_parameters.VERSION
    return {"version": version, "objects": objects, **read, "thin": thin()}


def thin() -> dict[str, list[str]]:
    """Return the types of notifications about what version 1 has: of a thing, and of none."""
    known = vars(_event_classes)["_V2_EVENT_CLASS_LOOKUP"]
    found: dict[str, list[str]] = {"of_a_thing": [], "of_none": []}
    for type_, (module, name) in sorted(known.items()):
        if type_.startswith("v1."):
            is_of_thing = "related_object" in stripe_shapes.hints(
                getattr(import_module(module), name)
            )
            found["of_a_thing" if is_of_thing else "of_none"].append(type_)
    return found


def written(data: Mapping[str, Any]) -> str:
    """Write data as JSON with a line for each thing, so that a change shows what it changed."""
    return "{\n" + ",\n".join(_lines(data)) + "\n}\n"


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    for name, value in data.items():
        if isinstance(value, Mapping) and name in ("shapes", "expandable", "routes", "thin"):
            yield f'"{name}": {{\n' + ",\n".join(_entries(value)) + "\n}"
        else:
            yield f"{json.dumps(name)}: {json.dumps(value)}"


def _entries(data: Mapping[str, Any]) -> Iterable[str]:
    return (f" {json.dumps(name)}: {json.dumps(value)}" for name, value in data.items())


def files() -> dict[str, str]:
    """Return what belongs into each file, by its name."""
    routes = {"version": stripe_parameters.VERSION, "routes": stripe_parameters.routes()}
    return {"keys.json": written(keys()), "parameters.json": written(routes)}


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` name those that differ."""
    is_check, differing = arguments == ["--check"], 0
    for name, text in files().items():
        path = SHAPES / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        differing += 1
        if is_check:
            print(f"{name} is not what the installed SDK says: run python -m tools.stripe_keys")
        else:
            path.write_text(text, encoding="utf-8")
    return int(is_check and differing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
