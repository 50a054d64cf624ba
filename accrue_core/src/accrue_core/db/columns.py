"""Column types that mean the same on PostgreSQL and on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Integer,
    String,
    Uuid,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from accrue_core.errors import InvalidRequest
from accrue_core.ids import text_of_hex, to_text, to_uuid

Processor = Callable[[Any], Any]
E = TypeVar("E", bound=StrEnum)

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Counter = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit whole number that SQLite can also use as its row id."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond; naive moments are refused.

    SQLite has no such type and would drop the offset silently, so the conversion happens here.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidRequest("a moment without a timezone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware moment."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PrefixedId(TypeDecorator[str]):
    """One of our ids: prefixed text in Python, a UUID in the database."""

    impl = Uuid()
    cache_ok = True

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def bind_processor(self, dialect: Dialect) -> Processor | None:
        """Return how text becomes what the driver takes."""
        if dialect.supports_native_uuid:
            return super().bind_processor(dialect)
        prefix = self.prefix
        return lambda value: None if value is None else to_uuid(prefix, value).hex

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        """Return how what the driver gives becomes text: without a UUID, where there is none."""
        if dialect.supports_native_uuid:
            return super().result_processor(dialect, coltype)
        prefix = self.prefix
        return lambda value: None if value is None else text_of_hex(prefix, value)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> UUID | None:
        """Read the text."""
        return None if value is None else to_uuid(self.prefix, value)

    def process_result_value(self, value: UUID | None, dialect: Dialect) -> str | None:
        """Write the text."""
        return None if value is None else to_text(self.prefix, value)


class Word(TypeDecorator[E], Generic[E]):
    """A status or another word of a closed list; rows hold members of the enumeration.

    Compare with ``==``: a plain string read elsewhere is equal to a member, never identical.
    """

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Refuse words that are not on the list."""
        return None if value is None else str(self.words(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """Return the member."""
        return None if value is None else self.words(value)


def written(word: StrEnum) -> ColumnElement[str]:
    """Return a word that is part of the statement's text instead of a parameter.

    A database plans a statement before it knows the parameters: only with the word written out
    can it tell that a partial index holds every row that is asked for.
    """
    return literal_column(f"'{word.value}'", String)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Return the database's own check that a column holds a word of a closed list."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
