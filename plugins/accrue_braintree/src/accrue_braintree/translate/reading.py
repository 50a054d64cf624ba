"""Reading what Braintree's SDK has read: every surprise is an ``UnknownVocabulary`` with its place.

The SDK turns XML into objects whose attributes are whatever the XML held, nested dicts and lists
among them; ``nil`` becomes ``None`` and an empty element empty text. A key must be there even when
it may say nothing: one that is missing belongs to another version, and reading it as nothing
would be a guess. Messages name places, kinds and vocabulary, never free text, since that may be
personal.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NoReturn, final

from accrue_core.errors import UnknownVocabulary

_LARGEST = 2**31 - 1
_LONGEST_WORD = 60
_KINDS = {
    bool: "a boolean",
    int: "a whole number",
    str: "text",
    list: "a list",
    date: "a date",
    datetime: "a moment",
    Decimal: "an amount",
    type(None): "nothing",
}


def refuse(where: str, word: str) -> NoReturn:
    """Stop: Braintree said something here that we do not know."""
    raise UnknownVocabulary(where=where, word=word[:_LONGEST_WORD])


def kind(value: object) -> str:
    """Describe a value without repeating it."""
    return _KINDS.get(type(value), "an object")


@final
class Reader:
    """One object of the SDK's, or a nested dict, and where it was found."""

    __slots__ = ("_data", "where")

    def __init__(self, data: object, where: str) -> None:
        fields = data if isinstance(data, dict) else getattr(data, "__dict__", None)
        if not isinstance(fields, dict):
            refuse(where, f"{kind(data)} instead of an object")
        self._data: dict[str, object] = fields
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def at(self, key: str) -> str:
        """Name the place of a key."""
        return f"{self.where}.{key}"

    def is_empty(self, key: str) -> bool:
        """Whether the key is there and says nothing."""
        return self._value(key) in (None, "")

    def text(self, key: str) -> str:
        """Return text that is not empty."""
        value = self._value(key)
        if type(value) is not str or not value:
            refuse(self.at(key), "empty text" if value == "" else f"{kind(value)} instead of text")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return text, if there is some."""
        return None if self.is_empty(key) else self.text(key)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._value(key)
        if type(value) is not bool:
            refuse(self.at(key), f"{kind(value)} instead of a boolean")
        return value

    def whole(self, key: str) -> int:
        """Return a whole number that is not negative and that a database can hold."""
        value = self._value(key)
        if type(value) is not int:
            refuse(self.at(key), f"{kind(value)} instead of a whole number")
        if not 0 <= value <= _LARGEST:
            refuse(self.at(key), "a number out of range")
        return value

    def whole_or_none(self, key: str) -> int | None:
        """Return a whole number, if there is one."""
        return None if self.is_empty(key) else self.whole(key)

    def digits(self, key: str) -> int:
        """Return a number that Braintree writes as text, as in an expiration date."""
        text = self.text(key)
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            refuse(self.at(key), "text that is not a short number")
        return int(text)

    def amount(self, key: str) -> Decimal:
        """Return a decimal amount."""
        value = self._value(key)
        if not isinstance(value, Decimal):
            refuse(self.at(key), f"{kind(value)} instead of an amount")
        return value

    def day(self, key: str) -> date:
        """Return a date without a time."""
        value = self._value(key)
        if type(value) is not date:
            refuse(self.at(key), f"{kind(value)} instead of a date")
        if not 1970 <= value.year <= 9000:
            refuse(self.at(key), "a date out of range")
        return value

    def day_or_none(self, key: str) -> date | None:
        """Return a date, if there is one."""
        return None if self.is_empty(key) else self.day(key)

    def moment(self, key: str) -> datetime:
        """Return a moment; the SDK has converted it to UTC and forgotten to say so."""
        value = self._value(key)
        if type(value) is not datetime:
            refuse(self.at(key), f"{kind(value)} instead of a moment")
        if not 1970 <= value.year <= 9000:
            refuse(self.at(key), "a moment out of range")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def inner(self, key: str) -> Reader:
        """Return the object under a key."""
        return Reader(self._value(key), self.at(key))

    def inner_or_none(self, key: str) -> Reader | None:
        """Return the object under a key, if there is one."""
        return None if self.is_empty(key) else self.inner(key)

    def each(self, key: str) -> list[Reader]:
        """Return the objects of a list."""
        value = self._value(key)
        if not isinstance(value, list):
            refuse(self.at(key), f"{kind(value)} instead of a list")
        return [Reader(item, f"{self.at(key)}[{i}]") for i, item in enumerate(value)]

    def objects(self, key: str) -> list[object]:
        """Return the items of a list as the SDK made them."""
        value = self._value(key)
        if not isinstance(value, list):
            refuse(self.at(key), f"{kind(value)} instead of a list")
        return list(value)

    def _value(self, key: str) -> object:
        if key not in self._data:
            refuse(self.at(key), "missing")
        return self._data[key]
