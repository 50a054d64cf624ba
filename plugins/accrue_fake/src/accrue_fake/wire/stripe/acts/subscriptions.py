"""``/v1/subscriptions``: started, read, listed, ended."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, get_args

from accrue_core.contracts.changes import PauseSubscription, ResumeSubscription
from accrue_core.contracts.subscriptions import (
    CancelReason,
    CancelSubscription,
    CreateSubscription,
    SubscriptionStatus,
)
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts import first_payment
from accrue_fake.wire.stripe.acts.items import moment_or_now, new_items, note_metadata
from accrue_fake.wire.stripe.acts.terms import (
    ALSO,
    cancellation,
    card_of,
    coupon_of,
    end_later,
    facts_of,
    is_taxed,
    trial_without_card,
)
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, Row, is_within, page
from accrue_fake.wire.stripe.params import Params, merged
from accrue_fake.wire.stripe.problems import invalid, missing, not_played
from accrue_fake.wire.stripe.searching import search

_CREATED = (
    "customer", "items", "metadata", "trial_period_days", "trial_end", "collection_method",
    "days_until_due", "payment_behavior", "proration_behavior", "billing_cycle_anchor",
    "backdate_start_date", "billing_mode", "currency", *ALSO,
)  # fmt: skip
_COLLECTION = {"charge_automatically": "charge", "send_invoice": "invoice"}
_BEHAVIORS = ("allow_incomplete", "default_incomplete", "error_if_incomplete")
_UNUSED_FROM = ("item_current_period_start", "none", "now")
_LISTED = (
    "customer", "price", "plan", "status", "collection_method", "created", "test_clock",
    "current_period_start", "current_period_end", *PAGING,
)  # fmt: skip
_SEARCHED = {"canceled_at", "created", "customer", "metadata", "status"}


def create(desk: Desk, call: Call) -> Json:
    """Start a subscription and ask for its first payment, as ``payment_behavior`` says."""
    params = call.params
    params.only(*_CREATED)
    customer = desk.customer(params)
    if customer is None:
        raise params.missing("customer")
    request = _request(desk, params, customer)
    behavior = params.word("payment_behavior", *_BEHAVIORS) or "allow_incomplete"
    metadata = merged({}, params.metadata() or {})
    with desk.describing(metadata), desk.adding("subscription", facts_of(params)):
        key = desk.key(metadata)
        ref = first_payment.started(desk, request, key, behavior)
    note_metadata(desk, ref, params.each("items"))
    end_later(desk, ref, params)
    return desk.show("subscription", ref)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a subscription, ended or not."""
    return desk.found("subscription", call.names[0])


def cancel(desk: Desk, call: Call) -> Json:
    """End a subscription now; one that has ended is not found, though it can be read."""
    (ref,), params = call.names, call.params
    params.only("invoice_now", "prorate", "cancellation_details")
    record = desk.engine.books.subscriptions.get(ref)
    if record is None or record.is_ended:
        raise missing("subscription", ref)
    details = params.below("cancellation_details")
    desk.account.say(ref, cancellation(desk, ref, details))
    reason: Any = details.word("feedback", *get_args(CancelReason))
    request = CancelSubscription(
        ref=ref,
        when="now",
        invoice_now=params.flag("invoice_now") or False,
        prorate=params.flag("prorate") or False,
        reason=reason,
    )
    desk.engine.subscriptions.cancel(request, key=desk.key())
    return desk.show("subscription", ref)


def pause(desk: Desk, call: Call) -> Json:
    """Let a whole subscription rest; its unused time is credited unless that is declined."""
    (ref,), params = call.names, call.params
    params.only("type", "bill_for", "invoicing_behavior")
    desk.require("subscription", ref)
    params.word("type", "subscription")
    if params.word("invoicing_behavior", "invoice", "pending_invoice_item") == "invoice":
        raise not_played("invoicing_behavior=invoice")
    billed = params.below("bill_for")
    billed.below("outstanding_usage_through").word("type", "none", "now")
    since = billed.below("unused_time_from").word("type", *_UNUSED_FROM)
    if since == "item_current_period_start":
        raise not_played("bill_for[unused_time_from][type]=item_current_period_start")
    request = PauseSubscription(ref=ref, behavior="none")
    desk.engine.subscriptions.pause(request, key=desk.key(), is_credited=since != "none")
    return desk.show("subscription", ref)


def resume(desk: Desk, call: Call) -> Json:
    """Let a paused subscription go on, with a period that begins now and is paid first."""
    (ref,), params = call.names, call.params
    params.only(
        "billing_cycle_anchor", "payment_behavior", "proration_behavior", "proration_date"
    )  # fmt: skip
    if params.below("billing_cycle_anchor").word("type", "now", "unchanged") == "unchanged":
        raise not_played("billing_cycle_anchor[type]=unchanged")
    params.word("payment_behavior", "resume_on_payment_attempt", "resume_on_payment_success")
    params.word("proration_behavior", "always_invoice", "create_prorations", "none")
    params.moment("proration_date")
    shown = desk.found("subscription", ref)
    if shown["status"] != SubscriptionStatus.PAUSED:
        raise invalid("The subscription is not paused, and cannot be resumed.")
    desk.engine.subscriptions.resume(ResumeSubscription(ref=ref), key=desk.key())
    return desk.show("subscription", ref)


def listed(desk: Desk, call: Call) -> Json:
    """List subscriptions; canceled ones only where they are asked for."""
    params, books = call.params, desk.engine.books
    params.only(*_LISTED)
    customer = params.text("customer")
    if customer is not None:
        desk.require("customer", customer, param="customer")
        own = reversed(books.customers[customer].subscriptions)
        refs: Iterable[str] = (ref for ref in own if _fits(desk, params, ref))
    else:
        refs = Row(books.subscriptions, partial(_fits, desk, params))
    return page(params, "/v1/subscriptions", refs, desk.shower("subscription"))


def searched(desk: Desk, call: Call) -> Json:
    """Search subscriptions."""
    refs, show = reversed(desk.engine.books.subscriptions), desk.shower("subscription")
    return search(call.params, "/v1/subscriptions/search", refs, show, fields=_SEARCHED)


def _request(desk: Desk, params: Params, customer: str) -> CreateSubscription:
    collection: Any = _COLLECTION[
        params.word("collection_method", *_COLLECTION) or "charge_automatically"
    ]
    if params.below("billing_mode").word("type", "classic", "flexible") == "classic":
        raise not_played("billing_mode[type]=classic")
    _require_collectable(desk, params, customer, is_sent=collection == "invoice")
    proration: Any = params.word("proration_behavior", "create_prorations", "none")
    _, trial_end = moment_or_now(params, "trial_end", desk.now)
    return CreateSubscription(
        customer=customer,
        items=new_items(desk, params),
        trial_days=params.integer("trial_period_days", least=1, most=730),
        trial_end=trial_end,
        trial_without_card=trial_without_card(params) or "invoice",
        anchor=params.moment("billing_cycle_anchor"),
        backdated_to=params.moment("backdate_start_date"),
        proration=proration or "create_prorations",
        payment_method=card_of(desk, params, customer),
        collection=collection,
        days_until_due=params.integer("days_until_due", least=0),
        coupon=coupon_of(params),
        automatic_tax=is_taxed(params) or False,
    )


def _require_collectable(desk: Desk, params: Params, customer: str, *, is_sent: bool) -> None:
    if is_sent and params.integer("days_until_due") is None:
        raise params.missing("days_until_due")
    if is_sent and not desk.engine.books.customers[customer].snapshot.email:
        raise invalid(
            "Missing email. In order to create invoices that are sent to the customer, the "
            "customer must have a valid email."
        )


def _fits(desk: Desk, params: Params, ref: str) -> bool:
    books = desk.engine.books
    record = books.subscriptions[ref]
    snapshot = record.snapshot
    price = params.text("price") or params.text("plan")
    method = params.word("collection_method", *_COLLECTION)
    return (
        _has_status(params, snapshot.status)
        and (price is None or any(item.price == price for item in snapshot.items))
        and (method is None or _COLLECTION[method] == snapshot.collection)
        and params.text("test_clock") in (None, books.customers[snapshot.customer].clock)
        and is_within(params, "created", snapshot.created_at)
        and is_within(params, "current_period_start", record.period_start)
        and is_within(params, "current_period_end", record.period_end)
    )


def _has_status(params: Params, status: SubscriptionStatus) -> bool:
    wanted = params.word("status", "all", "ended", *SubscriptionStatus)
    match wanted:
        case None:
            return status != SubscriptionStatus.CANCELED
        case "all":
            return True
        case "ended":
            return status in (SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED)
    return status == wanted
