"""Subscriptions, as the stand-in account starts, changes and ends them."""

from __future__ import annotations

from typing import Any

from tests.stripe import objects
from tests.stripe.account import invoices
from tests.stripe.account.books import Books, Refused
from tests.stripe.objects import Json, envelope

MONTH = 30 * 86_400
"""How long a period is here; nothing is renewed."""

STILL_CHANGEABLE = {"cancellation_details", "expand", "metadata"}
"""What of an ended subscription may still be changed."""


def create(books: Books, asked: Json) -> Json:
    """Start a subscription and ask for its first payment, if one is due."""
    customer = books.named("customer", asked["customer"], param="customer")
    trial_end = _trial_end(books, asked)
    behavior = None if trial_end else _collection(books, asked, customer)
    return start(books, asked, customer, trial_end=trial_end, behavior=behavior)


def start(
    books: Books, asked: Json, customer: Json, *, trial_end: int | None, behavior: str | None
) -> Json:
    """Write a subscription down with its first invoice."""
    if asked.get("payment_behavior", "allow_incomplete") != "allow_incomplete":
        raise NotImplementedError(f"not played: {asked['payment_behavior']}")
    ref = books.new_ref("subscription")
    end = trial_end or books.now + MONTH
    items = [_item(books, ref, item, end) for item in asked["items"]]
    subscription = objects.subscription() | {
        "id": ref,
        "billing_cycle_anchor": end if trial_end else books.now,
        "billing_mode": _billing_mode(books, asked),
        "collection_method": asked.get("collection_method", "charge_automatically"),
        "created": books.now,
        "customer": customer["id"],
        "days_until_due": asked.get("days_until_due"),
        "default_payment_method": asked.get("default_payment_method"),
        "items": envelope(f"/v1/subscription_items?subscription={ref}", *items),
        "metadata": dict(asked.get("metadata", {})),
        "start_date": books.now,
        "status": "trialing" if trial_end else _status(behavior),
        "trial_end": trial_end,
        "trial_start": books.now if trial_end else None,
    }
    customer["currency"] = "usd"
    invoice = invoices.draw(books, subscription, behavior=behavior)
    return books.put(subscription | {"latest_invoice": invoice["id"]})


def update(books: Books, asked: Json, ref: str) -> Json:
    """Change a subscription: its metadata, and how it is to end."""
    subscription = books.at("subscription", ref)
    if subscription["ended_at"] is not None and set(asked) - STILL_CHANGEABLE:
        raise Refused(400, message="A canceled subscription can only update its metadata.")
    if {"cancel_at", "cancel_at_period_end"} <= set(asked):
        raise Refused(400, message="Received both cancel_at_period_end and cancel_at parameters.")
    if asked.keys() - STILL_CHANGEABLE - {
        "cancel_at", "cancel_at_period_end", "proration_behavior"
    }:  # fmt: skip
        raise NotImplementedError(f"not played: {asked}")
    subscription["metadata"] |= asked.get("metadata", {})
    if "cancel_at_period_end" in asked:
        _end_with_period(books, subscription, is_ending=asked["cancel_at_period_end"])
    if "cancel_at" in asked:
        _end_at(books, subscription, asked["cancel_at"])
    return subscription


def cancel(books: Books, asked: Json, ref: str) -> Json:
    """End a subscription now; one that has ended is not found, though it can be read."""
    subscription = books.at("subscription", ref)
    if subscription["ended_at"] is not None:
        raise Refused(404, code="resource_missing", param="id")
    return end(books, subscription)


def end(books: Books, subscription: Json) -> Json:
    """End a subscription, as in the dashboard."""
    subscription |= {
        "status": "canceled",
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


def _status(behavior: str | None) -> str:
    return "active" if behavior in (None, "pays") else "incomplete"


def _billing_mode(books: Books, asked: Json) -> Json:
    if asked.get("billing_mode") != {"type": "flexible"}:
        raise NotImplementedError("not played: any billing mode but an explicit flexible one")
    return {
        "flexible": {"proration_discounts": "included"},
        "type": "flexible",
        "updated_at": books.now,
    }


def _trial_end(books: Books, asked: Json) -> int | None:
    days, end = asked.get("trial_period_days"), asked.get("trial_end")
    if days is not None and end is not None:
        raise Refused(400, param="trial_end")
    if end is not None and end <= books.now:
        raise Refused(400, param="trial_end")
    return end if days is None else books.now + days * 86_400


def _collection(books: Books, asked: Json, customer: Json) -> str | None:
    """Return how the card behaves that the first invoice is charged to; sent, there is none."""
    if asked.get("collection_method") == "send_invoice":
        if not asked.get("days_until_due"):
            raise Refused(400, code="parameter_missing", param="days_until_due")
        if not customer["email"]:
            raise Refused(400, message="Missing email. The customer must have a valid email.")
        return None
    if "days_until_due" in asked:
        raise Refused(400, param="days_until_due")
    own = asked.get("default_payment_method")
    if own is not None:
        card = books.named("payment_method", own, param="default_payment_method")
        if card["customer"] != customer["id"]:
            raise Refused(400, param="default_payment_method")
    ref = own or customer["invoice_settings"]["default_payment_method"]
    if ref is None:
        raise Refused(400, message="This customer has no attached payment source or default one.")
    return books.behaviors[ref]


def _item(books: Books, subscription: str, asked: Json, end: int) -> Json:
    price = books.named("price", asked["price"], param="items[0][price]")
    item = objects.subscription_item(books.new_ref("subscription_item"))
    item["plan"] |= {"id": price["id"], "amount": price["unit_amount"]}
    return item | {
        "billed_until": end,
        "created": books.now,
        "current_period_start": books.now,
        "current_period_end": end,
        "price": price,
        "quantity": asked.get("quantity", 1),
        "subscription": subscription,
    }


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
