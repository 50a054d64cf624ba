"""How subscriptions begin in the stand-in account."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime

from tests.stripe import objects
from tests.stripe.account import changes, coupons, invoices
from tests.stripe.account.books import Books, Refused
from tests.stripe.account.money import sums
from tests.stripe.objects import Json, envelope


def create(books: Books, asked: Json) -> Json:
    """Start a subscription and ask for its first payment, if one is due."""
    customer = books.named("customer", asked["customer"], param="customer")
    trial_end = _trial_end(books, asked)
    _require_moments(books, asked, trial_end)
    is_taxed = asked.get("automatic_tax", {}).get("enabled", False)
    if is_taxed and customer["tax"]["location"] is None:
        raise Refused(400, code="customer_tax_location_invalid", param="automatic_tax")
    behavior = None if trial_end else _collection(books, asked, customer)
    return start(books, asked, customer, trial_end=trial_end, behavior=behavior)


def start(
    books: Books, asked: Json, customer: Json, *, trial_end: int | None, behavior: str | None
) -> Json:
    """Write a subscription down with its first invoice."""
    if asked.get("payment_behavior", "allow_incomplete") != "allow_incomplete":
        raise NotImplementedError(f"not played: {asked['payment_behavior']}")
    ref = books.new_ref("subscription")
    begun = asked.get("backdate_start_date", books.now)
    until = trial_end or asked.get("billing_cycle_anchor")
    items = [_item(books, ref, item, until) for item in asked["items"]]
    end = items[0]["current_period_end"]
    subscription = objects.subscription() | {
        "id": ref,
        "billing_cycle_anchor": end if until else begun,
        "billing_mode": _billing_mode(books, asked),
        "automatic_tax": {
            "disabled_reason": None,
            "liability": None,
            "enabled": asked.get("automatic_tax", {}).get("enabled", False),
        },
        "collection_method": asked.get("collection_method", "charge_automatically"),
        "created": books.now,
        "customer": customer["id"],
        "days_until_due": asked.get("days_until_due"),
        "discounts": coupons.redeemed(books, ref, asked.get("discounts", [])),
        "default_payment_method": asked.get("default_payment_method"),
        "items": envelope(f"/v1/subscription_items?subscription={ref}", *items),
        "metadata": dict(asked.get("metadata", {})),
        "start_date": begun,
        "status": "trialing" if trial_end else _status(behavior),
        "trial_end": trial_end,
        "trial_settings": _trial_settings(asked),
        "trial_start": books.now if trial_end else None,
    }
    customer["currency"] = "usd"
    lines = _first_lines(books, asked, items, is_trial=trial_end is not None)
    due = sums(books, subscription, lines).due
    if behavior == "has no card" and due:
        raise Refused(400, message="This customer has no attached payment source or default one.")
    invoice = invoices.draw(books, subscription, lines, behavior=behavior if due else None)
    subscription["status"] = "trialing" if trial_end else _status(behavior if due else None)
    coupons.drop_spent(books, subscription)
    return books.put(subscription | {"latest_invoice": invoice["id"]})


def _require_moments(books: Books, asked: Json, trial_end: int | None) -> None:
    """Refuse an anchor that is not within the first period, and a start that is still to come."""
    anchor, begun = asked.get("billing_cycle_anchor"), asked.get("backdate_start_date")
    if anchor is not None:
        price = books.named("price", asked["items"][0]["price"], param="items[0][price]")
        latest = books.now + changes.length_of(price)
        if not max(books.now + 1, trial_end or 0) <= anchor <= latest:
            raise Refused(400, param="billing_cycle_anchor")
    if begun is not None and begun >= books.now:
        raise Refused(400, param="backdate_start_date")


def _first_lines(books: Books, asked: Json, items: list[Json], *, is_trial: bool) -> list[Json]:
    """Return the lines of a first invoice: nothing for a trial, a part up to an anchor, and for
    a start behind us the time since as well.
    """
    anchor, begun = asked.get("billing_cycle_anchor"), asked.get("backdate_start_date")
    is_free = is_trial or (anchor is not None and not _is_prorated(asked))
    lines = [invoices.line(books, "", item, is_free=is_free) for item in items]
    if anchor is not None and not is_free:
        whole = anchor - _month_before(anchor)
        for line in lines:
            line["amount"] = round(line["amount"] * (anchor - books.now) / whole)
            line["subtotal"] = line["amount"]
    if begun is not None and _is_prorated(asked):
        lines = [*(_since(books, item, begun) for item in items), *lines]
    return lines


def _since(books: Books, item: Json, begun: int) -> Json:
    """Return the line for the time between a start behind us and now."""
    line = invoices.line(books, "", item)
    length = changes.length_of(item["price"])
    amount = round(line["amount"] * (books.now - begun) / length)
    period = {"start": begun, "end": books.now}
    return line | {"amount": amount, "subtotal": amount, "period": period}


def _month_before(moment: int) -> int:
    at = datetime.fromtimestamp(moment, UTC)
    year, month = (at.year, at.month - 1) if at.month > 1 else (at.year - 1, 12)
    day = min(at.day, monthrange(year, month)[1])
    return int(at.replace(year=year, month=month, day=day).timestamp())


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
        return "has no card"
    return books.behaviors[ref]


def _is_prorated(asked: Json) -> bool:
    return bool(asked.get("proration_behavior", "create_prorations") != "none")


def _trial_settings(asked: Json) -> Json:
    said = asked.get("trial_settings", {}).get("end_behavior", {})
    plain = {"billing_cycle_anchor": "unchanged", "missing_payment_method": "create_invoice"}
    return {"end_behavior": plain | said}


def _item(books: Books, subscription: str, asked: Json, until: int | None) -> Json:
    price = books.named("price", asked["price"], param="items[0][price]")
    end = until or books.now + changes.length_of(price)
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
