"""What time does in the stand-in account: phases of schedules begin and end."""

from __future__ import annotations

from collections.abc import Callable

from tests.stripe.account import changes, invoices, schedules, subscriptions
from tests.stripe.account.books import Books
from tests.stripe.objects import Json

NEVER = 2**60


def until(books: Books, moment: int, stand_at: Callable[[int], None]) -> None:
    """Do what falls due until a moment, each thing at its own time."""
    while True:
        things = (*books.all("subscription_schedule"), *books.all("subscription"))
        due = [one for one in things if _due(one) <= moment]
        if not due:
            stand_at(moment)
            return
        first = min(due, key=_due)
        stand_at(_due(first))
        if first["object"] == "subscription":
            _renew(books, first)
        else:
            _go_on(books, first)


def _renew(books: Books, subscription: Json) -> None:
    """Begin the next period of the items whose period ends, and ask for it."""
    items = subscription["items"]["data"]
    renewed = [item for item in items if item["current_period_end"] == books.now]
    for item in renewed:
        until = books.now + changes.length_of(item["price"])
        item |= {"current_period_start": books.now, "current_period_end": until}
    _ask_for(books, subscription, renewed)


def _due(thing: Json) -> int:
    """Return when something becomes of a thing; never, of one that is over.

    What has a schedule goes on with it, and a trial ends only when somebody ends it.
    """
    if thing["object"] == "subscription":
        if thing["status"] != "active" or thing["schedule"] is not None:
            return NEVER
        return min(int(item["current_period_end"]) for item in thing["items"]["data"])
    schedule = thing
    if schedule["status"] == "not_started":
        return int(schedule["phases"][0]["start_date"])
    current = schedule["current_phase"]
    return NEVER if current is None else int(current["end_date"])


def _go_on(books: Books, schedule: Json) -> None:
    if schedule["status"] == "not_started":
        schedules.begin(books, schedule, books.at("customer", schedule["customer"]))
        return
    end = schedule["current_phase"]["end_date"]
    following = [phase for phase in schedule["phases"] if phase["start_date"] == end]
    if following:
        _enter(books, schedule, following[0])
        return
    driven = schedule["subscription"]
    if schedule["end_behavior"] == "cancel":
        subscriptions.end_it(books, books.at("subscription", driven))
        schedule |= {"status": "completed", "completed_at": books.now, "canceled_at": None}
    else:
        schedules.let_go(books, driven, keeps_end=False)
        schedule |= {"status": "released", "released_at": books.now, "subscription": None}
        schedule["released_subscription"] = driven
    schedule["current_phase"] = None


def _enter(books: Books, schedule: Json, phase: Json) -> None:
    """Let a phase begin with a period: its items are asked for in full."""
    subscription = books.at("subscription", schedule["subscription"])
    old = [{"id": item["id"], "deleted": True} for item in subscription["items"]["data"]]
    new = [{"price": one["price"], "quantity": one["quantity"]} for one in phase["items"]]
    changes.change(
        books,
        subscription,
        {
            "items": [*new, *old],
            "proration_behavior": "none",
            "proration_date": subscription["items"]["data"][0]["current_period_start"],
        },
    )
    for item in subscription["items"]["data"]:
        item["current_period_start"] = books.now
        item["current_period_end"] = books.now + changes.length_of(item["price"])
    _ask_for(books, subscription, subscription["items"]["data"])
    schedule["current_phase"] = schedules.current(phase)


def _ask_for(books: Books, subscription: Json, items: list[Json]) -> None:
    lines = [invoices.line(books, "", item) for item in items]
    card = books.card_of(subscription)
    invoice = invoices.draw(
        books,
        subscription,
        lines,
        behavior=books.behaviors[card] if card else "has no card",
        reason="subscription_cycle",
    )
    subscription["latest_invoice"] = invoice["id"]
