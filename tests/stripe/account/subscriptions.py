"""Subscriptions, as the stand-in account starts, changes and ends them."""

from __future__ import annotations

from typing import Any

from tests.stripe.account import changes, invoices
from tests.stripe.account.books import Books, Refused
from tests.stripe.objects import Json

STILL_CHANGEABLE = {"cancellation_details", "expand", "metadata"}
"""What of an ended subscription may still be changed."""

CHANGEABLE = {
    "cancel_at", "cancel_at_period_end", "items", "pause_collection", "payment_behavior",
    "proration_behavior", "proration_date", "trial_end",
}  # fmt: skip
"""What of a running one may be, and is played here."""

LONGEST_TRIAL = 730 * 86_400


def update(books: Books, asked: Json, ref: str) -> Json:
    """Change a subscription: its metadata, and how it is to end."""
    subscription = books.at("subscription", ref)
    if subscription["ended_at"] is not None and set(asked) - STILL_CHANGEABLE:
        raise Refused(400, message="A canceled subscription can only update its metadata.")
    if {"cancel_at", "cancel_at_period_end"} <= set(asked):
        raise Refused(400, message="Received both cancel_at_period_end and cancel_at parameters.")
    if asked.keys() - STILL_CHANGEABLE - CHANGEABLE:
        raise NotImplementedError(f"not played: {asked}")
    if "items" in asked:
        changes.change(books, subscription, asked)
    if "trial_end" in asked:
        _set_trial_end(books, subscription, asked)
    if "pause_collection" in asked:
        subscription["pause_collection"] = _pause(books, asked["pause_collection"])
    if "cancellation_details" in asked:
        subscription["cancellation_details"] |= asked["cancellation_details"]
    if subscription["schedule"] and asked.keys() & {"cancel_at", "cancel_at_period_end"}:
        raise Refused(400, message="The subscription is managed by the subscription schedule.")
    subscription["metadata"] |= asked.get("metadata", {})
    if "cancel_at_period_end" in asked:
        _end_with_period(books, subscription, is_ending=asked["cancel_at_period_end"])
    if "cancel_at" in asked:
        _end_at(books, subscription, asked["cancel_at"])
    return subscription


def pause(books: Books, asked: Json, ref: str) -> Json:
    """Let all of a subscription rest: its period ends now, and the rest of it waits as a credit."""
    subscription = books.at("subscription", ref)
    if subscription["status"] != "active" or subscription["schedule"]:
        raise Refused(400, message="This subscription cannot be paused.")
    if set(asked) - {"type", "bill_for", "invoicing_behavior", "expand"}:
        raise NotImplementedError(f"not played: {asked}")
    if asked["bill_for"]["unused_time_from"]["type"] == "now":
        books.unbilled[ref] = changes.closing(books, subscription, is_prorated=True)
    for item in subscription["items"]["data"]:
        item["current_period_end"] = books.now
    subscription["status"] = "paused"
    return subscription


def resume(books: Books, asked: Json, ref: str) -> Json:
    """End a rest: a period begins, and the subscription runs once it is paid for."""
    subscription = books.at("subscription", ref)
    if subscription["status"] != "paused":
        raise Refused(400, message="This subscription is not paused.")
    if asked.get("payment_behavior") != "resume_on_payment_success":
        raise NotImplementedError(f"not played: {asked}")
    for item in subscription["items"]["data"]:
        until = books.now + changes.length_of(item["price"])
        item |= {"current_period_start": books.now, "current_period_end": until}
    card = books.card_of(subscription)
    invoice = invoices.draw(
        books,
        subscription,
        [
            *books.unbilled.pop(ref, []),
            *(invoices.line(books, "", item) for item in subscription["items"]["data"]),
        ],
        behavior=books.behaviors[card] if card else "has no card",
        reason="subscription_update",
    )
    subscription["latest_invoice"] = invoice["id"]
    if invoice["status"] == "paid":
        subscription["status"] = "active"
    return subscription


def cancel(books: Books, asked: Json, ref: str) -> Json:
    """End a subscription now; one that has ended is not found, though it can be read."""
    subscription = books.at("subscription", ref)
    if subscription["ended_at"] is not None:
        raise Refused(404, code="resource_missing", param="id")
    if asked.get("invoice_now"):
        lines = changes.closing(books, subscription, is_prorated=asked.get("prorate", False))
        invoice = invoices.draw(books, subscription, lines, behavior="pays")
        subscription["latest_invoice"] = invoice["id"]
    subscription["cancellation_details"] |= asked.get("cancellation_details", {})
    return end_it(books, subscription)


def end_it(books: Books, subscription: Json) -> Json:
    """End a subscription, as in the dashboard."""
    schedule = books.get("subscription_schedule", subscription["schedule"] or "")
    if schedule is not None:
        schedule |= {"status": "canceled", "canceled_at": books.now, "current_phase": None}
    subscription |= {
        "status": "canceled",
        "schedule": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": books.now,
        "ended_at": books.now,
    }
    return subscription


def retrieve(books: Books, asked: Json, ref: str) -> Json:
    """Return a subscription, ended or not."""
    return books.at("subscription", ref)


def listed(books: Books, asked: Json) -> Json:
    """List a customer's subscriptions; ended ones only where all are asked for."""
    records = [
        one
        for one in books.all("subscription")
        if one["customer"] == asked.get("customer", one["customer"])
        and (asked.get("status") == "all" or one["ended_at"] is None)
    ]
    return books.page("/v1/subscriptions", asked, records)


def items(books: Books, asked: Json) -> Json:
    """List a subscription's items."""
    subscription = books.named("subscription", asked["subscription"], param="subscription")
    return books.page("/v1/subscription_items", asked, subscription["items"]["data"][::-1])


def _set_trial_end(books: Books, subscription: Json, asked: Json) -> None:
    """Let a trial end at another moment; now, the first period begins and is asked for."""
    end = asked["trial_end"]
    if end != "now":
        if not books.now < end <= books.now + LONGEST_TRIAL:
            raise Refused(400, param="trial_end")
        subscription |= {"trial_end": end, "billing_cycle_anchor": end}
        for item in subscription["items"]["data"]:
            item |= {"current_period_end": end, "billed_until": end}
        return
    for item in subscription["items"]["data"]:
        until = books.now + changes.length_of(item["price"])
        item |= {"current_period_start": books.now, "current_period_end": until}
    subscription |= {"trial_end": books.now, "billing_cycle_anchor": books.now, "status": "active"}
    card = books.card_of(subscription)
    then = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if card is None and then == "cancel":
        end_it(books, subscription)
        return
    if card is None and then == "pause":
        subscription["status"] = "paused"
        return
    behavior = books.behaviors[card] if card else "has no card"
    lines = [invoices.line(books, "", item) for item in subscription["items"]["data"]]
    invoice = invoices.draw(
        books, subscription, lines, behavior=behavior, reason="subscription_update"
    )
    subscription["latest_invoice"] = invoice["id"]
    subscription["status"] = "active" if invoice["status"] == "paid" else "past_due"


def _pause(books: Books, asked: Any) -> Json | None:
    if asked == "":
        return None
    if asked.get("resumes_at", books.now + 1) <= books.now:
        raise Refused(400, param="pause_collection[resumes_at]")
    return {"resumes_at": None, **asked}


def _end_with_period(books: Books, subscription: Json, *, is_ending: bool) -> None:
    """Set or clear an end with the period. One at a date is another thing, and stays."""
    subscription["cancel_at_period_end"] = is_ending
    if is_ending:
        subscription["cancel_at"] = None
    if subscription["cancel_at"] is None:
        subscription["canceled_at"] = books.now if is_ending else None


def _end_at(books: Books, subscription: Json, moment: Any) -> None:
    if moment == "":
        subscription |= {"cancel_at": None, "canceled_at": None}
        return
    if not isinstance(moment, int) or moment <= books.now:
        raise Refused(400, param="cancel_at")
    subscription |= {
        "cancel_at": moment,
        "cancel_at_period_end": False,
        "canceled_at": books.now,
    }
