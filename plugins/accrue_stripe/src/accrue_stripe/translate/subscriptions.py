"""Stripe's subscription to ours."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from accrue_core.contracts.subscriptions import (
    Collection,
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_stripe.translate.amounts import currency
from accrue_stripe.translate.metadata import without_mark
from accrue_stripe.translate.reading import Reader, is_deleted, reader, refuse

_STATUSES = frozenset(SubscriptionStatus)
_COLLECTION = {"charge_automatically": "charge", "send_invoice": "invoice"}


def collection(found: Reader) -> Collection:
    """Read how due invoices are collected."""
    return cast(Collection, found.choice("collection_method", _COLLECTION))


def subscription(data: object) -> SubscriptionSnapshot | UnreadableSnapshot | GoneSnapshot:
    """Read a subscription; a status that we have never heard of makes it unreadable.

    ``discounts`` must have been asked for (``expand``): a bare id does not say which coupon it is.
    """
    found = reader(data, "subscription")
    ref = found.text("id")
    if is_deleted(found):
        return GoneSnapshot("subscription", ref)
    status = found.text("status")
    if status not in _STATUSES:
        return UnreadableSnapshot("subscription", ref, status)
    items = tuple(_item(item, found) for item in found.pages("items"))
    paused = found.inner_or_none("pause_collection")
    pending = found.inner_or_none("pending_update")
    return SubscriptionSnapshot(
        ref=ref,
        customer=found.ref("customer"),
        status=SubscriptionStatus(status),
        items=items,
        collection=collection(found),
        currency=currency(found),
        cancel_at_period_end=found.flag("cancel_at_period_end"),
        cancel_at=_cancel_at(found, items),
        canceled_at=found.moment_or_none("canceled_at"),
        ended_at=found.moment_or_none("ended_at"),
        cancel_reason=_cancel_reason(found),
        started_at=found.moment("start_date"),
        trial_start=found.moment_or_none("trial_start"),
        trial_end=found.moment_or_none("trial_end"),
        collection_paused=paused and paused.text("behavior"),
        collection_resumes_at=paused and paused.moment_or_none("resumes_at"),
        pending_until=pending and pending.moment("expires_at"),
        default_payment_method=found.ref_or_none("default_payment_method"),
        latest_invoice=found.ref_or_none("latest_invoice"),
        coupons=_coupons(found),
        automatic_tax=found.inner("automatic_tax").flag("enabled"),
        schedule=found.ref_or_none("schedule"),
        metadata=without_mark(found.words("metadata")),
        created_at=found.moment("created"),
    )


def _item(item: Reader, whole: Reader) -> SubscriptionItemSnapshot:
    """Read one item with its period.

    Since 2025-03-31.basil each item has a period of its own; before, the subscription had the
    only one. The old place is read when an item has none.
    """
    dated = whole if "current_period_start" not in item and _is_dated(whole) else item
    price = item.inner("price")
    return SubscriptionItemSnapshot(
        ref=item.text("id"),
        price=price.text("id"),
        quantity=_quantity(item, price),
        product=price.ref("product"),
        current_period_start=dated.moment("current_period_start"),
        current_period_end=dated.moment("current_period_end"),
    )


def _is_dated(whole: Reader) -> bool:
    return "current_period_start" in whole and "current_period_end" in whole


def _quantity(item: Reader, price: Reader) -> int | None:
    """Read how many; a metered price has no quantity, and then Stripe leaves the key out."""
    if "quantity" in item:
        return item.whole_or_none("quantity")
    recurring = price.inner_or_none("recurring")
    if recurring is None or recurring.text("usage_type") != "metered":
        refuse(item.at("quantity"), "missing")
    return None


def _cancel_at(found: Reader, items: tuple[SubscriptionItemSnapshot, ...]) -> datetime | None:
    """Read when it ends. Of an end at period end without a date, the items know the date."""
    cancel_at = found.moment_or_none("cancel_at")
    if cancel_at is not None or not found.flag("cancel_at_period_end"):
        return cancel_at
    ends = {item.current_period_end for item in items}
    if len(ends) != 1:
        refuse(found.at("cancel_at"), "null, with items whose periods end at different times")
    return ends.pop()


def _cancel_reason(found: Reader) -> str | None:
    """Read why somebody left, if they were asked and said so."""
    details = found.inner_or_none("cancellation_details")
    return details and details.text_or_none("feedback")


def _coupons(found: Reader) -> tuple[str, ...]:
    """Read the coupons that count; of a coupon that was deleted since, Stripe names none."""
    sources = [discount.inner("source") for discount in found.each("discounts")]
    named = (source.ref_or_none("coupon") for source in sources)
    return tuple(coupon for coupon in named if coupon is not None)
