"""Requests of every kind, in symbols: whose ids they name is known only when they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.portal.house import Team

VICTIM = Team("victim-7f3a", "Vera Victim", "vera@victim.test")

NOUNS = (
    "subscription", "invoice", "customer", "payment_method", "operation", "subscription_item",
)  # fmt: skip
FIELDS = (
    "item", "price", "quantity", "proration", "token", "to", "seats", "shown",
    "operation_id", "when", "processor", "flow", "before", "done", "owner", "owner_id",
    "owner_type", "team", "identity", "user_id", "customer", "customer_id", "subscription_id",
    "invoice_id", "return_url",
    "form_token",
)  # fmt: skip
EXTRA_FIELDS = FIELDS[FIELDS.index("done") : -1]
"""What no page asks for: fields by which somebody might hope to be somebody else."""

WORDS = (
    "period_end", "now", "fake", "extra", "observatory", "price_observatory", "always_invoice",
    "payment_method_update", "subscription_cancel", "canceled", "kept", "team", VICTIM.key,
    str(VICTIM.owner), "https://evil.test", "",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way in: a method and a path with placeholders."""

    method: str
    path: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Pick:
    """A value in symbols: whose id of what, or just text."""

    kind: str
    what: str = ""
    number: int = 0


@dataclass(frozen=True)
class Step:
    """One request in symbols: ids are known only when it is sent.

    ``path`` is what its path names. ``method`` stands in for the way's own now and then, where
    none is meant to work.
    """

    way: int
    path: Pick
    method: str = ""
    query: Mapping[str, Pick] = field(default_factory=dict)
    form: Mapping[str, Pick] = field(default_factory=dict)


MOST_WAYS = 16
"""How many ways into the portal there may be: each sequence tries every one of them."""

_NAMED = st.sampled_from(
    [
        *(Pick("theirs", "fitting", number % 2) for number in range(6)),
        *(Pick("mine", "fitting", number % 3) for number in range(6)),
        *(Pick("ref", "fitting", number) for number in (0, 1)),
        *(Pick(kind, "fitting") for kind in ("beside", "nobodys")),
        *(Pick("text", text) for text in ("..", "%2e%2e%2f", "\x00", "ünï")),
    ]
)
_picks = st.one_of(
    st.sampled_from(
        [
            *(Pick(kind, noun) for kind in ("theirs", "mine", "ref", "beside") for noun in NOUNS),
            *(Pick("text", word) for word in WORDS),
        ]
    ),
    st.builds(Pick, st.just("text"), st.text(max_size=20)),
)
_values = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), _picks, max_size=2),
    _picks.map(lambda pick: dict.fromkeys(EXTRA_FIELDS, pick)),
)
_methods = st.sampled_from(("",) * 9 + ("HEAD", "PUT", "DELETE"))


def _requests(way: int) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.just(way), _NAMED, _methods, _values, _values)


SEQUENCES = st.permutations(range(MOST_WAYS)).flatmap(
    lambda order: st.tuples(*map(_requests, order))
)
"""A request to each way in, in any order."""
