"""Subscriptions."""

from __future__ import annotations

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import PendingChange, SubscriptionRecord
from accrue_fake.wire.stripe.shapes.coupons import discounts_of
from accrue_fake.wire.stripe.shapes.keys import Json, envelope, whole
from accrue_fake.wire.stripe.shapes.subscription_items import render_subscription_item
from accrue_fake.wire.stripe.shapes.taxes import automatic_tax
from accrue_fake.wire.stripe.shapes.units import seconds, seconds_or_none

COLLECTION = {"charge": "charge_automatically", "invoice": "send_invoice"}
"""How due invoices are collected, from our word to Stripe's."""

_WITHOUT_CARD = {"invoice": "create_invoice", "cancel": "cancel", "pause": "pause"}


def render_subscription(engine: Engine, record: SubscriptionRecord) -> Json:
    """Render a subscription with all of its items."""
    snapshot = record.snapshot
    return whole("subscription", _being(engine, record) | _ending(engine, record) | _time(snapshot))


def _being(engine: Engine, record: SubscriptionRecord) -> Json:
    """Say what a subscription is for, and how it is paid."""
    snapshot = record.snapshot
    return {
        "id": snapshot.ref,
        "object": "subscription",
        "automatic_tax": automatic_tax(is_on=snapshot.automatic_tax),
        "billing_cycle_anchor": seconds(record.anchor),
        "billing_mode": {
            "flexible": {"proration_discounts": "included"},
            "type": "flexible",
            "updated_at": seconds_or_none(snapshot.created_at),
        },
        "billing_schedules": [],
        "collection_method": COLLECTION[snapshot.collection],
        "currency": snapshot.currency,
        "customer": snapshot.customer,
        "days_until_due": record.days_until_due,
        "default_payment_method": snapshot.default_payment_method,
        "default_tax_rates": [],
        "discounts": discounts_of(record),
        "invoice_settings": {"issuer": {"type": "self"}},
        "items": _items(engine, record),
        "latest_invoice": snapshot.latest_invoice,
        "livemode": False,
        "metadata": dict(snapshot.metadata),
        "pause_collection": _pause(snapshot),
        "payment_settings": {"save_default_payment_method": "off"},
        "pending_update": _pending(engine, record, record.pending),
        "schedule": snapshot.schedule,
        "status": snapshot.status.value,
        "status_details": _paused(record),
        "test_clock": engine.books.customers[snapshot.customer].clock,
        "trial_settings": {
            "end_behavior": {
                "billing_cycle_anchor": "unchanged",
                "missing_payment_method": _WITHOUT_CARD[record.without_card],
            }
        },
    }


def _items(engine: Engine, record: SubscriptionRecord) -> Json:
    return envelope(
        f"/v1/subscription_items?subscription={record.snapshot.ref}",
        (render_subscription_item(engine, record, item) for item in record.snapshot.items),
    )


def _time(snapshot: SubscriptionSnapshot) -> Json:
    return {
        "created": seconds_or_none(snapshot.created_at),
        "start_date": seconds_or_none(snapshot.started_at or snapshot.created_at),
        "trial_end": seconds_or_none(snapshot.trial_end),
        "trial_start": seconds_or_none(snapshot.trial_start),
    }


def _ending(engine: Engine, record: SubscriptionRecord) -> Json:
    snapshot = record.snapshot
    return {
        "cancel_at": seconds_or_none(snapshot.cancel_at),
        "cancel_at_period_end": snapshot.cancel_at_period_end,
        "canceled_at": seconds_or_none(snapshot.canceled_at),
        "cancellation_details": {
            "feedback": snapshot.cancel_reason,
            "reason": _reason(engine, record),
        },
        "ended_at": seconds_or_none(snapshot.ended_at),
    }


def _reason(engine: Engine, record: SubscriptionRecord) -> str | None:
    """Say why it ends: nobody paid, or somebody asked for it."""
    snapshot, books = record.snapshot, engine.books
    if snapshot.canceled_at is None:
        return None
    newest = books.invoices.get(record.collected or "")
    is_given_up = (
        newest is not None
        and newest.snapshot.status == InvoiceStatus.OPEN
        and newest.snapshot.attempts > len(books.retry_days)
    )
    if is_given_up and snapshot.ended_at is not None and books.final == "canceled":
        return "payment_failed"
    return "cancellation_requested"


def _pause(snapshot: SubscriptionSnapshot) -> Json | None:
    if snapshot.collection_paused is None:
        return None
    return {
        "behavior": snapshot.collection_paused,
        "resumes_at": seconds_or_none(snapshot.collection_resumes_at),
    }


def _paused(record: SubscriptionRecord) -> Json | None:
    """Say why a subscription has the status ``paused``: it was asked to, or a trial ended so."""
    snapshot = record.snapshot
    if snapshot.status != SubscriptionStatus.PAUSED:
        return None
    is_asked = record.rested_at is not None or snapshot.trial_end is None
    since = record.rested_at or snapshot.trial_end or record.period_start
    return {
        "paused": {
            "subscription": {
                "type": "pause_requested" if is_asked else "trial_end_without_payment_method"
            },
            "transitioned_at": seconds(since),
            "type": "subscription",
        }
    }


def _pending(
    engine: Engine, record: SubscriptionRecord, pending: PendingChange | None
) -> Json | None:
    """Say what a subscription becomes once that is paid for."""
    until = record.snapshot.pending_until
    if pending is None or until is None:
        return None
    begins_at = pending.change.begins_at
    return {
        "billing_cycle_anchor": seconds_or_none(begins_at),
        "expires_at": seconds(until),
        "subscription_items": [
            render_subscription_item(engine, record, item) for item in pending.change.items
        ],
    }
