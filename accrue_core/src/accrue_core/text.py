"""Text that comes from outside: what every database and every processor can keep."""

from __future__ import annotations

from accrue_core.errors import InvalidRequest


def checked_text(value: str, *, name: str, longest: int) -> str:
    """Return text of 1 to ``longest`` characters, or ``InvalidRequest``.

    NUL cannot be stored by PostgreSQL, and half a character (a lone surrogate) cannot be encoded
    by anybody.
    """
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise InvalidRequest(f"{name} is text of 1 to {longest} characters")
    if not is_storable(value):
        raise InvalidRequest(f"{name} holds characters that cannot be stored")
    return value


def is_storable(value: str) -> bool:
    """Whether text can be written down at all."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
