"""Finding: what has a value, without a look at everything else.

An index is made when it is first asked for, and from then on learns of each thing when something
happens to it. It may name what no longer has the value: whoever asks looks at what was found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.account import Account, Json

MOST = 32
"""How many indexes are kept. Metadata can be searched by any key, and each has one of its own."""

_FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "customer": {"email": "email", "name": "name"},
        "subscription": {"customer": "customer"},
        "invoice": {"customer": "customer", "number": "number", "subscription": "subscription"},
    }
)
"""Where the engine's snapshot of a thing has what is searched, by kind and field."""

_Term = tuple[str, str, str | None]


class Finding:
    """The indexes of one account: by kind, field and, in metadata, key."""

    def __init__(self, engine: Engine, account: Account) -> None:
        self._account = account
        books = engine.books
        self._shelves: dict[str, dict[str, Any]] = {
            "customer": books.customers,
            "subscription": books.subscriptions,
            "invoice": books.invoices,
        }
        self._indexes: dict[_Term, dict[str, list[str]]] = {}

    def __len__(self) -> int:
        return len(self._indexes)

    def having(self, kind: str, field: str, key: str | None, value: str) -> Sequence[str] | None:
        """Return what may have a value, whatever its case, the oldest first.

        Nothing where that is not known: then everything has to be looked at.
        """
        if kind not in _FIELDS or (field not in _FIELDS[kind] and field != "metadata"):
            return None
        term = (kind, field, key)
        if term not in self._indexes:
            self._make(term)
        return self._indexes[term].get(value.lower(), ())

    def learn(self, kind: str, ref: str) -> None:
        """Look at a thing to which something has happened."""
        if not self._indexes or kind not in self._shelves:
            return
        for term in self._indexes:
            if term[0] == kind:
                self._note(term, ref)

    def _make(self, term: _Term) -> None:
        if len(self._indexes) >= MOST:
            del self._indexes[next(iter(self._indexes))]
        self._indexes[term] = {}
        for ref in self._shelves[term[0]]:
            self._note(term, ref)

    def _note(self, term: _Term, ref: str) -> None:
        value = self._value(term, ref)
        if not isinstance(value, str):
            return
        refs = self._indexes[term].setdefault(value.lower(), [])
        if not refs or _place(refs[-1]) < _place(ref):
            refs.append(ref)
            return
        place = bisect_left(refs, _place(ref), key=_place)
        if refs[place] != ref:
            refs.insert(place, ref)

    def _value(self, term: _Term, ref: str) -> Any:
        kind, field, key = term
        record = self._shelves[kind].get(ref)
        if record is None:
            return None
        if field != "metadata":
            return getattr(record.snapshot, _FIELDS[kind][field])
        beside = self._account.facts.get(ref, {}).get("metadata")
        if beside is not None:
            return beside.get(key)
        own = record.metadata if kind == "customer" else getattr(record.snapshot, "metadata", {})
        return own.get(key)


class Shower:
    """Renders the things of one kind, and knows which of them have a value."""

    def __init__(self, kind: str, show: Callable[[str, str], Json], finding: Finding) -> None:
        self._kind = kind
        self._show = show
        self._finding = finding

    def __call__(self, ref: str) -> Json:
        return self._show(self._kind, ref)

    def having(self, field: str, key: str | None, value: str) -> Sequence[str] | None:
        """Return what may have a value, the oldest first, if that is known."""
        return self._finding.having(self._kind, field, key, value)


def _place(ref: str) -> tuple[int, str]:
    """Return where a numbered id stands among those of its kind."""
    return len(ref), ref
