"""``POST /v1/subscriptions/{}`` and ``/v1/subscription_items``: what a running one becomes."""

from __future__ import annotations

from typing import Any

from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.items import change_of, is_change, moment_or_now
from accrue_fake.wire.stripe.acts.terms import (
    ALSO,
    cancellation,
    card_of,
    coupon_of,
    end_later,
    facts_of,
)
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, page
from accrue_fake.wire.stripe.params import Params, merged
from accrue_fake.wire.stripe.problems import invalid, missing, not_played
from accrue_fake.wire.stripe.shapes.keys import gone

_UPDATED = (
    "items", "metadata", "proration_behavior", "proration_date", "payment_behavior", "trial_end",
    "pause_collection", "cancellation_details", "billing_cycle_anchor", "collection_method",
    "days_until_due", *ALSO,
)  # fmt: skip
_STILL_CHANGEABLE = frozenset({"cancellation_details", "expand", "metadata"})
_BEHAVIORS = (
    "allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete",
)  # fmt: skip
_PAUSES = ("void", "keep_as_draft", "mark_uncollectible")
_ITEM = ("proration_behavior", "proration_date", "payment_behavior", "off_session")


def update(desk: Desk, call: Call) -> Json:
    """Change a subscription. What moves money goes first: when that is refused, nothing is done."""
    (ref,), params = call.names, call.params
    params.only(*_UPDATED)
    desk.require("subscription", ref)
    record = desk.engine.books.subscriptions[ref]
    if record.is_ended and set(params) - _STILL_CHANGEABLE:
        raise invalid(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    _require_played(desk, ref, params)
    _change_items(desk, ref, params.each("items"), params)
    _move_trial(desk, ref, params)
    end_later(desk, ref, params)
    _pause(desk, ref, params)
    _describe(desk, ref, params)
    return desk.show("subscription", ref)


def create_item(desk: Desk, call: Call) -> Json:
    """Put one more item onto a subscription."""
    params = call.params
    params.only("subscription", "price", "price_data", "plan", "quantity", "metadata", *_ITEM)
    ref = params.required("subscription")
    desk.require("subscription", ref, param="subscription")
    names = ("price", "price_data", "plan", "quantity", "metadata")
    asked = Params({name: params.values[name] for name in names if name in params})
    _change_items(desk, ref, [asked], params)
    item = desk.engine.books.subscriptions[ref].snapshot.items[-1]
    return _item(desk, item.ref, params)


def update_item(desk: Desk, call: Call) -> Json:
    """Change one item of a subscription."""
    (ref,), params = call.names, call.params
    params.only("price", "price_data", "plan", "quantity", "metadata", *_ITEM)
    subscription = _subscription_of(desk, ref)
    names = ("price", "price_data", "plan", "quantity")
    asked = {name: params.values[name] for name in names if name in params}
    _change_items(desk, subscription, [Params({"id": ref, **asked})], params)
    return _item(desk, ref, params)


def delete_item(desk: Desk, call: Call) -> Json:
    """Take an item off a subscription."""
    (ref,), params = call.names, call.params
    params.only("clear_usage", *_ITEM)
    subscription = _subscription_of(desk, ref)
    _change_items(desk, subscription, [Params({"id": ref, "deleted": "true"})], params)
    return gone("subscription_item", ref)


def retrieve_item(desk: Desk, call: Call) -> Json:
    """Return an item of a subscription."""
    (ref,) = call.names
    _subscription_of(desk, ref)
    return desk.show("subscription_item", ref)


def list_items(desk: Desk, call: Call) -> Json:
    """List the items of a subscription, in their order."""
    params = call.params
    params.only("subscription", *PAGING)
    ref = params.required("subscription")
    desk.require("subscription", ref, param="subscription")
    items = [item.ref for item in desk.engine.books.subscriptions[ref].snapshot.items]
    show = desk.shower("subscription_item")
    return page(params, f"/v1/subscription_items?subscription={ref}", items, show)


def _change_items(desk: Desk, ref: str, asked: list[Params], params: Params) -> None:
    snapshot = desk.engine.books.subscriptions[ref].snapshot
    if not asked:
        return
    change = change_of(desk, snapshot, asked, params)
    if is_change(snapshot, change):
        behavior = params.word("payment_behavior", *_BEHAVIORS)
        _require_waiting(params, change, behavior)
        desk.engine.subscriptions.change(change, key=desk.key())
    after = desk.engine.books.subscriptions[ref].snapshot
    for params_of_item in asked:
        said, item = params_of_item.metadata(), params_of_item.text("id") or after.items[-1].ref
        if said is not None and any(one.ref == item for one in after.items):
            known = desk.account.facts.get(item, {}).get("metadata", {})
            desk.account.say(item, {"metadata": merged(known, said)})


def _require_waiting(params: Params, change: ChangeSubscription, behavior: str | None) -> None:
    """Refuse aloud a change that Stripe would make although nobody has paid for it."""
    if behavior == "default_incomplete" and change.proration == "always_invoice":
        raise not_played(f"{params.name_of('payment_behavior')}=default_incomplete")


def _move_trial(desk: Desk, ref: str, params: Params) -> None:
    is_there, end = moment_or_now(params, "trial_end", desk.now)
    if is_there:
        request = SetTrialEnd(ref=ref, trial_end=end)
        desk.engine.subscriptions.set_trial_end(request, key=desk.key())


def _pause(desk: Desk, ref: str, params: Params) -> None:
    if "pause_collection" not in params:
        return
    subscriptions = desk.engine.subscriptions
    if params.is_cleared("pause_collection"):
        subscriptions.resume(ResumeSubscription(ref=ref), key=desk.key())
        return
    pause = params.below("pause_collection")
    behavior: Any = pause.word("behavior", *_PAUSES)
    if behavior is None:
        raise pause.missing("behavior")
    request = PauseSubscription(ref=ref, behavior=behavior, resumes_at=pause.moment("resumes_at"))
    subscriptions.pause(request, key=desk.key())


def _describe(desk: Desk, ref: str, params: Params) -> None:
    """Change what bills nothing, and tell it once."""
    before = desk.show("subscription", ref)
    record = desk.engine.books.subscriptions[ref]
    subscriptions, said = desk.engine.subscriptions, params.metadata()
    with desk.engine.emitter.as_one():
        if said is not None:
            subscriptions.describe(ref, merged(record.snapshot.metadata, said))
        if "discounts" in params:
            _discount(desk, ref, params)
        if "default_payment_method" in params:
            subscriptions.charge_to(ref, card_of(desk, params, record.snapshot.customer))
        desk.account.say(ref, facts_of(params))
        desk.account.say(ref, cancellation(desk, ref, params.below("cancellation_details")))
        if desk.show("subscription", ref) != before:
            desk.tell("customer.subscription.updated", "subscription", ref)


def _discount(desk: Desk, ref: str, params: Params) -> None:
    """Give it another coupon, or none. One that it has already goes on counting."""
    record, coupon = desk.engine.books.subscriptions[ref], coupon_of(params)
    if coupon is not None and record.snapshot.coupons == (coupon,):
        return
    desk.engine.discounts.require(coupon, currency=record.snapshot.currency or "")
    desk.engine.discounts.give(record, coupon)


def _require_played(desk: Desk, ref: str, params: Params) -> None:
    """Refuse aloud what is known, and would change what the engine cannot change."""
    shown = desk.show("subscription", ref)
    anchor = params.below("billing_cycle_anchor")
    if anchor.word("type", "now", "unchanged") == "now":
        raise not_played("billing_cycle_anchor[type]=now")
    method = params.text("collection_method")
    if method not in (None, shown["collection_method"]):
        raise not_played("collection_method")
    days = params.integer("days_until_due")
    if days not in (None, shown["days_until_due"]):
        raise not_played("days_until_due")
    tax = params.below("automatic_tax").flag("enabled")
    if tax not in (None, shown["automatic_tax"]["enabled"]):
        raise not_played("automatic_tax")
    if params.flag("trial_from_plan"):
        raise not_played("trial_from_plan")


def _item(desk: Desk, ref: str, params: Params) -> Json:
    said = params.metadata()
    if said is not None:
        known = desk.account.facts.get(ref, {}).get("metadata", {})
        desk.account.say(ref, {"metadata": merged(known, said)})
    return desk.show("subscription_item", ref)


def _subscription_of(desk: Desk, item: str) -> str:
    """Return the living subscription of an item that is still on it; else 404."""
    if desk.shown.has("subscription_item", item):
        ref = desk.shown.subscription_of(item)
        record = desk.engine.books.subscriptions[ref]
        is_there = any(one.ref == item for one in record.snapshot.items)
        if is_there and record.snapshot.status != SubscriptionStatus.CANCELED:
            return ref
    raise missing("subscription_item", item)
