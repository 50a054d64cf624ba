"""What a ledger event is, and the three that every noun has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """A fact that became true. Its fields are whole numbers, text, lists of text or ``None``.

    Slices derive from it and set ``type`` to ``<noun>.<past tense>``. The subject, the customer,
    the time and the row as it is afterwards are added when the event is appended.
    """

    type: ClassVar[str]

    @property
    def name(self) -> str:
        """The event's type as it is stored."""
        return self.type

    def data(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {
            name: sorted(value) if isinstance(value, frozenset | tuple) else value
            for name, value in values
        }


@dataclass(frozen=True, slots=True)
class _NounEvent(LedgerEvent):
    noun: str

    @property
    def name(self) -> str:
        """The event's type as it is stored: the noun and what happened to it."""
        return f"{self.noun}.{self.type}"


@dataclass(frozen=True, slots=True)
class Updated(_NounEvent):
    """Columns changed and no event of the noun says it more precisely.

    Personal columns are named, their values are not recorded.
    """

    type = "updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable(_NounEvent):
    """The processor used a status word that we do not know; the row grants nothing until it
    uses one that we do.
    """

    type = "unreadable"
    word: str


@dataclass(frozen=True, slots=True)
class Gone(_NounEvent):
    """The processor said that the thing was deleted."""

    type = "gone"
