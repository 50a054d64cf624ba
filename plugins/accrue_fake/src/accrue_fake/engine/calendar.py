"""The calendar: what time does, and in which order.

Time stands still until it is advanced. Then everything that falls due is done in order, and while
it is done the clock stands at the moment it was due, so that a renewal in March is dated in March
however far the clock is moved at once.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush

from accrue_core.clock import utc
from accrue_core.errors import InvalidRequest
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import Due, Interval

ORDER = (
    "drop", "forgo", "undiscount", "end", "expire", "lapse", "resume", "retry", "overdue",
    "phase", "turn", "warn",
)  # fmt: skip
"""At one moment, endings come first: what ends at the end of a period is not renewed, and a pause
that ends then is over for the renewal. A phase begins before the renewal, which then is one of the
new items, and after everything that decides whether money is owed.
"""

_RANKS = {what: rank for rank, what in enumerate(ORDER)}
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


@lru_cache(maxsize=1024)
def moment_after(anchor: datetime, interval: Interval, count: int) -> datetime:
    """Return the moment so many intervals after the anchor.

    Stripe anchors a monthly cycle to a day of the month and uses the last day of shorter months:
    31 January, 28 February, 31 March. Hence one step of ``count``, never ``count`` steps.
    """
    if interval in _DAYS:
        return anchor + timedelta(days=_DAYS[interval] * count)
    years, month = divmod(anchor.month - 1 + _MONTHS[interval] * count, 12)
    year = anchor.year + years
    day = min(anchor.day, monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


@lru_cache(maxsize=1024)
def around(
    anchor: datetime, interval: Interval, count: int, moment: datetime
) -> tuple[datetime, datetime]:
    """Return where the stretch of so many intervals begins and ends in which a moment lies.

    Stretches are counted from the anchor in either direction, each in one step from it.
    """
    if interval in _DAYS:
        number = (moment - anchor) // timedelta(days=_DAYS[interval] * count)
    else:
        months = (moment.year - anchor.year) * 12 + moment.month - anchor.month
        number = months // (_MONTHS[interval] * count)
        if moment_after(anchor, interval, count * number) > moment:
            number -= 1
    start = moment_after(anchor, interval, count * number)
    return start, moment_after(anchor, interval, count * (number + 1))


class EngineClock:
    """The engine's time, as ``accrue_core.clock.Clock``: give it to core, and both agree."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def now(self) -> datetime:
        """Return the moment at which the engine stands."""
        return self._books.now


class Calendar:
    """A heap of what is due. Entries are never removed: a deed checks whether it still applies."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._deeds: dict[str, Callable[[str, datetime], None]] = {}

    def teach(self, what: str, deed: Callable[[str, datetime], None]) -> None:
        """Say what is done when something of this kind is due: called with ref and moment."""
        self._deeds[what] = deed

    def add(self, moment: datetime, what: str, ref: str) -> None:
        """Have something done at a moment."""
        number = self._books.count("due")
        heappush(self._books.agenda, Due(moment, _RANKS[what], number, what, ref))

    def advance(self, delta: timedelta) -> datetime:
        """Let so much time pass, and do what falls due."""
        try:
            return self.advance_to(self._books.now + delta)
        except OverflowError:
            raise InvalidRequest("the engine's time ends with the year 9999") from None

    def advance_to(self, moment: datetime) -> datetime:
        """Let time pass until a moment, and do what falls due; return the moment."""
        moment = utc(moment)
        if moment < self._books.now:
            raise InvalidRequest("the engine's time only moves forward")
        due = self._books.agenda
        while due and due[0].moment <= moment:
            entry = heappop(due)
            self._books.now = max(self._books.now, entry.moment)
            self._deeds[entry.what](entry.ref, entry.moment)
        self._books.now = moment
        return moment
