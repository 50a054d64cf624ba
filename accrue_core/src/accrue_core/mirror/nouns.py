"""What the mirror knows of a noun: its table, its reducer, and what belongs to what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accrue_core.contracts.results import AnySnapshot, GoneSnapshot, UnreadableSnapshot
from accrue_core.errors import UnknownVocabulary
from accrue_core.ledger.events import LedgerEvent

BOOKKEEPING = frozenset({"seen", "created_at", "updated_at"})
"""Columns the mirror keeps for itself: they are neither changes nor part of an after-image."""

Name = tuple[str, str, str]
"""Noun, processor and ref: what one thing at one processor is called here."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a snapshot says the row should be, and what became true because of it.

    ``children`` holds the rows of what belongs to the thing (items, lines), each with its ``ref``.
    """

    columns: Mapping[str, Any]
    events: Sequence[LedgerEvent] = ()
    children: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A thing this one belongs to: known by ref at once, by our id as soon as we hold it.

    The snapshot names its ref in the attribute that is called like the parent's noun.
    """

    noun: str
    id_column: str
    ref_column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """Rows that come and go with the thing: the table, its dataclass and its link."""

    table: Any
    row: type[Any]
    parent_column: str
    prefix: str
    personal: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """How one noun is absorbed. Each slice's reducer makes one; ``rank`` puts parents first.

    ``personal`` columns are stored, compared and kept out of the ledger.
    """

    noun: str
    rank: int
    prefix: str
    snapshot: type[Any]
    table: Any
    row: type[Any]
    reduce: Callable[[Any, Any], Reduction]
    personal: frozenset[str] = frozenset()
    parents: tuple[Parent, ...] = ()
    children: Mapping[str, Children] = field(default_factory=dict)

    def parent_refs(self, snapshot: AnySnapshot) -> list[tuple[Parent, str]]:
        """Return the parents that a snapshot names, with their refs."""
        if isinstance(snapshot, UnreadableSnapshot | GoneSnapshot):
            return []
        refs = ((parent, getattr(snapshot, parent.noun)) for parent in self.parents)
        return [(parent, ref) for parent, ref in refs if ref is not None]


@dataclass(frozen=True, slots=True)
class Registry:
    """All mirrors, as a transaction carries them."""

    mirrors: tuple[Mirror, ...]

    def of(self, snapshot: AnySnapshot) -> Mirror:
        """Return the mirror that absorbs a snapshot; ``UnknownVocabulary`` when there is none."""
        if isinstance(snapshot, UnreadableSnapshot | GoneSnapshot):
            return self.noun(snapshot.noun)
        for mirror in self.mirrors:
            if mirror.snapshot is type(snapshot):
                return mirror
        raise UnknownVocabulary(where="kind of snapshot", word=type(snapshot).__name__)

    def noun(self, noun: str) -> Mirror:
        """Return the mirror of a noun; ``UnknownVocabulary`` when there is none."""
        for mirror in self.mirrors:
            if mirror.noun == noun:
                return mirror
        raise UnknownVocabulary(where="noun", word=noun)
