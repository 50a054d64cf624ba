"""Reading Stripe's JSON: every surprise is an ``UnknownVocabulary`` that names its place.

A key must be there even when its value may be null: at the pinned API version Stripe sends every
key of an object, so a missing one means another version or a field that moved, and reading it
as null would be a guess. Messages name places, kinds and vocabulary, never free text, since that
may be personal.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import UTC, datetime
from typing import NoReturn, final

from accrue_core.errors import UnknownVocabulary

_LAST_SECOND = 253_402_300_799
_LARGEST = 2**63 - 1
_LONGEST_WORD = 60
_KINDS = {
    bool: "a boolean",
    int: "a whole number",
    float: "a fraction",
    str: "text",
    list: "a list",
    type(None): "null",
}


def refuse(where: str, word: str) -> NoReturn:
    """Stop: Stripe said something here that we do not know."""
    raise UnknownVocabulary(where=where, word=word[:_LONGEST_WORD])


def kind(value: object) -> str:
    """Describe a JSON value without repeating it."""
    return _KINDS.get(type(value), "an object")


@final
class Reader:
    """One JSON object and where it was found, such as ``invoice.lines[2].period``."""

    __slots__ = ("_data", "where")

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            refuse(where, f"{kind(data)} instead of an object")
        self._data: dict[str, object] = data
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self._data

    @property
    def keys(self) -> Set[str]:
        """The keys that are there."""
        return self._data.keys()

    def at(self, key: str) -> str:
        """Name the place of a key."""
        return f"{self.where}.{key}"

    def is_null(self, key: str) -> bool:
        """Whether the key is there and null."""
        return self._value(key) is None

    def text(self, key: str) -> str:
        """Return text that is not empty."""
        value = self._value(key)
        if type(value) is not str or not value:
            refuse(self.at(key), "empty text" if value == "" else f"{kind(value)} instead of text")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return text or null; empty text says as little as null."""
        value = self._value(key)
        return self.text(key) if value not in (None, "") else None

    def texts_or_none(self, key: str) -> list[str]:
        """Return a list of text; null is an empty one."""
        value = self._value(key) or []
        if not isinstance(value, list) or any(type(one) is not str or not one for one in value):
            refuse(self.at(key), f"{kind(value)} instead of a list of text")
        return list(value)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._value(key)
        if type(value) is not bool:
            refuse(self.at(key), f"{kind(value)} instead of a boolean")
        return value

    def whole(self, key: str) -> int:
        """Return a whole number that a database can hold."""
        value = self._value(key)
        if type(value) is not int:
            refuse(self.at(key), f"{kind(value)} instead of a whole number")
        if abs(value) > _LARGEST:
            refuse(self.at(key), "a number too large to be real")
        return value

    def whole_or_none(self, key: str) -> int | None:
        """Return a whole number or null."""
        return None if self.is_null(key) else self.whole(key)

    def moment(self, key: str) -> datetime:
        """Return a moment, which Stripe writes in seconds since 1970."""
        seconds = self.whole(key)
        if not 0 <= seconds <= _LAST_SECOND:
            refuse(self.at(key), "a moment out of range")
        return datetime.fromtimestamp(seconds, UTC)

    def moment_or_none(self, key: str) -> datetime | None:
        """Return a moment or null."""
        return None if self.is_null(key) else self.moment(key)

    def ref(self, key: str) -> str:
        """Return the id of something that may be expanded."""
        value = self._value(key)
        return Reader(value, self.at(key)).text("id") if isinstance(value, dict) else self.text(key)

    def ref_or_none(self, key: str) -> str | None:
        """Return the id of something that may be expanded, or null."""
        return None if self.is_null(key) else self.ref(key)

    def choice(self, key: str, words: Mapping[str, str]) -> str:
        """Translate a word from a closed list; another word is refused by name."""
        word = self.text(key)
        if word not in words:
            refuse(self.at(key), word)
        return words[word]

    def inner(self, key: str) -> Reader:
        """Return the object under a key."""
        return Reader(self._value(key), self.at(key))

    def inner_or_none(self, key: str) -> Reader | None:
        """Return the object under a key, or null."""
        return None if self.is_null(key) else self.inner(key)

    def each(self, key: str) -> list[Reader]:
        """Return the objects of a plain list."""
        value = self._value(key)
        if not isinstance(value, list):
            refuse(self.at(key), f"{kind(value)} instead of a list")
        return [Reader(item, f"{self.at(key)}[{i}]") for i, item in enumerate(value)]

    def each_or_none(self, key: str) -> list[Reader]:
        """Return the objects of a plain list; null is an empty one."""
        return [] if self.is_null(key) else self.each(key)

    def pages(self, key: str) -> list[Reader]:
        """Return everything in a list envelope, which must hold the whole list.

        Fetching completes the envelope first (``connection.complete``); half a list read as a
        whole one would lose lines and payments.
        """
        envelope = self.inner(key)
        if envelope.text("object") != "list":
            refuse(envelope.at("object"), envelope.text("object"))
        if envelope.flag("has_more"):
            refuse(envelope.where, "only the first page of a longer list")
        value = envelope._value("data")
        if not isinstance(value, list):
            refuse(envelope.at("data"), f"{kind(value)} instead of a list")
        return [Reader(item, f"{self.at(key)}[{i}]") for i, item in enumerate(value)]

    def words(self, key: str) -> dict[str, str]:
        """Return a map of text to text, as metadata is."""
        value = self._value(key)
        if not isinstance(value, dict) or any(type(word) is not str for word in value.values()):
            refuse(self.at(key), f"{kind(value)} instead of a map of text")
        return dict(value)

    def words_or_none(self, key: str) -> dict[str, str]:
        """Return a map of text to text; null is an empty one."""
        return {} if self.is_null(key) else self.words(key)

    def _value(self, key: str) -> object:
        if key not in self._data:
            refuse(self.at(key), "missing")
        return self._data[key]


def reader(data: object, noun: str) -> Reader:
    """Start reading one Stripe object of the kind ``noun``, deleted or not."""
    found = Reader(data, noun)
    if found.text("object") != noun:
        refuse(found.at("object"), found.text("object"))
    found.text("id")
    return found


def is_deleted(found: Reader) -> bool:
    """Whether Stripe says in so many words that the thing was deleted."""
    return "deleted" in found and found.flag("deleted")
