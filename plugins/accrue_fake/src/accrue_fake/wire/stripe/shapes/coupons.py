"""Coupons, and what each is worth to one subscription."""

from __future__ import annotations

from accrue_core.money import Money
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import Coupon, SubscriptionRecord
from accrue_fake.wire.stripe.shapes.facts import FIRST_DAY
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import amount, seconds, seconds_or_none


def render_coupon(engine: Engine, record: Coupon) -> Json:
    """Render a coupon, and whether it can still be given to anybody."""
    off, times = record.amount_off, engine.discounts.times_redeemed(record.ref)
    is_late = record.redeem_by is not None and record.redeem_by < engine.books.now
    is_used_up = record.max_redemptions is not None and times >= record.max_redemptions
    return whole(
        "coupon",
        {
            "id": record.ref,
            "object": "coupon",
            "amount_off": None if off is None else amount(off),
            "created": seconds(FIRST_DAY),
            "currency": None if off is None else off.currency,
            "duration": record.duration,
            "duration_in_months": record.months,
            "livemode": False,
            "max_redemptions": record.max_redemptions,
            "metadata": {},
            "percent_off": None if record.percent_off is None else float(record.percent_off),
            "redeem_by": seconds_or_none(record.redeem_by),
            "times_redeemed": times,
            "valid": not (is_late or is_used_up),
        },
    )


def render_discount(_: Engine, record: SubscriptionRecord) -> Json:
    """Render the coupon that a subscription has, or had until it was spent."""
    discount, snapshot = record.discount, record.snapshot
    if discount is None:
        raise LookupError(f"{snapshot.ref} has no discount")
    return whole(
        "discount",
        {
            "id": discount_ref(record),
            "object": "discount",
            "customer": snapshot.customer,
            "end": seconds_or_none(discount.ends_at),
            "source": {"coupon": discount.coupon, "type": "coupon"},
            "start": seconds_or_none(snapshot.started_at or snapshot.created_at),
            "subscription": snapshot.ref,
        },
    )


def discounts_of(record: SubscriptionRecord) -> list[str]:
    """Return the refs of what will be taken off a subscription's invoices."""
    ref = discount_ref(record) if record.snapshot.coupons else None
    return [] if ref is None else [ref]


def discount_ref(record: SubscriptionRecord) -> str | None:
    """Return the ref of the discount that a subscription has or had; the engine names none."""
    if record.discount is None:
        return None
    return f"di_{record.snapshot.ref.removeprefix('sub_')}_{record.discount.coupon}"


def taken_off(record: SubscriptionRecord | None, off: Money) -> list[Json]:
    """Say what was taken off by which discount. Nothing is not said.

    The engine does not keep which coupon it was; of a subscription that was given another one
    since, it is told as that.
    """
    ref = None if record is None else discount_ref(record) or f"di_{record.snapshot.ref}"
    return [{"amount": amount(off), "discount": ref}] if off and ref else []
