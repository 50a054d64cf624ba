"""Changes of running subscriptions, as the stand-in account makes, previews and holds them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.stripe import objects
from tests.stripe.account import invoices
from tests.stripe.account.books import Books, Refused
from tests.stripe.account.money import sums
from tests.stripe.objects import Json

DAY = 86_400
PATIENCE = 23 * 3_600
"""For how long a change waits to be paid for, if its period does not end before."""

LENGTHS = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "year": 365 * DAY}
"""How long periods are here, in seconds."""

WHILE_PENDING = frozenset(
    {"expand", "items", "payment_behavior", "proration_behavior", "proration_date", "trial_end"}
)
"""What a request may hold that lets a change wait for its money (documented at Stripe)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change comes to: the items as they will be, and the lines of its invoice."""

    items: list[Json]
    lines: list[Json]
    at: int
    is_invoiced: bool
    is_prorated: bool


def length_of(price: Json) -> int:
    """Return how long a period of a price is, in seconds."""
    recurring = price["recurring"]
    return LENGTHS[recurring["interval"]] * int(recurring["interval_count"])


def plan(books: Books, subscription: Json, asked: Json) -> Plan:
    """Say what a change comes to, and change nothing."""
    behavior = asked.get("proration_behavior", "create_prorations")
    start, end = _period(subscription)
    at = asked.get("proration_date", books.now)
    if not start <= at < end:
        raise Refused(400, param="proration_date", code="invalid_request_error")
    before = subscription["items"]["data"]
    after = _after(books, subscription, asked.get("items", []))
    is_trial = subscription["status"] == "trialing"
    is_new = not is_trial and length_of(after[0]["price"]) != length_of(before[0]["price"])
    if is_new:
        until = books.now + length_of(after[0]["price"])
        after = [
            item | {"current_period_start": books.now, "current_period_end": until}
            for item in after
        ]
    is_prorated = behavior != "none" and not is_trial
    lines = _prorations(books, before, after, at, is_new=is_new) if is_prorated else []
    if is_new:
        lines += [invoices.line(books, "", item) for item in after]
    is_invoiced = is_new or (behavior == "always_invoice" and bool(lines))
    return Plan(after, lines, at, is_invoiced, is_prorated)


def preview(books: Books, asked: Json) -> Json:
    """Return the invoice that a change would lead to: of now, or of the next renewal."""
    subscription = books.named("subscription", asked["subscription"], param="subscription")
    planned = plan(books, subscription, asked["subscription_details"])
    unbilled = books.unbilled.get(subscription["id"], [])
    lines = [*unbilled, *planned.lines]
    if not planned.is_invoiced:
        lines += [invoices.line(books, "", _renewed(item)) for item in planned.items]
    invoice = invoices.drawn(books, subscription, copy.deepcopy(lines), ref="upcoming_in_preview")
    counted = planned.at if planned.is_prorated else None
    invoice["parent"]["subscription_details"]["subscription_proration_date"] = counted
    books.preview = invoice | {"billing_reason": "upcoming", "status": "draft"}
    return books.preview


def change(books: Books, subscription: Json, asked: Json) -> None:
    """Make a change, or let it wait, or refuse it, as its payment goes."""
    planned = plan(books, subscription, asked)
    behavior = asked.get("payment_behavior", "allow_incomplete")
    is_sent = subscription["collection_method"] == "send_invoice"
    if behavior == "pending_if_incomplete" and (is_sent or set(asked) - WHILE_PENDING):
        raise Refused(400, param="payment_behavior", message="Unsupported with pending updates.")
    ref = subscription["id"]
    if not planned.is_invoiced:
        books.unbilled.setdefault(ref, []).extend(planned.lines)
        subscription["items"]["data"] = planned.items
        return
    lines = [*books.unbilled.pop(ref, []), *planned.lines]
    card = None if is_sent else books.card_of(subscription)
    is_due = not is_sent and bool(sums(books, subscription, lines).due)
    outcome = books.behaviors[card] if card and is_due else "pays"
    if is_due and card is None:
        outcome = "has no card"
    if outcome != "pays" and behavior == "error_if_incomplete":
        raise Refused(402, type="card_error", **_refusal(outcome))
    invoice = invoices.draw(
        books, subscription, lines, behavior=outcome if is_due else None,
        reason="subscription_update",
    )  # fmt: skip
    subscription["latest_invoice"] = invoice["id"]
    if outcome != "pays" and behavior == "pending_if_incomplete":
        _hold(books, subscription, planned)
        return
    subscription["items"]["data"] = planned.items
    subscription["status"] = "active" if outcome == "pays" else "past_due"


def apply_pending(books: Books, subscription: Json) -> None:
    """Make the change that has waited: its invoice was paid."""
    subscription["items"]["data"] = books.pending.pop(subscription["id"])
    subscription["pending_update"] = None


def drop_pending(books: Books, subscription: Json) -> None:
    """Give up the change that has waited."""
    books.pending.pop(subscription["id"], None)
    subscription["pending_update"] = None


def void(books: Books, asked: Json, ref: str) -> Json:
    """Void an open invoice; a change that waits for it is given up."""
    invoice = books.at("invoice", ref, param="invoice")
    if invoice["status"] != "open":
        raise Refused(400, code="invoice_not_editable", param="invoice")
    invoice |= {"status": "void", "auto_advance": False}
    invoice["status_transitions"]["voided_at"] = books.now
    for payment in invoice["payments"]["data"]:
        payment["status"] = "canceled"
        intent = books.get("payment_intent", payment["payment"]["payment_intent"])
        if intent is not None:
            intent["status"] = "canceled"
    for subscription in books.all("subscription"):
        if subscription["latest_invoice"] == ref and subscription["pending_update"]:
            drop_pending(books, subscription)
    return invoice


def closing(books: Books, subscription: Json, *, is_prorated: bool) -> list[Json]:
    """Return the lines of a last invoice: what has waited, and credits for time not used."""
    lines = books.unbilled.pop(subscription["id"], [])
    items = subscription["items"]["data"] if is_prorated else []
    return [*lines, *(_proration(books, item, books.now, sign=-1) for item in items)]


def _refusal(outcome: str) -> dict[str, str]:
    if outcome == "asks its customer":
        return {"code": "authentication_required", "decline_code": "authentication_required"}
    return {"code": "card_declined", "decline_code": "generic_decline"}


def _hold(books: Books, subscription: Json, planned: Plan) -> None:
    books.pending[subscription["id"]] = planned.items
    subscription["pending_update"] = {
        "billing_cycle_anchor": None,
        "cancel_at_period_end": None,
        "discount": None,
        "discounts": None,
        "expires_at": min(books.now + PATIENCE, _period(subscription)[1]),
        "metadata": None,
        "subscription_items": planned.items,
        "trial_end": None,
        "trial_from_plan": False,
    }


def _period(subscription: Json) -> tuple[int, int]:
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def _after(books: Books, subscription: Json, asked: Iterable[Json]) -> list[Json]:
    items = {item["id"]: item for item in subscription["items"]["data"]}
    for number, one in enumerate(asked):
        ref = one.get("id")
        if ref is None:
            new = _new_item(books, subscription, one, number)
            items[new["id"]] = new
        elif ref not in items:
            raise Refused(400, code="resource_missing", param=f"items[{number}][id]")
        elif one.get("deleted"):
            del items[ref]
        else:
            items[ref] = _changed(books, items[ref], one, number)
    if not items:
        raise Refused(400, message="A subscription must have at least one active plan.")
    return list(items.values())


def _new_item(books: Books, subscription: Json, asked: Json, number: int) -> Json:
    start, end = _period(subscription)
    item = objects.subscription_item(books.new_ref("subscription_item")) | {
        "billed_until": end,
        "created": books.now,
        "current_period_start": start,
        "current_period_end": end,
        "subscription": subscription["id"],
    }
    return _changed(books, item, {"quantity": 1, **asked}, number)


def _changed(books: Books, item: Json, asked: Json, number: int) -> Json:
    price = item["price"]
    quantity = asked.get("quantity")
    if "price" in asked:
        price = books.named("price", asked["price"], param=f"items[{number}][price]")
        if price["id"] != item["price"]["id"]:
            quantity = asked.get("quantity", 1)
    if price["recurring"]["usage_type"] == "metered":
        if quantity is not None:
            raise Refused(400, param=f"items[{number}][quantity]")
        changed = {key: value for key, value in item.items() if key != "quantity"}
    else:
        changed = item | {"quantity": item.get("quantity", 1) if quantity is None else quantity}
    plan_ = item["plan"] | {"id": price["id"], "amount": price["unit_amount"]}
    return changed | {"price": price, "plan": plan_}


def _renewed(item: Json) -> Json:
    end = item["current_period_end"]
    return item | {
        "current_period_start": end,
        "current_period_end": end + length_of(item["price"]),
    }


def _prorations(
    books: Books, before: list[Json], after: list[Json], at: int, *, is_new: bool
) -> list[Json]:
    """Credit what will not be used, and charge what will be instead."""
    lines = []
    old = {item["id"]: item for item in before}
    kept = {item["id"]: item for item in after}
    for ref, item in old.items():
        if is_new or _what(kept.get(ref)) != _what(item):
            lines.append(_proration(books, item, at, sign=-1))
    if is_new:
        return lines
    for ref, item in kept.items():
        if _what(old.get(ref)) != _what(item):
            lines.append(_proration(books, item, at, sign=1))
    return lines


def _what(item: Json | None) -> Any:
    return item and (item["price"]["id"], item.get("quantity"))


def _proration(books: Books, item: Json, at: int, *, sign: int) -> Json:
    start, end = item["current_period_start"], item["current_period_end"]
    whole = item["price"]["unit_amount"] * item.get("quantity", 0)
    share = (2 * whole * (end - at) + (end - start)) // (2 * (end - start))
    line = invoices.line(books, "", item)
    details = line["parent"]["subscription_item_details"]
    details |= {"proration": True, "invoice_item": f"ii_{line['id']}"}
    line["period"] = {"start": at, "end": end}
    return line | {"amount": sign * share, "subtotal": sign * share}
