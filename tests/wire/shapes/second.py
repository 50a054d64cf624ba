"""Whether JSON of the second namespace has the shape that the SDK's annotations describe."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args

from stripe.events import _event_classes
from stripe.v2._deleted_object import DeletedObject
from stripe.v2._list_object import ListObject
from stripe.v2.core._event import Event
from stripe.v2.core._event_destination import EventDestination

from tests.stripe.conformance import hints

Json = dict[str, Any]

_CLASSES: dict[str, type] = {
    "v2.core.event": Event,
    "v2.core.event_destination": EventDestination,
}
_PAGE = {"data", "next_page_url", "previous_page_url"}


def is_second(document: Json) -> bool:
    """Whether this is an answer of the second namespace: its pages say not what they are."""
    return str(document.get("object", "v2.")).startswith("v2.")


def wrong_in(document: Json) -> list[str]:
    """Return everything that is wrong with an answer, each with its place."""
    if "data" in document and "object" not in document:
        unknown = document.keys() ^ _PAGE
        assert set(hints(ListObject)) <= _PAGE
        return [*unknown, *(wrong for one in document["data"] for wrong in wrong_in(one))]
    if document.keys() == set(hints(DeletedObject)):
        return []
    cls = _CLASSES[document["object"]]
    known = {**hints(cls), **(_of_event(document["type"]) if cls is Event else {})}
    return list(_object(document, known, document["object"]))


def _of_event(type_: str) -> dict[str, Any]:
    """Return the annotations of one type of event, which says what it is related to."""
    module, name = vars(_event_classes)["_V2_EVENT_CLASS_LOOKUP"][type_]
    return hints(getattr(import_module(module), name))


def _object(value: Json, known: dict[str, Any], where: str) -> Iterator[str]:
    """Compare keys, and the kinds of texts, numbers and parts; null only where it may be."""
    yield from (f"{where}.{key}: extra" for key in value.keys() - known.keys())
    for key, hint in known.items():
        alternatives = get_args(hint) or (hint,)
        if key not in value:
            yield f"{where}.{key}: missing"
        elif value[key] is None:
            if type(None) not in alternatives:
                yield f"{where}.{key}: null"
        elif isinstance(value[key], dict):
            parts = [one for one in alternatives if isinstance(one, type) and hints_or_none(one)]
            for part in parts[:1]:
                yield from _object(value[key], hints(part), f"{where}.{key}")
        elif not isinstance(value[key], list):
            scalars = [one for one in alternatives if one in (str, bool, int)]
            if scalars and type(value[key]) not in scalars:
                yield f"{where}.{key}: {type(value[key]).__name__}"


def hints_or_none(cls: type) -> dict[str, Any] | None:
    """Return the annotations of a class of the SDK's that has some."""
    return hints(cls) if cls.__module__.startswith("stripe.") else None
