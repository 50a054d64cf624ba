"""Lists, newest first and page by page; only what is on the page is rendered."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice

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
        return _page_before(list(refs), before, limit, url, show)
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
    if cursor is None:
        return refs
    listed = iter(refs)
    if not any(ref == cursor for ref in listed):
        raise _unknown("starting_after", cursor)
    return listed


def _page_before(refs: list[str], cursor: str, limit: int, url: str, show: Show) -> Json:
    if cursor not in refs:
        raise _unknown("ending_before", cursor)
    end = refs.index(cursor)
    start = max(0, end - limit)
    return keys.envelope(url, [show(ref) for ref in refs[start:end]], has_more=start > 0)


def _unknown(name: str, cursor: str) -> Exception:
    return invalid(f"No such object: '{cursor[:80]}'", code="resource_missing", param=name)
