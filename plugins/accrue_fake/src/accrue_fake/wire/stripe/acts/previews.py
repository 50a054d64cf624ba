"""``POST /v1/invoices/create_preview``: the invoice that would be drawn. Nothing is changed."""

from __future__ import annotations

from typing import Any

from accrue_core.contracts.changes import ChangeSubscription
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.items import PRORATIONS, is_change, wanted
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid, missing, not_played
from accrue_fake.wire.stripe.shapes.previews import render_preview

_DETAILS = ("items", "proration_behavior", "proration_date", "billing_cycle_anchor")


def create_preview(desk: Desk, call: Call) -> Json:
    """Preview the next invoice of a subscription, or the one of a change of it."""
    params = call.params
    params.only("subscription", "customer", "subscription_details", "preview_mode", "currency")
    ref = params.text("subscription")
    if ref is None:
        raise not_played("the preview of a subscription that does not exist yet (subscription)")
    desk.require("subscription", ref, param="subscription")
    record = desk.engine.books.subscriptions[ref]
    if params.text("customer") not in (None, record.snapshot.customer):
        raise missing("subscription", ref, param="subscription", status=400)
    if record.is_ended:
        raise invalid("No upcoming invoices for customer", code="invoice_upcoming_none")
    change = _change(desk, record.snapshot, params.below("subscription_details"))
    previewed = desk.engine.subscriptions.preview(change)
    return render_preview(desk.engine, record, previewed)


def _change(desk: Desk, snapshot: SubscriptionSnapshot, details: Params) -> ChangeSubscription:
    details.only(*_DETAILS)
    become = wanted(desk, snapshot, details.each("items"))
    proration: Any = details.word("proration_behavior", *PRORATIONS) or "create_prorations"
    change = ChangeSubscription(
        ref=snapshot.ref,
        items=become.targets,
        removed=become.removed,
        proration=proration,
        proration_at=details.moment("proration_date"),
    )
    if not is_change(snapshot, change):
        return ChangeSubscription(ref=snapshot.ref, items=change.items, proration="none")
    return change
