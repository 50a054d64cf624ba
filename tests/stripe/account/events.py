"""What has happened, as the stand-in account lists it: that customers and subscriptions came."""

from __future__ import annotations

import stripe

from tests.stripe.account.books import Books
from tests.stripe.objects import Json

TOLD = {"customer": "customer.created", "subscription": "customer.subscription.created"}


def listed(books: Books, asked: Json) -> Json:
    """List events, the newest first, and also one of a kind that nobody here asks for."""
    until = asked.get("created", {}).get("lt", float("inf"))
    things = [one for kind in TOLD for one in books.all(kind) if one["created"] < until]
    things.sort(key=lambda one: (one["created"], _number(one["id"])))
    events = [_event(one, TOLD[one["object"]]) for one in things]
    noise = [_event(one, "balance.available") for one in things[:1]]
    return books.page("/v1/events", asked, [*noise, *events])


def _event(thing: Json, type_: str) -> Json:
    return {
        "id": f"evt_{type_.replace('.', '_')}_{thing['id']}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": thing["created"],
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    }


def _number(ref: str) -> int:
    return int(ref.rpartition("_")[2])
