"""Search, in Stripe's query language: ``email:"a@b" AND metadata["k"]:"v" AND -status:"canceled"``.

Unlike Stripe's, it sees at once what was created; do not rely on that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.finding import Shower
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid

FIRST_PAGE, LARGEST_PAGE = 10, 100
LONGEST_QUERY = 2000
_CLAUSE = re.compile(
    r"""\s*(?P<minus>-)?(?P<field>[a-z_][a-z_.]*)(\[["'](?P<key>[^"']{1,40})["']\])?
    (?P<operator>:|~|>=|<=|>|<)
    (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|null|true|false|-?[0-9]{1,18})\s*""",
    re.VERBOSE,
)
_JOIN = re.compile(r"(AND|and|OR|or)\s")


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on an object as it is shown."""

    field: str
    key: str | None
    operator: str
    value: str | int | bool | None
    is_negated: bool

    def fits(self, shown: Json) -> bool:
        """Whether an object meets it."""
        found: Any = shown
        for name in self.field.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if self.key is not None:
            found = found.get(self.key) if isinstance(found, dict) else None
        return self._compares(found) != self.is_negated

    def _compares(self, found: Any) -> bool:
        match self.operator, found, self.value:
            case ":", str(), str():
                return found.lower() == str(self.value).lower()
            case ":", _, _:
                return bool(found == self.value)
            case "~", str(), str():
                return str(self.value).lower() in found.lower()
            case ">" | ">=" | "<" | "<=", int(), int():
                return _ordered(self.operator, found, int(self.value or 0))
        return False


def search(
    params: Params, url: str, refs: Iterable[str], show: Callable[[str], Json], *, fields: set[str]
) -> Json:
    """Return one page of what a query finds, newest first."""
    clauses, is_any = _parsed(params.required("query"), fields)
    limit = params.integer("limit", least=1, most=LARGEST_PAGE) or FIRST_PAGE
    start = params.text("page")
    quantifier = any if is_any else all
    every = map(show, _behind(start, refs if is_any else _likely(clauses, refs, show)))
    fitting = (one for one in every if quantifier(clause.fits(one) for clause in clauses))
    found = list(islice(fitting, limit + 1))
    has_more = len(found) > limit
    return {
        "object": "search_result",
        "data": found[:limit],
        "has_more": has_more,
        "next_page": f"page_{found[limit - 1]['id']}" if has_more else None,
        "url": url,
    }


def _parsed(query: str, fields: set[str]) -> tuple[list[Clause], bool]:
    clauses, joins, place = [], set(), 0
    if len(query) > LONGEST_QUERY:
        raise _unreadable("it is too long")
    while True:
        matched = _CLAUSE.match(query, place)
        if matched is None:
            raise _unreadable(f"at character {place + 1}")
        clauses.append(_clause(matched, fields))
        place = matched.end()
        if place == len(query):
            break
        join = _JOIN.match(query, place)
        if join is None:
            raise _unreadable(f"at character {place + 1}")
        joins.add(join[1].upper())
        place = join.end()
    if len(joins) > 1:
        raise _unreadable("AND and OR cannot stand in one query")
    return clauses, joins == {"OR"}


def _clause(matched: re.Match[str], fields: set[str]) -> Clause:
    field, text = matched["field"], matched["value"]
    if field not in fields or (matched["key"] is not None) != (field == "metadata"):
        raise _unreadable(f"{field} is not a field that can be searched here")
    value: str | int | bool | None
    if text[0] in "\"'":
        value = re.sub(r"\\(.)", r"\1", text[1:-1])
    elif text in ("null", "true", "false"):
        value = {"null": None, "true": True, "false": False}[text]
    else:
        value = int(text)
    return Clause(field, matched["key"], matched["operator"], value, bool(matched["minus"]))


def _ordered(operator: str, found: int, wanted: int) -> bool:
    return {
        ">": found > wanted, ">=": found >= wanted, "<": found < wanted, "<=": found <= wanted
    }[operator]  # fmt: skip


def _likely(
    clauses: list[Clause], refs: Iterable[str], show: Callable[[str], Json]
) -> Iterable[str]:
    """Return what may fit, newest first: as little as is known of any clause, else everything."""
    if not isinstance(show, Shower):
        return refs
    known = [
        found
        for clause in clauses
        if clause.operator == ":" and not clause.is_negated and isinstance(clause.value, str)
        if (found := show.having(clause.field, clause.key, clause.value)) is not None
    ]
    return reversed(min(known, key=len)) if known else refs


def _behind(page: str | None, refs: Iterable[str]) -> Iterable[str]:
    """Return what comes after the last one of a page before; without one, everything."""
    if page is None:
        return refs
    last, left = page.removeprefix("page_"), iter(refs)
    if not page.startswith("page_") or not any(ref == last for ref in left):
        raise invalid("Invalid page.", param="page")
    return left


def _unreadable(why: str) -> Exception:
    return invalid(f"We were unable to parse your search query: {why}.", param="query")
