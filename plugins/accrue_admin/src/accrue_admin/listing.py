"""One slice of a list, and where the next one begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from accrue_core.contracts.results import Page
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.ids import checked

PAGE = 25
"""How many rows a list shows at once."""

SHORT = 10
"""How many a list shows that is one of several on a page."""

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """Rows, newest first. ``after`` is the cursor of what is older, if there is anything."""

    rows: tuple[T, ...]
    after: str | None = None
    is_first: bool = True

    def each(self, change: Callable[[T], U]) -> Listing[U]:
        """Return the same slice of other rows."""
        return Listing(rows=tuple(map(change, self.rows)), after=self.after, is_first=self.is_first)


def cursor(kind: str, text: str) -> str | None:
    """Return where a list goes on, ``None`` at its beginning.

    A cursor is the id of the last row that was seen: rows that come later do not move it. One
    that was mistyped, or belongs to another list, is an ``InvalidRequest``.
    """
    if not text:
        return None
    try:
        return checked(kind, text)
    except NotFound:
        raise InvalidRequest(
            "this address names a place in another list; begin again with the newest"
        ) from None


def sliced(
    rows: Sequence[T], *, limit: int, before: str | None, key: Callable[[T], str]
) -> Listing[T]:
    """Return the first ``limit`` rows; one more than that says that there are older ones."""
    shown = tuple(rows[:limit])
    more = key(shown[-1]) if len(rows) > limit else None
    return Listing(rows=shown, after=more, is_first=before is None)


def of_page(page: Page[T], *, before: str | None) -> Listing[T]:
    """Return what a verb returned, as a listing."""
    return Listing(rows=page.items, after=page.next_cursor, is_first=before is None)
