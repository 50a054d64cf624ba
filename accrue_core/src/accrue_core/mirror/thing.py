"""One thing on its way through an absorb: pure comparisons between the row and the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accrue_core.contracts.results import AnySnapshot
from accrue_core.db.base import column_names
from accrue_core.ids import IdSource, to_text
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import BOOKKEEPING, Mirror, Name


@dataclass(slots=True)
class Thing:
    """The row as it was, the snapshot, and the columns that follow from both."""

    name: Name
    mirror: Mirror
    snapshot: AnySnapshot
    asked: int
    cause: str
    before: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    children: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[LedgerEvent] = field(default_factory=list)
    changed: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Our id of the thing."""
        return str(self.values["id"])

    @property
    def customer_id(self) -> str | None:
        """The customer it belongs to, or is."""
        if self.mirror.noun == "customer":
            return self.id
        # What leaves its customer is still told in that customer's history.
        return self.values["customer_id"] or getattr(self.before, "customer_id", None)

    def differences(self) -> tuple[str, ...]:
        """Return the names of columns and children that the snapshot would change."""
        produced = {k: v for k, v in self.values.items() if k not in BOOKKEEPING}
        if self.before is None:
            return (*produced, *self.children)
        columns = [name for name, value in produced.items() if getattr(self.before, name) != value]
        children = [
            attribute
            for attribute, wanted in self.children.items()
            if _known(getattr(self.before, attribute), wanted) != wanted
        ]
        return (*columns, *children)

    def name_children(self, ids: IdSource) -> None:
        """Give every child the id of the row it continues, or a new one, and its position."""
        for attribute, wanted in self.children.items():
            kind = self.mirror.children[attribute]
            before = getattr(self.before, attribute) if self.before is not None else ()
            known = {child.ref: child.id for child in before}
            for position, child in enumerate(wanted):
                child["id"] = known.get(child["ref"]) or to_text(kind.prefix, ids.new())
                child["position"] = position
                child[kind.parent_column] = self.id

    def columns(self) -> dict[str, Any]:
        """Return all columns of the row as it is to be."""
        names = column_names(self.mirror.row)
        if self.before is None:
            return {name: self.values[name] for name in names}
        return {
            name: self.values[name] if name in self.values else getattr(self.before, name)
            for name in names
        }

    def row(self) -> Any:
        """Return the row as it is now, with its children."""
        loaded = {}
        for attribute, kind in self.mirror.children.items():
            if attribute in self.children:
                loaded[attribute] = tuple(kind.row(**child) for child in self.children[attribute])
            else:
                loaded[attribute] = getattr(self.before, attribute, ())
        return self.mirror.row(**self.columns(), **loaded)


def after_image(mirror: Mirror, row: Any) -> dict[str, Any]:
    """Return every column of a row and its children that is neither personal nor bookkeeping."""
    image = _image(row, mirror.row, mirror.personal)
    for attribute, kind in mirror.children.items():
        image[attribute] = [
            _image(child, kind.row, kind.personal) for child in getattr(row, attribute)
        ]
    return image


def removed_children(thing: Thing, attribute: str) -> list[str]:
    """Return the ids of child rows that the snapshot no longer names."""
    if thing.before is None:
        return []
    kept = {child["id"] for child in thing.children[attribute]}
    return [child.id for child in getattr(thing.before, attribute) if child.id not in kept]


def _image(row: Any, kind: type[Any], personal: frozenset[str]) -> dict[str, Any]:
    hidden = personal | BOOKKEEPING
    return {name: getattr(row, name) for name in column_names(kind) if name not in hidden}


def _known(before: tuple[Any, ...], wanted: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    keys = list(wanted[0]) if wanted else ["ref"]
    return [{key: getattr(child, key) for key in keys} for child in before]
