"""Items with different intervals in one subscription: each has periods of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.changes import ItemTarget
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.errors import AccrueError, ProcessorRejected
from accrue_core.money import Money
from accrue_fake import Engine
from accrue_fake.engine.calendar import around
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import DAY, FEBRUARY, START, Shop

PRICES = ("price_monthly", "price_weekly", "price_pro", "price_seat", "price_yearly", "price_two")


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> None:
    shop.stock_up()


def mixed(shop: Shop, *prices: str, card: str = "pm_card_visa", **options: Any) -> str:
    items = tuple(NewItem(price=price) for price in prices)
    request = CreateSubscription(customer=shop.customer(card), items=items, **options)
    return str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)


def prices_of(invoice: Any) -> list[tuple[str, int]]:
    return [(line.price.removeprefix("price_"), line.amount.minor) for line in invoice.lines]


def added(shop: Shop, ref: str, price: str, **options: Any) -> Any:
    """Add an item to those that are there."""
    there = [
        ItemTarget(ref=item.ref, price=item.price, quantity=item.quantity or 0)
        for item in shop.subscription(ref).items
    ]
    return shop.change(shop.asked(ref, *there, ItemTarget(price=price), **options))


def test_one_invoice_collects_all_that_is_due_at_its_moment(shop: Shop) -> None:
    ref = mixed(shop, "price_yearly", "price_monthly")

    shop.engine.advance_to(START.replace(year=2027))

    invoices = shop.invoices(ref)
    assert [prices_of(one) for one in invoices] == [
        [("yearly", 19000), ("monthly", 1900)],
        *([[("monthly", 1900)]] * 11),
        [("yearly", 19000), ("monthly", 1900)],
    ]
    assert [one.period_start for one in invoices[:2]] == [START, FEBRUARY]
    yearly, monthly = shop.subscription(ref).items
    assert yearly.current_period_end == START.replace(year=2028)
    assert monthly.current_period_end == FEBRUARY.replace(year=2027)


def test_each_item_is_anchored_to_the_day_it_began() -> None:
    shop = Shop(Engine(start=datetime(2028, 1, 31, tzinfo=UTC)))
    shop.stock_up()
    ref = mixed(shop, "price_monthly", "price_weekly")

    shop.pass_days(95)

    starts = {"price_monthly": [], "price_weekly": []}  # type: ignore[var-annotated]
    for invoice in shop.invoices(ref):
        for line in invoice.lines:
            starts[line.price or ""].append(line.period_start)
    assert [(one.month, one.day) for one in starts["price_monthly"]] == [
        (1, 31), (2, 29), (3, 31), (4, 30),
    ]  # fmt: skip
    assert {later - one for one, later in pairwise(starts["price_weekly"])} == {7 * DAY}


def test_a_failed_renewal_of_one_item_is_that_of_the_subscription(shop: Shop) -> None:
    """As Stripe has it: one subscription, one way to deal with what is not paid."""
    ref = mixed(shop, "price_yearly", "price_weekly", card="pm_card_failsAtRenewal")

    shop.pass_days(7)

    assert shop.subscription(ref).status == "past_due"
    assert prices_of(shop.invoices(ref)[-1]) == [("weekly", 500)]


def test_all_items_end_with_the_first_of_their_periods(shop: Shop) -> None:
    ref = mixed(shop, "price_yearly", "price_monthly")
    assert shop.cancel(ref, "period_end").cancel_at == FEBRUARY

    shop.engine.advance_to(FEBRUARY)

    assert shop.subscription(ref).status == "canceled"
    assert len(shop.invoices(ref)) == 1


def test_a_trial_is_of_all_items(shop: Shop) -> None:
    ref = mixed(shop, "price_yearly", "price_weekly", trial_days=10)

    shop.pass_days(10 + 7)

    end = START + 10 * DAY
    assert [prices_of(one) for one in shop.invoices(ref)] == [
        [("yearly", 0), ("weekly", 0)],
        [("yearly", 19000), ("weekly", 500)],
        [("weekly", 500)],
    ]
    assert shop.subscription(ref).items[0].current_period_start == end


def test_up_to_an_anchor_each_pays_its_part(shop: Shop) -> None:
    ref = mixed(shop, "price_yearly", "price_monthly", anchor=START + 10 * DAY)

    (invoice,) = shop.invoices(ref)

    assert prices_of(invoice) == [("yearly", round(19000 * 10 / 365)), ("monthly", 613)]
    assert {item.current_period_end for item in shop.subscription(ref).items} == {START + 10 * DAY}


def test_an_anchor_is_not_beyond_the_shortest_period(shop: Shop) -> None:
    with pytest.raises(ProcessorRejected):
        mixed(shop, "price_yearly", "price_weekly", anchor=START + 8 * DAY)


def test_backdated_every_item_has_its_own_lines(shop: Shop) -> None:
    ref = mixed(shop, "price_monthly", "price_weekly", backdated_to=START - 20 * DAY)

    (invoice,) = shop.invoices(ref)

    assert prices_of(invoice) == [("monthly", 1900), *([("weekly", 500)] * 3)]


def test_an_invoice_has_no_more_lines_than_stripes(shop: Shop) -> None:
    for name in ("one", "other"):
        shop.engine.catalogue.add_price(f"price_{name}", Money(1, "usd"), "day")

    with pytest.raises(ProcessorRejected):
        mixed(shop, "price_one", "price_other", backdated_to=START - 130 * DAY)
    assert not shop.engine.books.subscriptions


def test_an_item_of_another_interval_is_counted_from_the_anchor(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pass_days(73)

    answer = added(shop, ref, "price_yearly")

    monthly, yearly = answer.main.items
    now = START + 73 * DAY
    assert (yearly.current_period_start, yearly.current_period_end) == (
        START, START.replace(year=2027),
    )  # fmt: skip
    assert monthly.current_period_start == START.replace(month=3)
    (invoice,) = answer.others
    assert prices_of(invoice) == [("yearly", 19000 * 4 // 5)]
    assert invoice.lines[0].period_start == now
    shop.engine.advance_to(START.replace(year=2027))
    assert prices_of(shop.invoices(ref)[-1]) == [("monthly", 1900), ("yearly", 19000)]


@pytest.mark.parametrize(("days", "options"), [(3, {}), (6, {"trial_days": 5})])
def test_a_new_interval_begins_no_earlier_than_what_is_paid_for(
    shop: Shop, days: int, options: dict[str, Any]
) -> None:
    ref = shop.subscribed(anchor=START + 10 * DAY, **options)
    begun = START + DAY * options.get("trial_days", 0)
    shop.pass_days(days)

    monthly, yearly = added(shop, ref, "price_yearly").main.items

    assert monthly.current_period_start == yearly.current_period_start == begun
    assert yearly.current_period_end == START + 10 * DAY
    left = 10 - days
    assert prices_of(shop.invoices(ref)[-1]) == [("yearly", round(19000 * left / 365))]


def test_what_leaves_is_given_back_by_its_own_period(shop: Shop) -> None:
    ref = mixed(shop, "price_yearly", "price_monthly")
    shop.pass_days(73)
    yearly, monthly = shop.subscription(ref).items

    stays = ItemTarget(ref=monthly.ref, price=monthly.price)
    answer = shop.change(shop.asked(ref, stays))

    assert prices_of(answer.others[0]) == [("yearly", -19000 * 4 // 5)]
    assert shop.credit(ref) == Money(19000 * 4 // 5, "usd")
    stays = ItemTarget(ref=monthly.ref, price="price_pro")
    shop.change(shop.asked(ref, stays, proration="create_prorations"))
    assert yearly.ref not in {item.ref for item in shop.subscription(ref).items}


def test_while_one_interval_stays_so_does_the_anchor(shop: Shop) -> None:
    ref = mixed(shop, "price_monthly", "price_pro")
    shop.pass_days(10)
    base, pro = shop.subscription(ref).items

    targets = (
        ItemTarget(ref=base.ref, price="price_weekly"),
        ItemTarget(ref=pro.ref, price=pro.price),
    )
    answer = shop.change(shop.asked(ref, *targets))

    weekly, monthly = answer.main.items
    assert (weekly.current_period_start, weekly.current_period_end) == (
        START + 7 * DAY, START + 14 * DAY,
    )  # fmt: skip
    assert monthly.current_period_end == FEBRUARY
    assert prices_of(answer.others[0]) == [
        ("monthly", -round(1900 * 21 / 31)), ("weekly", round(500 * 4 / 7)),
    ]  # fmt: skip


def test_where_no_interval_stays_all_periods_begin_anew(shop: Shop) -> None:
    ref = mixed(shop, "price_monthly", "price_pro")
    shop.pass_days(10)
    base, pro = shop.subscription(ref).items

    targets = (
        ItemTarget(ref=base.ref, price="price_weekly"),
        ItemTarget(ref=pro.ref, price="price_yearly"),
    )
    answer = shop.change(shop.asked(ref, *targets, proration="none"))

    now = START + 10 * DAY
    weekly, yearly = answer.main.items
    assert weekly.current_period_start == yearly.current_period_start == now
    assert weekly.current_period_end == now + 7 * DAY
    assert yearly.current_period_end == now.replace(year=2027)
    assert prices_of(answer.others[0]) == [("weekly", 500), ("yearly", 19000)]


def test_the_next_renewal_is_previewed_with_what_is_due_then(shop: Shop) -> None:
    ref = mixed(shop, "price_yearly", "price_monthly")
    yearly, monthly = shop.subscription(ref).items
    targets = (
        ItemTarget(ref=yearly.ref, price=yearly.price),
        ItemTarget(ref=monthly.ref, price="price_pro"),
    )

    request = shop.asked(ref, *targets, proration="create_prorations")
    said = shop.preview(request)
    shop.change(request)
    shop.engine.advance_to(FEBRUARY)

    invoice = shop.invoices(ref)[-1]
    assert [line.amount for line in invoice.lines] == [line.amount for line in said.lines]
    assert prices_of(invoice) == [("monthly", -1900), ("pro", 4900), ("pro", 4900)]


def test_a_moment_before_the_newest_period_is_not_counted_from(shop: Shop) -> None:
    ref = mixed(shop, "price_yearly", "price_weekly")
    shop.pass_days(10)
    yearly, weekly = shop.subscription(ref).items
    target = ItemTarget(ref=yearly.ref, price=yearly.price, quantity=2)
    stays = ItemTarget(ref=weekly.ref, price=weekly.price)

    with pytest.raises(ProcessorRejected):
        shop.change(shop.asked(ref, target, stays, proration_at=START + 5 * DAY))
    shop.change(shop.asked(ref, target, stays, proration_at=START + 8 * DAY))


def test_a_new_interval_does_not_begin_before_its_period(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pass_days(10)

    with pytest.raises(ProcessorRejected, match="does not run now"):
        added(shop, ref, "price_weekly", proration_at=START + 2 * DAY)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(PRICES), st.booleans()),
        st.tuples(st.just("drop"), st.integers(0, 4), st.booleans()),
        st.tuples(st.just("pass"), st.floats(0.01, 50), st.booleans()),
    ),
    max_size=8,
)


@given(
    st.lists(st.sampled_from(PRICES), min_size=1, max_size=4, unique=True),
    st.integers(0, 4 * 365),
    STEPS,
)
def test_no_period_overlaps_or_leaves_a_gap_whatever_comes_and_goes(
    prices: list[str], day: int, steps: list[Any]
) -> None:
    shop = Shop(Engine(start=datetime(2027, 1, 31, 7, 30, tzinfo=UTC) + day * DAY))
    shop.stock_up()
    shop.engine.catalogue.add_price("price_two", Money(3100, "usd"), "month", 2)
    ref = mixed(shop, *prices)
    for step in steps:
        try:
            take(shop, ref, step)
        except AccrueError:
            continue

    record = shop.engine.books.subscriptions[ref]
    now, catalogue = shop.engine.clock.now(), shop.engine.catalogue
    for item in record.snapshot.items:
        price = catalogue.price(item.price)
        start, end = around(record.anchor, price.interval, price.interval_count, now)
        assert (item.current_period_start, item.current_period_end) == (start, end)
    whole = [
        (line.subscription_item, line.period_start, line.period_end)
        for invoice in shop.invoices(ref)
        for line in invoice.lines
        if not line.is_proration
    ]
    assert len(set(whole)) == len(whole)
    assert_every_item_is_whole(whole)
    assert_no_money_is_lost(shop.engine)


def take(shop: Shop, ref: str, step: Any) -> None:
    what, how, is_now = step
    proration = "always_invoice" if is_now else "create_prorations"
    if what == "pass":
        shop.engine.advance(timedelta(days=how))
    elif what == "add":
        added(shop, ref, how, proration=proration)
    else:
        items = shop.subscription(ref).items
        stay = [
            ItemTarget(ref=item.ref, price=item.price, quantity=item.quantity or 0)
            for place, item in enumerate(items)
            if place != how % len(items)
        ]
        shop.change(shop.asked(ref, *stay, proration=proration))


def assert_every_item_is_whole(periods: list[Any]) -> None:
    """Nothing of one item was charged twice, and what follows begins where the last one ends."""
    by_item: dict[str, list[Any]] = {}
    for item, start, end in periods:
        by_item.setdefault(item, []).append((start, end))
    for own in by_item.values():
        own.sort()
        for (_, end), (start, _) in pairwise(own):
            assert end <= start
