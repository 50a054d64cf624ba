"""Stripe's preview of an invoice to what a change would cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from accrue_core.contracts.changes import ChangeSubscription, PreviewedChange
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_stripe.translate.amounts import currency, money, total
from accrue_stripe.translate.invoices import line
from accrue_stripe.translate.reading import Reader, reader


def previewed_change(
    data: object, request: ChangeSubscription, before: SubscriptionSnapshot
) -> PreviewedChange:
    """Read what a change would put on an invoice of a subscription that is like ``before``."""
    found = reader(data, "invoice")
    code = currency(found)
    read = tuple(line(one, code) for one in found.pages("lines"))
    at = _counted_from(found, request, read, before)
    lines = tuple(_as_shown(one, at, before) for one in read)
    return PreviewedChange(
        proration_at=at,
        currency=code,
        lines=lines,
        subtotal=money(found, "subtotal", code),
        discount=total(found.each_or_none("total_discount_amounts"), code),
        tax=total(found.each_or_none("total_taxes"), code),
        total=money(found, "total", code),
        amount_due=money(found, "amount_due", code),
        due_now=_is_due_now(request, lines, at, before),
    )


def _as_shown(
    one: InvoiceLineSnapshot, at: datetime, before: SubscriptionSnapshot
) -> InvoiceLineSnapshot:
    """Return a line as it is the same for whoever asks again with the same moment.

    A period that begins anew begins when the change is made. It is shown from the moment that the
    change counts from, and a few minutes later that is the same moment. Of an item that is still
    to be, Stripe makes a ref up.
    """
    known = {item.ref for item in before.items}
    item = one.subscription_item if one.subscription_item in known else None
    start, end = one.period_start, one.period_end
    if _begins_anew(one, at, before) and start is not None and end is not None:
        start, end = at, end - (start - at)
    return replace(one, subscription_item=item, period_start=start, period_end=end)


def _begins_anew(one: InvoiceLineSnapshot, at: datetime, before: SubscriptionSnapshot) -> bool:
    """Whether a line is for a period that the change itself begins, before the current one ends."""
    start = one.period_start
    return not one.is_proration and start is not None and at <= start < _renewal(before)


def _counted_from(
    found: Reader,
    request: ChangeSubscription,
    lines: tuple[InvoiceLineSnapshot, ...],
    before: SubscriptionSnapshot,
) -> datetime:
    """Return the moment that was asked for, else the one that Stripe took.

    Where nothing is prorated it is of no consequence, and Stripe names none.
    """
    if request.proration_at is not None:
        return request.proration_at
    parent = found.inner_or_none("parent")
    details = parent and parent.inner_or_none("subscription_details")
    said = details and details.moment_or_none("subscription_proration_date")
    if said is not None:
        return said
    starts = [one.period_start for one in lines if one.is_proration and one.period_start]
    return min(starts) if starts else max(_starts(before))


def _is_due_now(
    request: ChangeSubscription,
    lines: tuple[InvoiceLineSnapshot, ...],
    at: datetime,
    before: SubscriptionSnapshot,
) -> bool:
    """Whether the invoice is of now, and not the next renewal's.

    A preview does not say so itself. Its lines do: a renewal's begin where the current period
    ends, those of a period that begins anew before that. Where there are neither, as for
    prorations alone, it is what was asked for.
    """
    if any(_begins_anew(one, at, before) for one in lines):
        return True
    renewal = _renewal(before)
    starts = [one.period_start for one in lines if not one.is_proration and one.period_start]
    is_renewed = any(start >= renewal for start in starts)
    return request.proration == "always_invoice" and bool(lines) and not is_renewed


def _renewal(before: SubscriptionSnapshot) -> datetime:
    """Return when the first of the current periods ends."""
    return min(item.current_period_end for item in before.items if item.current_period_end)


def _starts(before: SubscriptionSnapshot) -> list[datetime]:
    return [item.current_period_start for item in before.items if item.current_period_start]
