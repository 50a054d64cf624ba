"""Business time: when trials end, when an entry was written. Always UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from accrue_core.errors import InvalidRequest


class Clock(Protocol):
    """Where the current moment comes from. Leases never use it: they use the database's clock."""

    def now(self) -> datetime:
        """Return the moment, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's moment in UTC."""
        return datetime.now(UTC)


def utc(moment: datetime, *, name: str = "a moment") -> datetime:
    """Return an aware moment in UTC; a naive one is an ``InvalidRequest``."""
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise InvalidRequest(f"{name} needs a timezone: write datetime(..., tzinfo=UTC)")
    return moment.astimezone(UTC)
