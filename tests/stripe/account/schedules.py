"""Schedules of subscriptions, as the stand-in account keeps them. No phase begins by itself."""

from __future__ import annotations

from typing import Any

from tests.stripe.account import starting, subscriptions
from tests.stripe.account.books import Books, Refused
from tests.stripe.account.changes import LENGTHS
from tests.stripe.conformance import filled
from tests.stripe.objects import Json

OVER = frozenset({"canceled", "completed", "released"})


def create(books: Books, asked: Json) -> Json:
    """Make a schedule; one that starts now has its subscription at once."""
    customer = books.named("customer", asked["customer"], param="customer")
    if not asked.get("phases"):
        raise Refused(400, code="parameter_missing", param="phases")
    if asked.get("billing_mode") != {"type": "flexible"}:
        raise NotImplementedError("not played: any billing mode but an explicit flexible one")
    start = books.now if asked["start_date"] == "now" else asked["start_date"]
    if start < books.now:
        raise Refused(400, param="start_date")
    phases = _phases(books, asked["phases"], start)
    ref = books.new_ref("subscription_schedule")
    schedule: Json = {
        "id": ref,
        "object": "subscription_schedule",
        "billing_mode": {"type": "flexible", "updated_at": books.now, "flexible": None},
        "created": books.now,
        "current_phase": None,
        "customer": customer["id"],
        "default_settings": _defaults(),
        "end_behavior": asked.get("end_behavior", "release"),
        "livemode": False,
        "metadata": dict(asked.get("metadata", {})),
        "pause_schedules": [],
        "phases": phases,
        "status": "not_started",
    }
    schedule = books.put(filled(schedule))
    if start == books.now:
        begin(books, schedule, customer)
    return schedule


def update(books: Books, asked: Json, ref: str) -> Json:
    """Plan the current phase, which is known by its start, and the later ones anew."""
    schedule = _running(books, ref)
    running = schedule["current_phase"] or schedule["phases"][0]
    first = asked["phases"][0]
    if first.get("start_date") != running["start_date"]:
        raise Refused(400, param="phases[0][start_date]")
    past = [one for one in schedule["phases"] if one["end_date"] <= running["start_date"]]
    schedule["phases"] = [*past, *_phases(books, asked["phases"], running["start_date"])]
    schedule["end_behavior"] = asked.get("end_behavior", schedule["end_behavior"])
    if schedule["current_phase"] is not None:
        schedule["current_phase"] = current(schedule["phases"][len(past)])
    return schedule


def release(books: Books, asked: Json, ref: str) -> Json:
    """Let the subscription go on without its schedule."""
    schedule = _running(books, ref)
    driven = schedule["subscription"]
    if driven is not None:
        let_go(books, driven, keeps_end=asked.get("preserve_cancel_date", False))
    schedule |= {
        "status": "released",
        "released_at": books.now,
        "released_subscription": driven,
        "subscription": None,
        "current_phase": None,
    }
    return schedule


def cancel(books: Books, asked: Json, ref: str) -> Json:
    """End a schedule and its subscription."""
    schedule = _running(books, ref)
    if schedule["subscription"] is not None:
        subscriptions.end_it(books, books.at("subscription", schedule["subscription"]))
    schedule |= {"status": "canceled", "canceled_at": books.now, "current_phase": None}
    return schedule


def retrieve(books: Books, asked: Json, ref: str) -> Json:
    """Return a schedule."""
    return books.at("subscription_schedule", ref, param="schedule")


def listed(books: Books, asked: Json) -> Json:
    """List a customer's schedules."""
    records = [
        one
        for one in books.all("subscription_schedule")
        if one["customer"] == asked.get("customer", one["customer"])
    ]
    return books.page("/v1/subscription_schedules", asked, records)


def let_go(books: Books, driven: str, *, keeps_end: bool) -> None:
    """Let a subscription go on without its schedule, or with the end that it had set."""
    subscription = books.at("subscription", driven)
    subscription["schedule"] = None
    if not keeps_end:
        subscription["cancel_at"] = None


def _running(books: Books, ref: str) -> Json:
    schedule = books.at("subscription_schedule", ref, param="schedule")
    if schedule["status"] in OVER:
        raise Refused(400, message=f"The schedule is {schedule['status']}.")
    return schedule


def begin(books: Books, schedule: Json, customer: Json) -> None:
    """Start the subscription of a schedule whose first phase begins."""
    first = schedule["phases"][0]
    card = customer["invoice_settings"]["default_payment_method"]
    trial_end = first["trial_end"]
    if card is None and trial_end is None:
        raise Refused(400, message="This customer has no attached payment source or default one.")
    asked = {
        "billing_mode": {"type": "flexible"},
        "items": [{"price": one["price"], "quantity": one["quantity"]} for one in first["items"]],
        "discounts": [{"coupon": one["coupon"]} for one in first["discounts"]],
    }
    behavior = None if trial_end else books.behaviors[card]
    started = starting.start(books, asked, customer, trial_end=trial_end, behavior=behavior)
    started["schedule"] = schedule["id"]
    if schedule["end_behavior"] == "cancel":
        started["cancel_at"] = schedule["phases"][-1]["end_date"]
    schedule |= {
        "status": "active",
        "subscription": started["id"],
        "current_phase": current(first),
    }


def current(phase: Json) -> Json:
    """Return a phase as the one that runs."""
    return {"start_date": phase["start_date"], "end_date": phase["end_date"]}


def _phases(books: Books, asked: list[Json], start: int) -> list[Json]:
    phases = []
    for number, one in enumerate(asked):
        at = f"phases[{number}]"
        if ("end_date" in one) == ("duration" in one):
            raise Refused(400, param=f"{at}[end_date]")
        end = one["end_date"] if "end_date" in one else start + _length(one["duration"])
        if end <= start:
            raise Refused(400, param=f"{at}[end_date]")
        phases.append(_phase(books, one, at, start, end))
        start = end
    return phases


def _phase(books: Books, asked: Json, at: str, start: int, end: int) -> Json:
    for discount in asked.get("discounts", []):
        books.named("coupon", discount["coupon"], param=f"{at}[discounts]")
    items = [_item(books, item, f"{at}[items]") for item in asked["items"]]
    return {
        **dict.fromkeys(
            (
                "application_fee_percent", "automatic_tax", "billing_cycle_anchor",
                "billing_thresholds", "collection_method", "default_payment_method",
                "default_tax_rates", "description", "invoice_settings", "on_behalf_of",
                "transfer_data",
            )
        ),
        "add_invoice_items": [],
        "currency": "usd",
        "discounts": [
            {"coupon": one["coupon"], "discount": None, "promotion_code": None}
            for one in asked.get("discounts", [])
        ],
        "end_date": end,
        "items": items,
        "metadata": {},
        "proration_behavior": asked.get("proration_behavior", "create_prorations"),
        "start_date": start,
        "trial_end": end if asked.get("trial") else None,
    }  # fmt: skip


def _item(books: Books, asked: Json, at: str) -> Json:
    price = books.named("price", asked["price"], param=f"{at}[price]")
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": {},
        "plan": price["id"],
        "price": price["id"],
        "quantity": asked.get("quantity", 1),
        "tax_rates": [],
    }


def _length(duration: Json) -> int:
    return LENGTHS[duration["interval"]] * int(duration.get("interval_count", 1))


def _defaults() -> dict[str, Any]:
    return {
        **dict.fromkeys(
            (
                "application_fee_percent", "billing_thresholds", "collection_method",
                "default_payment_method", "description", "on_behalf_of", "transfer_data",
            )
        ),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": "automatic",
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "days_until_due": None,
            "description": None,
            "footer": None,
            "issuer": {"account": None, "type": "self"},
        },
    }  # fmt: skip
