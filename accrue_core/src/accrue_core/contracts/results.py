"""What goes out with a question to a processor, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from accrue_core.settings import Secret

T_co = TypeVar("T_co", covariant=True)


class Snapshot(Protocol):
    """What a processor said about one thing: frozen, typed, complete."""

    noun: ClassVar[str]

    @property
    def ref(self) -> str:
        """The processor's id for the thing."""
        ...


@dataclass(frozen=True, slots=True)
class UnreadableSnapshot:
    """The processor named a status we have never heard of.

    Absorbed in order like any other snapshot: the row keeps its columns, gains the event
    ``<noun>.unreadable`` and grants nothing until the next readable answer.
    """

    noun: str
    ref: str
    word: str


@dataclass(frozen=True, slots=True)
class GoneSnapshot:
    """The processor said in so many words that the thing was deleted. A bare 404 is not that."""

    noun: str
    ref: str


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the customer must do before a payment can go on: a value, not an error."""

    kind: Literal["authenticate", "redirect"]
    url: Secret | None = None
    client_secret: Secret | None = None


AnySnapshot = Any
"""A snapshot of any noun, ``UnreadableSnapshot`` or ``GoneSnapshot``: see ``Snapshot``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a processor answered: the thing asked about, and what came along with it.

    A subscription, for example, brings its first invoice among ``others``. Everything in it is
    absorbed together. ``next_action`` is shown to the customer and never stored.
    """

    main: AnySnapshot
    others: Sequence[AnySnapshot] = ()
    next_action: NextAction | None = field(default=None, compare=False)

    @property
    def snapshots(self) -> tuple[AnySnapshot, ...]:
        """All of it, the main thing first."""
        return (self.main, *self.others)


@dataclass(frozen=True, slots=True)
class Key:
    """The names under which one operation is known to a processor.

    ``idempotency_key`` makes asking twice the same as asking once, for as long as the processor
    remembers it. ``operation_id`` is written into the metadata of what is created, so that it
    can be found afterwards.
    """

    idempotency_key: str
    operation_id: str


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T_co]):
    """A verb's row, and what the customer has to do before it is complete, if anything."""

    value: T_co
    next_action: NextAction | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One slice of a list, newest first, and where the next one starts."""

    items: tuple[T_co, ...]
    next_cursor: str | None = None
