"""Lists, newest first and page by page; only what is on the page is rendered."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid
from accrue_fake.wire.stripe.shapes import keys
from accrue_fake.wire.stripe.shapes.units import seconds

FIRST_PAGE, LARGEST_PAGE = 10, 100
PAGING = ("limit", "starting_after", "ending_before", "expand")

Show = Callable[[str], Json]

_CHECKS: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le
}  # fmt: skip


class Row:
    """The ids on a shelf that fit, newest first; it is entered anywhere without a search.

    For what the engine numbers as it makes it: ``cus_fake_00007`` stands before ``cus_fake_00008``,
    and what was deleted leaves a gap.
    """

    def __init__(self, shelf: dict[str, Any], fits: Callable[[str], bool]) -> None:
        self._shelf = shelf
        self._fits = fits

    def __iter__(self) -> Iterator[str]:
        return filter(self._fits, reversed(self._shelf))

    def has(self, ref: str) -> bool:
        """Whether one may go on from an id: also from one that has stopped fitting meanwhile."""
        return ref in self._shelf

    def older(self, ref: str) -> Iterator[str]:
        """Return what stands behind an id, the newest first."""
        return self._those(ref, range(_number(ref) - 1, 0, -1))

    def newer(self, ref: str) -> Iterator[str]:
        """Return what stands before an id, the oldest first."""
        last = _number(next(reversed(self._shelf)))
        return self._those(ref, range(_number(ref) + 1, last + 1))

    def _those(self, ref: str, numbers: Iterable[int]) -> Iterator[str]:
        series = ref.rpartition("_")[0]
        refs = (f"{series}_{number:05d}" for number in numbers)
        return (one for one in refs if one in self._shelf and self._fits(one))


def page(params: Params, url: str, refs: Iterable[str], show: Show) -> Json:
    """Return one page of what has these ids; they come newest first."""
    limit = params.integer("limit")
    limit = FIRST_PAGE if limit is None else limit
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid(
            f"This value must be from 1 to {LARGEST_PAGE} (it currently is '{limit}').",
            code="parameter_invalid_integer",
            param="limit",
        )
    after, before = params.text("starting_after"), params.text("ending_before")
    if after is not None and before is not None:
        raise invalid("You cannot use both starting_after and ending_before.")
    if before is not None:
        found = list(islice(_before(refs, before), limit + 1))
        data = [show(ref) for ref in reversed(found[:limit])]
        return keys.envelope(url, data, has_more=len(found) > limit)
    found = list(islice(_after(refs, after), limit + 1))
    data = [show(ref) for ref in found[:limit]]
    return keys.envelope(url, data, has_more=len(found) > limit)


def is_within(params: Params, name: str, moment: datetime | None) -> bool:
    """Whether a moment is what ``created`` and its kin ask for: a second, or a range."""
    if name not in params:
        return True
    if moment is None:
        return False
    at = seconds(moment)
    if isinstance(params.values[name], str):
        return params.integer(name) == at
    bounds = params.below(name)
    given = ((check, bounds.integer(word)) for word, check in _CHECKS.items())
    return all(bound is None or check(at, bound) for check, bound in given)


def _after(refs: Iterable[str], cursor: str | None) -> Iterable[str]:
    """Return what is older than a cursor, the newest first."""
    if cursor is None:
        return refs
    if isinstance(refs, Row):
        if not refs.has(cursor):
            raise _unknown("starting_after", cursor)
        return refs.older(cursor)
    listed = iter(refs)
    if not any(ref == cursor for ref in listed):
        raise _unknown("starting_after", cursor)
    return listed


def _before(refs: Iterable[str], cursor: str) -> Iterable[str]:
    """Return what is newer than a cursor, the oldest first."""
    if isinstance(refs, Row):
        if not refs.has(cursor):
            raise _unknown("ending_before", cursor)
        return refs.newer(cursor)
    listed = list(refs)
    if cursor not in listed:
        raise _unknown("ending_before", cursor)
    return reversed(listed[: listed.index(cursor)])


def _number(ref: str) -> int:
    return int(ref.rpartition("_")[2])


def _unknown(name: str, cursor: str) -> Exception:
    return invalid(f"No such object: '{cursor[:80]}'", code="resource_missing", param=name)
