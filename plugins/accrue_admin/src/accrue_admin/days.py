"""Days as forms write them. A day begins at midnight, UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from accrue_core.errors import InvalidRequest


def midnight_of(text: str) -> datetime:
    """Return when a day of a form begins; ``InvalidRequest`` for what is no day.

    >>> midnight_of("2026-03-01").isoformat()
    '2026-03-01T00:00:00+00:00'
    """
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
    except ValueError:
        raise InvalidRequest("choose a day, written like 2026-12-31") from None


def tomorrow(now: datetime) -> date:
    """Return the first day whose beginning is ahead."""
    return now.astimezone(UTC).date() + timedelta(days=1)


def midnight_ahead(text: str, now: datetime) -> datetime:
    """Return when a day begins that has not begun; ``InvalidRequest`` for any other."""
    moment = midnight_of(text)
    if moment <= now:
        raise InvalidRequest("choose a day that has not begun yet")
    return moment
