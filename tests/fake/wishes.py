"""Subscriptions and changes of them as they are drawn, and the shop that they are made in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import strategies as st

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget
from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from accrue_fake import Engine
from tests.fake.shop import Shop

PRICES = 4
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
INTERVALS = [("day", 1), ("week", 2), ("month", 1), ("month", 3), ("year", 1)]


@dataclass(frozen=True, slots=True)
class Wish:
    """A change as it is drawn: which price, how many, and which of the items is kept for it.

    ``at`` and ``wait`` are thousandths of a period; ``is_followed`` until it has been invoiced.
    """

    items: tuple[tuple[int, int, int | None], ...]
    proration: Any
    at: int | None
    wait: int
    is_followed: bool


@dataclass(frozen=True, slots=True)
class Start:
    """A subscription as it is drawn: what shortens its first period, and what changes its bills."""

    currency: str
    intervals: tuple[tuple[Any, int], tuple[Any, int]]
    minors: tuple[int, ...]
    items: tuple[int, ...]
    at: int
    trial: int | None
    anchor: int | None
    backdated: int | None
    ends: int | None
    is_prorated: bool
    coupon: tuple[Any, int, Any] | None
    tax: tuple[int, bool, Any, Any] | None


MINOR = st.one_of(st.sampled_from([0, 1, 3, 99]), st.integers(0, 10**8))
PART = st.integers(0, 999)
WISHES = st.builds(
    Wish,
    items=st.lists(
        st.tuples(
            st.integers(0, 2 * PRICES - 1), st.integers(0, 9), st.sampled_from([None, 0, 1, 2])
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda item: item[0],
    ).map(tuple),
    proration=st.sampled_from(["create_prorations", "always_invoice", "always_invoice", "none"]),
    at=st.one_of(st.none(), PART),
    wait=PART,
    is_followed=st.booleans(),
)
COUPONS = st.one_of(
    st.none(),
    st.tuples(
        st.sampled_from(["percent", "amount"]),
        st.one_of(st.integers(1, 10_000), st.sampled_from([1, 3333, 5000, 10_000])),
        st.sampled_from(["once", "forever", 1, 3]),
    ),
)
TAXES = st.one_of(
    st.none(),
    st.tuples(
        st.integers(0, 2500),
        st.booleans(),
        st.sampled_from(["half_up", "half_even"]),
        st.sampled_from(["line", "invoice"]),
    ),
)
STARTS = st.builds(
    Start,
    currency=st.sampled_from(["usd", "jpy", "bhd"]),
    intervals=st.sampled_from(list(permutations(INTERVALS, 2))),
    minors=st.tuples(*[MINOR] * (2 * PRICES)),
    items=st.lists(
        st.integers(0, 2 * PRICES - 1), min_size=1, max_size=3, unique=True
    ).map(tuple),
    at=st.integers(0, 400 * 86_400 * 10**6),
    trial=st.sampled_from([None, None, None, 3]),
    anchor=st.one_of(st.none(), st.none(), PART),
    backdated=st.one_of(st.none(), st.none(), PART),
    ends=st.sampled_from([None, None, None, 10, 40, 200]),
    is_prorated=st.booleans(),
    coupon=COUPONS,
    tax=TAXES,
)  # fmt: skip


def opened(drawn: Start) -> tuple[Shop, str] | None:
    """Open a shop with prices of two intervals; let one customer subscribe, if the engine will."""
    shop = Shop(Engine(start=FIRST_DAY + timedelta(microseconds=drawn.at)))
    for number, minor in enumerate(drawn.minors):
        interval, count = drawn.intervals[number // PRICES]
        money = Money(minor, drawn.currency)
        shop.engine.catalogue.add_price(f"p{number}", money, interval, count)
    customer = shop.customer("pm_card_visa")
    request = CreateSubscription(
        customer=customer,
        items=tuple(NewItem(price=f"p{one}", quantity=2 - one % 2) for one in drawn.items),
        trial_days=drawn.trial,
        anchor=None if drawn.trial else _moment(shop, drawn.anchor, 1),
        backdated_to=None if drawn.trial else _moment(shop, drawn.backdated, -1),
        proration="create_prorations" if drawn.is_prorated else "none",
        coupon=_coupon(shop, drawn),
        automatic_tax=_tax(shop, drawn, customer),
    )
    try:
        ref = str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)
    except ProcessorRejected:
        return None
    if drawn.ends is not None:
        moment = shop.engine.clock.now().replace(microsecond=0) + timedelta(days=drawn.ends)
        shop.cancel(ref, "at", moment)
    return shop, ref


def _moment(shop: Shop, part: int | None, direction: int) -> datetime | None:
    """Return a moment of the fortnight behind or ahead, in whole seconds."""
    if part is None:
        return None
    now = shop.engine.clock.now()
    return (now + direction * timedelta(days=14) * part / 1000).replace(microsecond=0)


def _coupon(shop: Shop, drawn: Start) -> str | None:
    if drawn.coupon is None:
        return None
    kind, size, duration = drawn.coupon
    months = duration if isinstance(duration, int) else None
    added = shop.engine.discounts.add_coupon(
        "off",
        percent_off=f"{size / 100:.2f}" if kind == "percent" else None,
        amount_off=Money(size, drawn.currency) if kind == "amount" else None,
        duration="repeating" if months else duration,
        months=months,
    )
    return added.ref


def _tax(shop: Shop, drawn: Start, customer: str) -> bool:
    if drawn.tax is None:
        return False
    rate, is_inclusive, how, per = drawn.tax
    shop.engine.tax.declare("DE", rate, is_inclusive=is_inclusive)
    shop.engine.tax.round(how, per=per)
    shop.engine.customers.set_tax_location(
        SetTaxLocation(ref=customer, country="DE"), key=shop.key()
    )
    return True


def period(shop: Shop, ref: str) -> tuple[datetime, datetime]:
    """Return the time in which all items are in one period: nothing renews in it."""
    items = shop.subscription(ref).items
    starts = [item.current_period_start for item in items if item.current_period_start]
    ends = [item.current_period_end for item in items if item.current_period_end]
    return max(starts), min(ends)


def wished(shop: Shop, ref: str, wish: Wish) -> ChangeSubscription:
    """Say in a request what is wished for."""
    start, end = period(shop, ref)
    left = [item.ref for item in shop.subscription(ref).items]
    targets = []
    for number, quantity, kept in wish.items:
        item = left.pop(kept) if kept is not None and kept < len(left) else None
        targets.append(ItemTarget(price=f"p{number}", quantity=quantity, ref=item))
    at = None if wish.at is None else start + (end - start) * wish.at / 1000
    moment = None if at is None else at.replace(microsecond=0)
    return shop.asked(ref, *targets, proration=wish.proration, proration_at=moment)


def pass_part(shop: Shop, ref: str, part: int) -> None:
    """Let so many thousandths of what remains of the period pass, or of the time until the end."""
    ends = shop.subscription(ref).cancel_at
    until = min(one for one in (period(shop, ref)[1], ends) if one is not None)
    remaining = max(timedelta(0), until - shop.engine.clock.now())
    shop.engine.advance(remaining * part / 1000)
