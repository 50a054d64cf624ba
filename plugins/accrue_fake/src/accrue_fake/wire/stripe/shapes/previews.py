"""Previews: the invoice that would come of a change."""

from __future__ import annotations

from dataclasses import replace

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget, PreviewedChange
from accrue_core.contracts.invoices import InvoiceSnapshot, InvoiceStatus
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import InvoiceRecord, SubscriptionRecord
from accrue_fake.wire.stripe.shapes.customers import now_of
from accrue_fake.wire.stripe.shapes.invoices import render_invoice
from accrue_fake.wire.stripe.shapes.keys import Json
from accrue_fake.wire.stripe.shapes.units import seconds

UPCOMING = "upcoming_in"
"""How the ids of invoices begin that nobody has drawn yet."""

_PREFIX = "sub_"


def render_preview(engine: Engine, record: SubscriptionRecord, change: PreviewedChange) -> Json:
    """Render the invoice of a change that nobody has made: at once, or at the next renewal."""
    shown = render_invoice(engine, InvoiceRecord(snapshot=_foreseen(engine, record, change)))
    details = shown["parent"]["subscription_details"]
    details["subscription_proration_date"] = seconds(change.proration_at)
    return shown


def render_upcoming(engine: Engine, ref: str) -> Json:
    """Render the invoice that the next renewal will draw, by the id that it has until then."""
    subscription = f"{_PREFIX}{ref.removeprefix(f'{UPCOMING}_')}"
    record = engine.books.subscriptions[subscription]
    items = tuple(
        ItemTarget(ref=item.ref, price=item.price, quantity=item.quantity or 0)
        for item in record.snapshot.items
    )
    nothing_new = ChangeSubscription(ref=subscription, items=items, proration="none")
    foreseen = _foreseen(engine, record, engine.subscriptions.preview(nothing_new))
    is_charged = foreseen.collection == "charge"
    foreseen = replace(foreseen, next_attempt_at=record.period_end if is_charged else None)
    return render_invoice(engine, InvoiceRecord(snapshot=foreseen))


def upcoming_ref(subscription: str) -> str:
    """Return the id of the invoice that a subscription's next renewal will draw."""
    return f"{UPCOMING}_{subscription.removeprefix(_PREFIX)}"


def _foreseen(
    engine: Engine, record: SubscriptionRecord, change: PreviewedChange
) -> InvoiceSnapshot:
    subscription, nothing = record.snapshot, change.total - change.total
    now = now_of(engine, engine.books.customers[subscription.customer])
    return InvoiceSnapshot(
        ref=upcoming_ref(subscription.ref),
        customer=subscription.customer,
        status=InvoiceStatus.DRAFT,
        subscription=subscription.ref,
        currency=change.currency,
        subtotal=change.subtotal,
        discount=change.discount,
        tax=change.tax,
        total=change.total,
        amount_due=change.amount_due,
        amount_paid=nothing,
        amount_remaining=change.amount_due,
        lines=change.lines,
        billing_reason="subscription_update" if change.due_now else "upcoming",
        collection=subscription.collection,
        period_start=record.period_start,
        period_end=record.period_end,
        created_at=now if change.due_now else record.period_end,
    )
