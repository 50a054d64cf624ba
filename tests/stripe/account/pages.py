"""Hosted pages, checkout and portal, as the stand-in account opens them."""

from __future__ import annotations

from tests.stripe import page_objects
from tests.stripe.account import customers, starting
from tests.stripe.account.books import Books, Refused
from tests.stripe.objects import Json

DAY = 86_400
NEAREST_TRIAL_END = 2 * DAY


def open_checkout(books: Books, asked: Json) -> Json:
    """Open a checkout session in subscription mode, on a page of Stripe's."""
    for name in ("mode", "ui_mode", "success_url", "cancel_url", "line_items", "customer"):
        if name not in asked:
            raise Refused(400, code="parameter_missing", param=name)
    if (asked["mode"], asked["ui_mode"]) != ("subscription", "hosted_page"):
        raise NotImplementedError(f"not played: {asked['mode']}, {asked['ui_mode']}")
    books.named("customer", asked["customer"], param="customer")
    for item in asked["line_items"]:
        books.named("price", item["price"], param="line_items[0][price]")
    _require_trial(books, asked.get("subscription_data", {}))
    ref = books.new_ref("checkout.session")
    session = page_objects.checkout_session() | {
        "id": ref,
        "cancel_url": asked["cancel_url"],
        "created": books.now,
        "customer": asked["customer"],
        "expires_at": books.now + DAY,
        "metadata": asked.get("metadata", {}),
        "success_url": asked["success_url"],
        "url": f"https://checkout.stripe.example/c/pay/{ref}",
    }
    return books.put(session)


def retrieve_checkout(books: Books, asked: Json, ref: str) -> Json:
    """Return a checkout session."""
    return books.at("checkout.session", ref, param="session")


def list_checkouts(books: Books, asked: Json) -> Json:
    """List a customer's checkout sessions."""
    records = [
        one
        for one in books.all("checkout.session")
        if one["customer"] == asked.get("customer", one["customer"])
    ]
    return books.page("/v1/checkout/sessions", asked, records)


def complete_checkout(books: Books, ref: str, asked: Json) -> Json:
    """Let the customer pay on the page: only then the subscription is started."""
    session = books.at("checkout.session", ref)
    customer = books.named("customer", session["customer"], param="customer")
    card = customers.make_card(books, "pays")
    card["customer"] = customer["id"]
    data = asked.get("subscription_data", {})
    trial_end = _trial_end(books, data)
    subscription = starting.start(
        books,
        {**data, "items": asked["line_items"], "default_payment_method": card["id"]},
        customer,
        trial_end=trial_end,
        behavior=None if trial_end else "pays",
    )
    session |= {
        "status": "complete",
        "payment_status": "no_payment_required" if trial_end else "paid",
        "subscription": subscription["id"],
        "invoice": subscription["latest_invoice"],
        "url": None,
    }
    return session


def expire_checkout(books: Books, ref: str) -> None:
    """Close a page that nobody has completed."""
    books.at("checkout.session", ref).update({"status": "expired", "url": None})


def open_portal(books: Books, asked: Json) -> Json:
    """Open the customer portal, on its first page or in one flow."""
    customer = books.named("customer", asked.get("customer", ""), param="customer")
    flow = asked.get("flow_data")
    if flow is not None and flow["type"] == "subscription_cancel":
        if "subscription_cancel" not in flow:
            raise Refused(400, code="parameter_missing", param="flow_data[subscription_cancel]")
        param = "flow_data[subscription_cancel][subscription]"
        ref = flow["subscription_cancel"]["subscription"]
        subscription = books.named("subscription", ref, param=param)
        if subscription["customer"] != customer["id"] or subscription["ended_at"] is not None:
            raise Refused(400, param=param)
    ref = books.new_ref("billing_portal.session")
    session = page_objects.portal_session() | {
        "id": ref,
        "created": books.now,
        "customer": customer["id"],
        "flow": flow and _flow(flow),
        "return_url": asked.get("return_url"),
        "url": f"https://billing.stripe.example/p/session/{ref}",
    }
    return books.put(session)


def _require_trial(books: Books, data: Json) -> None:
    if data.get("trial_period_days", 1) < 1:
        raise Refused(400, param="subscription_data[trial_period_days]")
    if data.get("trial_end", books.now + DAY * 3) < books.now + NEAREST_TRIAL_END:
        raise Refused(400, param="subscription_data[trial_end]")


def _trial_end(books: Books, data: Json) -> int | None:
    days: int | None = data.get("trial_period_days")
    end: int | None = data.get("trial_end")
    return end if days is None else books.now + days * DAY


def _flow(asked: Json) -> Json:
    completion = {"hosted_confirmation": None, "redirect": None, **asked["after_completion"]}
    cancel = asked.get("subscription_cancel")
    return {
        "after_completion": completion,
        "subscription_cancel": cancel and {"retention": None, **cancel},
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": asked["type"],
    }
