"""Discounts: coupons, and the one that a subscription has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import get_args

from accrue_core.clock import utc
from accrue_core.contracts.subscriptions import COMP_COUPON, SubscriptionItemSnapshot
from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_core.money import Money
from accrue_fake.engine.bills import taken_off
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar, moment_after
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.records import (
    Coupon,
    CouponRecord,
    Discount,
    Duration,
    InvoiceRecord,
    SubscriptionRecord,
)

COMP = Coupon(ref=COMP_COUPON, percent_off=Decimal(100), duration="forever")
_MADE_WHEN_NEEDED = MappingProxyType({COMP_COUPON: COMP})


class Discounts:
    """Keeps coupons, and says what counts when.

    Stripe's rules (docs.stripe.com/billing/subscriptions/coupons). ``once`` is for the first
    invoice that has something to take off and is collected, so a free trial does not use it up.
    ``repeating`` is for invoices that are drawn within so many months of the start. ``forever``
    has no end. A coupon can be limited to so many subscriptions, and to those that start by a day.

    Simpler than Stripe: a subscription has one coupon at most, and it counts for all prices. What
    a period's invoice was discounted by also counts for everything that is prorated within that
    period, in both directions, even when the coupon has ended meanwhile; an amount off is spread
    over the items whose periods end together for that.
    """

    def __init__(self, books: Books, calendar: Calendar, emitter: Emitter) -> None:
        self._books = books
        self._calendar = calendar
        self._emitter = emitter

    def add_coupon(
        self,
        ref: str | None = None,
        *,
        percent_off: Decimal | str | None = None,
        amount_off: Money | None = None,
        duration: Duration = "once",
        months: int | None = None,
        max_redemptions: int | None = None,
        redeem_by: datetime | None = None,
    ) -> Coupon:
        """Offer a coupon; without a ref it is given one.

        A coupon never changes once it exists: the same words again are no error, other words
        under the same ref are.
        """
        percent = None if percent_off is None else _percentage(percent_off)
        if (percent is None) == (amount_off is None) or (amount_off and amount_off.minor < 0):
            raise InvalidRequest("a coupon takes off a percentage, or else an amount")
        if duration not in get_args(Duration) or (duration == "repeating") == (months is None):
            raise InvalidRequest("a coupon counts once, forever, or repeating for so many months")
        if any(limit is not None and limit < 1 for limit in (months, max_redemptions)):
            raise InvalidRequest("a coupon counts for one month and one subscription at least")
        coupon = Coupon(
            ref=self._books.new_ref("coupon") if ref is None else ref,
            percent_off=percent,
            amount_off=amount_off,
            duration=duration,
            months=months,
            max_redemptions=max_redemptions,
            redeem_by=None if redeem_by is None else utc(redeem_by),
        )
        if coupon != self._kept(coupon).coupon:
            raise InvalidRequest(f"coupon {coupon.ref} exists and is different")
        return coupon

    def coupon(self, ref: str) -> Coupon:
        """Return a coupon, or refuse as a processor refuses an unknown one."""
        record = self._books.coupons.get(ref)
        found = _MADE_WHEN_NEEDED.get(ref) if record is None else record.coupon
        if found is None:
            raise ProcessorRejected(f"no such coupon: {ref}", reason="missing", param="coupon")
        return found

    def coupons(self) -> tuple[Coupon, ...]:
        """Return all coupons, in the order they came about."""
        return tuple(record.coupon for record in self._books.coupons.values())

    def times_redeemed(self, ref: str) -> int:
        """Return how many subscriptions a coupon was given to."""
        record = self._books.coupons.get(self.coupon(ref).ref)
        return 0 if record is None else record.redeemed

    def require(self, ref: str | None, *, currency: str) -> None:
        """Refuse a coupon that cannot be given to a subscription in this currency now."""
        if ref is None:
            return
        coupon = self.coupon(ref)
        if coupon.amount_off is not None and coupon.amount_off.currency != currency:
            raise ProcessorRejected("the coupon is in another currency", param="coupon")
        is_late = coupon.redeem_by is not None and coupon.redeem_by < self._books.now
        most = coupon.max_redemptions
        if is_late or (most is not None and self.times_redeemed(ref) >= most):
            raise ProcessorRejected(
                "the coupon can no longer be redeemed", reason="coupon_expired", param="coupon"
            )

    def give(self, record: SubscriptionRecord, ref: str | None) -> None:
        """Give a subscription a coupon from now on, or take away the one it has. Says no word."""
        if ref is None:
            record.discount = None
            record.snapshot = replace(record.snapshot, coupons=())
            return
        coupon, ends_at = self.coupon(ref), None
        self._kept(coupon).redeemed += 1
        if coupon.months is not None:
            ends_at = moment_after(self._books.now, "month", coupon.months)
            self._calendar.add(ends_at, "undiscount", record.snapshot.ref)
        is_once = coupon.duration == "once"
        record.discount = Discount(coupon=ref, is_once=is_once, ends_at=ends_at)
        record.snapshot = replace(record.snapshot, coupons=(ref,))

    def counting(self, record: SubscriptionRecord, at: datetime) -> Coupon | None:
        """Return the coupon that counts for an invoice drawn at a moment."""
        discount = record.discount
        if discount is None or discount.spent_at is not None:
            return None
        if discount.ends_at is not None and at >= discount.ends_at:
            return None
        return self.coupon(discount.coupon)

    def off(
        self,
        record: SubscriptionRecord,
        items: Sequence[SubscriptionItemSnapshot],
        amounts: Sequence[int],
    ) -> list[int]:
        """Share out what is off a whole period of items: what the invoice of it had off.

        Items whose periods end together have it together. What begins periods of its own has no
        invoice behind it: it gets a percentage that counts now, and for more than once.
        """
        discount, off = record.discount, [0] * len(amounts)
        if discount is None:
            return off
        coupon = self.coupon(discount.coupon)
        there = {item.current_period_end for item in record.snapshot.items}
        lasts = coupon.percent_off is not None and not discount.is_once
        is_new_off = lasts and self.counting(record, self._books.now) is not None
        counts = [
            _was_off(discount, item) if item.current_period_end in there else is_new_off
            for item in items
        ]
        for end in dict.fromkeys(item.current_period_end for item in items):
            together = [
                amount if is_off and item.current_period_end == end else 0
                for item, amount, is_off in zip(items, amounts, counts, strict=True)
            ]
            off = [one + more for one, more in zip(off, taken_off(together, coupon), strict=True)]
        return off

    def spend(self, record: SubscriptionRecord, invoice: InvoiceRecord) -> None:
        """Note that a collected invoice was discounted: that was it, if it was for once."""
        discount = record.discount
        if discount is None or not discount.is_once or discount.spent_at is not None:
            return
        if any(invoice.discounts):
            ref, now = invoice.snapshot.ref, self._books.now
            record.discount = replace(discount, spent_at=now, spent_on=ref)
            self._counts(record, ())

    def give_back(self, record: SubscriptionRecord, invoice: str) -> None:
        """Let it count again: the invoice on which it was spent is void."""
        discount = record.discount
        if discount is not None and discount.spent_on == invoice:
            record.discount = replace(discount, spent_at=None, spent_on=None)
            self._counts(record, (discount.coupon,))

    def lapse(self, ref: str, moment: datetime) -> None:
        """End a discount when its months are over."""
        record = self._books.subscriptions[ref]
        if record.discount is None or record.discount.ends_at != moment or record.is_ended:
            return
        self._counts(record, ())

    def _counts(self, record: SubscriptionRecord, coupons: tuple[str, ...]) -> None:
        record.snapshot = replace(record.snapshot, coupons=coupons)
        self._emitter.emit("customer.subscription.updated", "subscription", record.snapshot.ref)

    def _kept(self, coupon: Coupon) -> CouponRecord:
        return self._books.coupons.setdefault(coupon.ref, CouponRecord(coupon=coupon))


def _was_off(discount: Discount, item: SubscriptionItemSnapshot) -> bool:
    start = item.current_period_start
    if start is None:
        return False
    if discount.is_once:
        return discount.spent_at is not None and discount.spent_at >= start
    return discount.ends_at is None or start < discount.ends_at


def _percentage(said: Decimal | str) -> Decimal:
    try:
        percent = Decimal(said)
    except InvalidOperation:
        percent = Decimal(0)
    if not isinstance(said, Decimal | str) or not percent.is_finite() or not 0 < percent <= 100:
        raise InvalidRequest("a percentage is a decimal above 0 and up to 100, as in '12.5'")
    return percent
