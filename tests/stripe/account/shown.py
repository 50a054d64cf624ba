"""How much of an object an answer shows: what was asked to be expanded, and no more."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject

from tests.stripe.account.books import Books, Refused, page_of
from tests.stripe.conformance import hints
from tests.stripe.objects import Json

ONLY_IF_EXPANDED = {
    "invoice": {"payments", "confirmation_secret"},
    "checkout.session": {"line_items"},
    "customer": {"sources", "subscriptions", "tax", "tax_ids", "cash_balance"},
}
"""What Stripe leaves out of an object unless it is asked for."""

DEEPEST = 4

Path = tuple[str, ...]


def shown(books: Books, record: Json, expand: Iterable[str]) -> Json:
    """Return a record, or a list of them, as an answer shows it."""
    paths = [tuple(path.split(".")) for path in expand]
    for path in paths:
        if len(path) > DEEPEST:
            raise Refused(400, param="expand")
    return _list(books, record, paths) if record["object"] == "list" else _one(books, record, paths)


def _one(books: Books, record: Json, paths: list[Path]) -> Json:
    cls = get_object_class("V1", record["object"])
    for path in paths:
        if not _is_expandable(cls, path):
            raise Refused(400, param="expand")
    heads = {path[0] for path in paths}
    hidden = ONLY_IF_EXPANDED.get(record["object"], set()) - heads
    seen = {key: value for key, value in record.items() if key not in hidden}
    return _inside(books, seen, paths)


def _inside(books: Books, data: Json, paths: list[Path]) -> Json:
    """Expand below a map's keys; everything else is copied."""
    return {
        key: _value(books, value, [path[1:] for path in paths if path[0] == key], _is(paths, key))
        for key, value in data.items()
    }


def _is(paths: list[Path], key: str) -> bool:
    return any(path[0] == key for path in paths)


def _value(books: Books, value: Any, rest: list[Path], is_asked: bool) -> Any:
    rest = [path for path in rest if path]
    if isinstance(value, str) and is_asked:
        return _one(books, _anything(books, value), rest)
    if isinstance(value, list) and is_asked:
        return [_one(books, _anything(books, ref), rest) for ref in value]
    if not isinstance(value, dict):
        return copy.deepcopy(value)
    if value.get("object") == "list":
        return _list(books, page_of(value["data"], value["url"]), rest)
    return _inside(books, value, rest)


def _list(books: Books, envelope: Json, paths: list[Path]) -> Json:
    below = [path[1:] for path in paths if path[0] == "data" and path[1:]]
    if any(path[0] != "data" for path in paths):
        raise Refused(400, param="expand")
    return envelope | {"data": [_one(books, one, below) for one in envelope["data"]]}


def _anything(books: Books, ref: str) -> Json:
    kinds = (
        "customer", "payment_method", "subscription", "invoice", "payment_intent", "discount",
        "coupon", "product",
    )  # fmt: skip
    found = next((one for kind in kinds if (one := books.get(kind, ref))), None)
    assert found is not None, f"nothing has the ref {ref}"
    return found


def _is_expandable(cls: Any, path: Path) -> bool:
    """Whether the SDK's classes have such a path, and something to expand at its end."""
    head, *rest = path
    hint = hints(cls).get(head)
    if hint is None:
        return False
    alternatives = get_args(hint) or (hint,)
    lists = [one for one in (hint, *alternatives) if get_origin(one) is ListObject]
    if lists:
        (item,) = get_args(lists[0])
        return not rest or (rest[0] == "data" and (not rest[1:] or _leads(item, rest[1:])))
    several = [one for one in (hint, *alternatives) if get_origin(one) is list]
    if several:
        alternatives = get_args(get_args(several[0])[0])
    inner = [one for one in alternatives if isinstance(one, type) and issubclass(one, StripeObject)]
    if not rest:
        can_be_left_out = head in ONLY_IF_EXPANDED.get(getattr(cls, "OBJECT_NAME", ""), set())
        return bool(inner) and (str in alternatives or can_be_left_out)
    return any(_leads(one, rest) for one in inner)


def _leads(cls: Any, rest: list[str]) -> bool:
    return _is_expandable(cls, tuple(rest))
