"""From when a subscription counts: anchors, backdated starts, and what the first invoice is for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.changes import ItemTarget
from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_core.money import Money
from accrue_fake import Engine
from accrue_fake.engine.calendar import around, moment_after
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import DAY, FEBRUARY, MONTHLY, START, Shop

NOON = START + timedelta(days=15, hours=12)
"""Half of January is over."""
SECOND = timedelta(seconds=1)
INTERVALS = st.tuples(st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 6))
MOMENTS = st.integers(0, 40 * 365 * 86_400).map(
    lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def shop_at(moment: datetime) -> Shop:
    return Shop(Engine(start=moment))


def amounts(invoice: Any) -> list[int]:
    return [line.amount.minor for line in invoice.lines]


class TestAnchors:
    def test_the_part_up_to_the_anchor_is_paid_and_then_whole_periods(self) -> None:
        shop = shop_at(NOON)
        answer = shop.subscribe(shop.customer("pm_card_visa"), anchor=FEBRUARY)
        ref = answer.main.ref

        shop.engine.advance_to(FEBRUARY.replace(month=3))

        (item,) = answer.main.items
        assert (item.current_period_start, item.current_period_end) == (NOON, FEBRUARY)
        first, *others = shop.invoices(ref)
        (line,) = first.lines
        assert line.amount == Money(950, "usd")
        assert (line.is_proration, line.period_start, line.period_end) == (True, NOON, FEBRUARY)
        assert (first.status, first.billing_reason) == ("paid", "subscription_create")
        assert [one.total for one in others] == [MONTHLY, MONTHLY]
        assert [one.period_start for one in others] == [FEBRUARY, FEBRUARY.replace(month=3)]

    def test_without_proration_it_is_free_and_without_an_invoice_up_to_the_anchor(self) -> None:
        shop = shop_at(NOON)
        answer = shop.subscribe(shop.customer(), anchor=FEBRUARY, proration="none")

        assert answer.main.status == "active"
        assert answer.main.latest_invoice is None
        assert [other.noun for other in answer.others] == ["customer"]
        shop.attach(answer.main.customer, "pm_card_visa")
        shop.engine.advance_to(FEBRUARY)
        (invoice,) = shop.invoices(answer.main.ref)
        assert (invoice.total, invoice.period_start) == (MONTHLY, FEBRUARY)

    def test_after_a_trial_the_part_up_to_the_anchor_is_paid(self) -> None:
        shop = shop_at(START)
        end = START + timedelta(days=15, hours=12)
        ref = shop.subscribed(trial_end=end, anchor=FEBRUARY)
        assert shop.subscription(ref).items[0].current_period_end == end

        shop.engine.advance_to(FEBRUARY)

        assert [one.total.minor for one in shop.invoices(ref)] == [0, 950, 1900]
        assert shop.subscription(ref).items[0].current_period_start == FEBRUARY

    def test_after_a_trial_the_part_may_be_free(self) -> None:
        shop = shop_at(START)
        ref = shop.subscribed(trial_days=14, anchor=FEBRUARY, proration="none")

        shop.pass_days(20)

        assert shop.subscription(ref).status == "active"
        assert [one.total.minor for one in shop.invoices(ref)] == [0]
        shop.engine.advance_to(FEBRUARY)
        assert [one.total.minor for one in shop.invoices(ref)] == [0, 1900]

    def test_a_part_that_was_free_is_not_given_back(self) -> None:
        shop = shop_at(NOON)
        shop.stock_up()
        ref = shop.subscribed(anchor=FEBRUARY, proration="none")

        change = shop.swap(ref, "price_pro")

        (invoice,) = change.others
        assert amounts(invoice) == [2450]
        shop.swap(ref, "price_monthly")
        assert amounts(shop.invoices(ref)[-1]) == [-2450, 950]

    def test_what_stays_as_it_was_stays_free(self) -> None:
        shop = shop_at(NOON)
        shop.stock_up()
        ref = shop.subscribed(anchor=FEBRUARY, proration="none")
        stays = shop.target(ref, "price_monthly")

        shop.change(shop.asked(ref, stays, shop.added("price_pro")))
        monthly, pro = shop.subscription(ref).items
        kept = ItemTarget(ref=pro.ref, price=pro.price)
        shop.change(shop.asked(ref, kept))

        assert [amounts(invoice) for invoice in shop.invoices(ref)] == [[2450]]
        assert monthly not in shop.subscription(ref).items

    def test_a_part_after_a_trial_that_was_free_is_not_given_back(self) -> None:
        shop = shop_at(START)
        shop.stock_up()
        ref = shop.subscribed(trial_end=NOON, anchor=FEBRUARY, proration="none")
        shop.engine.advance_to(NOON)

        shop.swap(ref, "price_pro")

        assert amounts(shop.invoices(ref)[-1]) == [2450]

    def test_each_end_of_a_period_comes_up_once(self) -> None:
        shop = shop_at(START)
        shop.stock_up()
        ref = shop.subscribed()
        for price in ("price_pro", "price_seat", "price_yearly", "price_weekly"):
            shop.swap(ref, price)

        turns = [entry.moment for entry in shop.engine.books.due if entry.what == "turn"]

        assert len(set(turns)) == len(turns) == 3

    def test_a_change_of_a_part_is_counted_by_the_whole_period(self) -> None:
        shop = shop_at(START + 8 * DAY)
        shop.stock_up()
        ref = shop.subscribed(anchor=FEBRUARY)
        shop.engine.advance_to(NOON)

        shop.swap(ref, "price_pro")

        assert amounts(shop.invoices(ref)[-1]) == [-950, 2450]

    @pytest.mark.parametrize(
        "options",
        [
            {"anchor": START},
            {"anchor": START - DAY},
            {"anchor": FEBRUARY + DAY},
            {"anchor": START + 3 * DAY, "trial_days": 4},
            {"anchor": START + 60 * DAY, "trial_days": 14},
            {"anchor": START + DAY, "proration": "always_invoice"},
            {"backdated_to": START},
            {"backdated_to": START + DAY},
            {"backdated_to": START - 251 * DAY, "price": "price_daily"},
            {"trial_days": 3, "trial_without_card": "forgive"},
        ],
    )
    def test_what_cannot_be_is_refused_and_leaves_nothing(
        self, shop: Shop, options: dict[str, Any]
    ) -> None:
        shop.engine.catalogue.add_price("price_daily", Money(100, "usd"), "day")
        customer = shop.customer("pm_card_visa")
        shop.events()

        with pytest.raises(ProcessorRejected):
            shop.subscribe(customer, **options)

        assert shop.engine.subscriptions.of_customer(customer) == ()
        assert shop.events() == []

    def test_a_moment_without_a_timezone_is_no_moment(self, shop: Shop) -> None:
        naive: Any = datetime(2026, 1, 20)  # noqa: DTZ001
        for option in ("anchor", "backdated_to"):
            with pytest.raises(InvalidRequest):
                shop.subscribed("pm_card_visa", **{option: naive})

    def test_an_unpaid_part_is_given_up_when_it_is_over(self) -> None:
        shop = shop_at(START)
        ref = shop.subscribed(None, anchor=START + timedelta(hours=5))

        shop.engine.advance(timedelta(hours=5))

        assert shop.subscription(ref).status == "incomplete_expired"
        assert [one.status for one in shop.invoices(ref)] == ["void"]


class TestBackdated:
    def test_every_period_since_has_a_line_and_the_first_invoice_has_them_all(self) -> None:
        shop = shop_at(START.replace(month=4, day=10))
        since = datetime(2026, 1, 31, tzinfo=UTC)
        answer = shop.subscribe(shop.customer("pm_card_visa"), backdated_to=since)

        (invoice,) = shop.invoices(answer.main.ref)
        days = [(line.period_start, line.period_end) for line in invoice.lines]
        assert [(a.month, a.day, b.month, b.day) for a, b in days if a and b] == [
            (1, 31, 2, 28), (2, 28, 3, 31), (3, 31, 4, 30),
        ]  # fmt: skip
        assert amounts(invoice) == [1900] * 3
        assert (invoice.period_start, invoice.period_end) == (since, days[-1][1])
        assert answer.main.started_at == since
        assert answer.main.created_at == START.replace(month=4, day=10)
        shop.pass_days(20)
        assert shop.invoices(answer.main.ref)[-1].period_start == days[-1][1]

    def test_without_proration_nothing_is_asked_for_before_the_next_period(self) -> None:
        shop = shop_at(NOON + 31 * DAY)
        ref = shop.subscribed(backdated_to=START, proration="none")

        assert shop.invoices(ref) == []
        shop.pass_days(16)

        (invoice,) = shop.invoices(ref)
        assert (invoice.total, invoice.period_start) == (MONTHLY, START.replace(month=3))

    def test_with_an_anchor_the_periods_before_it_are_counted_from_it(self) -> None:
        shop = shop_at(datetime(2026, 10, 15, tzinfo=UTC))
        anchor = datetime(2026, 11, 1, tzinfo=UTC)
        ref = shop.subscribed(backdated_to=datetime(2026, 9, 16, tzinfo=UTC), anchor=anchor)

        (invoice,) = shop.invoices(ref)
        assert amounts(invoice) == [950, 1900]
        assert shop.subscription(ref).items[0].current_period_end == anchor

    def test_a_trial_counts_from_there(self) -> None:
        shop = shop_at(START)
        ref = shop.subscribed(backdated_to=START - 5 * DAY, trial_days=3)

        snapshot = shop.subscription(ref)
        assert (snapshot.trial_start, snapshot.trial_end) == (START - 5 * DAY, START + 3 * DAY)
        shop.pass_days(3)
        assert [one.total.minor for one in shop.invoices(ref)] == [0, 1900]


@given(MOMENTS, INTERVALS, MOMENTS)
def test_a_moment_lies_in_exactly_one_period_of_an_anchor(
    anchor: datetime, interval: tuple[Any, int], moment: datetime
) -> None:
    name, count = interval
    start, end = around(anchor, name, count, moment)

    assert start <= moment < end
    assert around(anchor, name, count, start) == (start, end)
    assert around(anchor, name, count, end)[0] == end
    steps = {moment_after(anchor, name, count * n) for n in (-1, 0, 1)}
    assert all(around(anchor, name, count, step)[0] == step for step in steps)


@st.composite
def beginnings(draw: st.DrawFn) -> tuple[datetime, Any, int, dict[str, Any]]:
    """Draw a moment, an interval, and how a subscription begins then."""
    now, (interval, count) = draw(MOMENTS), draw(INTERVALS)
    longest = (moment_after(now, interval, count) - now) // timedelta(seconds=1)
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["anchor"] = now + timedelta(seconds=draw(st.integers(1, longest)))
    if draw(st.booleans()):
        options["backdated_to"] = now - timedelta(seconds=draw(st.integers(1, 4 * longest)))
    return now, interval, count, options


@given(beginnings(), st.integers(1, 10**6))
def test_periods_follow_one_another_and_every_second_is_paid_for_once(
    drawn: tuple[datetime, Any, int, dict[str, Any]], minor: int
) -> None:
    now, interval, count, options = drawn
    shop = shop_at(now)
    shop.engine.catalogue.add_price("price_drawn", Money(minor, "usd"), interval, count)
    ref = shop.subscribed(price="price_drawn", **options)
    for _ in range(3):
        end = shop.subscription(ref).items[0].current_period_end
        assert end is not None
        shop.engine.advance_to(end)

    record = shop.engine.books.subscriptions[ref]
    moment = shop.subscription(ref).started_at
    assert moment == options.get("backdated_to", now)
    for line in (line for invoice in shop.invoices(ref) for line in invoice.lines):
        assert line.period_start == moment
        assert line.period_end is not None
        start, whole = around(record.anchor, interval, count, line.period_start)
        assert line.period_end == whole
        part = Fraction((whole - line.period_start) // SECOND, (whole - start) // SECOND)
        assert abs(line.amount.minor - minor * part) <= Fraction(1, 2)
        moment = line.period_end
    assert moment == shop.subscription(ref).items[0].current_period_end
    assert_no_money_is_lost(shop.engine)


@given(beginnings())
def test_the_part_before_an_anchor_and_the_rest_make_a_whole(
    drawn: tuple[datetime, Any, int, dict[str, Any]],
) -> None:
    """A price of as many units as the period has seconds: the parts are exact."""
    now, interval, count, options = drawn
    anchor = options.get("anchor", moment_after(now, interval, count))
    start, end = around(anchor, interval, count, now)
    whole = (end - start) // SECOND
    shop = shop_at(now)
    shop.engine.catalogue.add_price("price_drawn", Money(whole, "usd"), interval, count)

    ref = shop.subscribed(price="price_drawn", anchor=anchor)

    (invoice,) = shop.invoices(ref)
    assert invoice.total.minor + (now - start) // SECOND == whole


@given(beginnings(), st.integers(0, 3))
def test_the_same_beginning_gives_the_same_books(
    drawn: tuple[datetime, Any, int, dict[str, Any]], seed: int
) -> None:
    now, interval, count, options = drawn
    dumps = []
    for _ in range(2):
        shop = Shop(Engine(seed=seed, start=now))
        shop.stock_up()
        shop.engine.catalogue.add_price("price_drawn", Money(777, "usd"), interval, count)
        shop.subscribed(price="price_drawn", **options)
        shop.pass_days(45)
        dumps.append(shop.engine.dump())

    assert dumps[0] == dumps[1]
    assert Engine.load(dumps[0]).dump() == dumps[0]
