"""What the stand-in account holds, and how Stripe would show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.stripe.objects import Json
from tests.stripe.stand_in import Reply, problem

PREFIXES = {
    "customer": "cus",
    "payment_method": "pm",
    "subscription": "sub",
    "subscription_item": "si",
    "invoice": "in",
    "line_item": "il",
    "invoice_payment": "inpay",
    "payment_intent": "pi",
    "checkout.session": "cs_test",
    "billing_portal.session": "bps",
    "discount": "di",
    "webhook_endpoint": "we",
    "subscription_schedule": "sub_sched",
}


class Refused(Exception):
    """Stripe says no. ``reply`` is how."""

    def __init__(self, status: int, *, message: str | None = None, **details: str) -> None:
        type_ = details.pop("type", "invalid_request_error")
        self.reply: Reply = problem(status, type_, **details, **_said(message))
        super().__init__(f"{status} {details} {message or ''}")


def _said(message: str | None) -> dict[str, str]:
    return {} if message is None else {"message": message}


class Books:
    """Everything there is, by kind and ref, oldest first. ``now`` is the account's own time."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._shelves: dict[str, dict[str, Json]] = {}
        self._made = 0
        self.behaviors: dict[str, str] = {}
        self.unbilled: dict[str, list[Json]] = {}
        self.pending: dict[str, list[Json]] = {}
        self.preview: Json = {}
        self.tax_percent = 0.0

    @property
    def now(self) -> int:
        """The account's time, in seconds."""
        return self._now()

    def new_ref(self, object_: str) -> str:
        """Return a ref that nothing has."""
        self._made += 1
        return f"{PREFIXES[object_]}_{self._made:08d}"

    def put(self, record: Json) -> Json:
        """Keep something under its ref."""
        self._shelves.setdefault(record["object"], {})[record["id"]] = record
        return record

    def remove(self, object_: str, ref: str) -> None:
        """Forget something, as if it had never been."""
        del self._shelves[object_][ref]

    def get(self, object_: str, ref: str) -> Json | None:
        """Return what has a ref, if anything."""
        return self._shelves.get(object_, {}).get(ref)

    def all(self, object_: str) -> list[Json]:
        """Return everything of a kind, oldest first."""
        return list(self._shelves.get(object_, {}).values())

    def at(self, object_: str, ref: str, *, param: str = "id") -> Json:
        """Return what a path names; else 404."""
        return self._found(object_, ref, 404, param)

    def named(self, object_: str, ref: str, *, param: str) -> Json:
        """Return what a parameter names; else 400."""
        found = self._found(object_, ref, 400, param)
        if found.get("deleted"):
            raise Refused(400, code="resource_missing", param=param)
        return found

    def card_of(self, subscription: Json) -> str | None:
        """Return the ref of the card that a subscription is charged to, if there is one."""
        customer = self.at("customer", subscription["customer"])
        own = subscription["default_payment_method"]
        ref: str | None = own or customer["invoice_settings"]["default_payment_method"]
        return ref

    def page(self, url: str, asked: Json, records: list[Json]) -> Json:
        """Return one page of some records, newest first, as lists are asked for."""
        since = asked.get("created", {}).get("gte", 0)
        kept = [one for one in reversed(records) if one.get("created", since) >= since]
        return page_of(kept, url, limit=asked.get("limit"), after=asked.get("starting_after"))

    def _found(self, object_: str, ref: str, status: int, param: str) -> Json:
        found = self.get(object_, ref)
        if found is None:
            raise Refused(status, code="resource_missing", param=param)
        return found


def page_of(
    records: list[Json], url: str, *, limit: int | None = None, after: str | None = None
) -> Json:
    """Return a list as Stripe wraps it: ten at once unless asked, a hundred at most."""
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise Refused(400, code="parameter_invalid_integer", param="limit")
    refs = [one["id"] for one in records]
    if after is not None and after not in refs:
        raise Refused(400, code="resource_missing", param="starting_after")
    start = 0 if after is None else refs.index(after) + 1
    data: list[Any] = records[start : start + limit]
    return {"object": "list", "data": data, "has_more": start + limit < len(records), "url": url}
