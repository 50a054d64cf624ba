"""Time: anchored months, and everything in its order."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.errors import InvalidRequest
from accrue_fake import Engine
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import ORDER, Calendar, moment_after
from accrue_fake.engine.records import Interval
from tests.fake.shop import START, Shop

MOMENTS = st.integers(0, 100 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def test_the_thirty_first_comes_back() -> None:
    anchor = datetime(2027, 1, 31, 12, tzinfo=UTC)

    days = [moment_after(anchor, "month", n).day for n in range(13)]

    assert days == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]
    assert moment_after(anchor, "month", 13) == datetime(2028, 2, 29, 12, tzinfo=UTC)


def test_a_leap_day_is_kept_until_the_next_one() -> None:
    anchor = datetime(2028, 2, 29, tzinfo=UTC)

    assert [moment_after(anchor, "year", n).day for n in range(5)] == [29, 28, 28, 28, 29]


@given(MOMENTS, st.integers(0, 600))
def test_a_month_keeps_its_day_or_is_too_short_for_it(anchor: datetime, count: int) -> None:
    moment = moment_after(anchor, "month", count)

    assert (moment.year - anchor.year) * 12 + moment.month - anchor.month == count
    assert moment.day == min(anchor.day, monthrange(moment.year, moment.month)[1])
    assert moment.timetz() == anchor.timetz()


@given(MOMENTS, st.sampled_from(["day", "week", "month", "year"]), st.integers(0, 100))
def test_periods_follow_one_another(anchor: datetime, interval: Interval, count: int) -> None:
    earlier = moment_after(anchor, interval, count)
    later = moment_after(anchor, interval, count + 1)

    assert anchor <= earlier < later
    assert moment_after(anchor, interval, 0) == anchor


def test_invoices_are_anchored_where_the_subscription_began() -> None:
    shop = Shop(Engine(start=datetime(2027, 1, 31, tzinfo=UTC)))
    ref = shop.subscribed()

    shop.pass_days(120)

    starts = [invoice.period_start for invoice in shop.invoices(ref)]
    assert [(start.month, start.day) for start in starts if start] == [
        (1, 31), (2, 28), (3, 31), (4, 30), (5, 31),
    ]  # fmt: skip


def test_a_trial_anchors_at_its_end() -> None:
    shop = Shop(Engine(start=datetime(2027, 1, 17, tzinfo=UTC)))
    ref = shop.subscribed(trial_days=14)

    shop.pass_days(75)

    starts = [invoice.period_start for invoice in shop.invoices(ref)]
    assert [start.day for start in starts if start] == [17, 31, 28, 31]


DUES = st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(ORDER)), max_size=60)


@given(DUES, st.lists(st.integers(0, 5000), max_size=10))
def test_what_is_due_is_done_in_order_at_its_moment(
    dues: list[tuple[int, str]], stops: list[int]
) -> None:
    books = Books(seed=0, now=START, retry_days=(), final="canceled")
    calendar = Calendar(books)
    done: list[tuple[datetime, int, int]] = []
    for rank, what in enumerate(ORDER):
        calendar.teach(what, partial(note, books, done, rank))
    for number, (minutes, what) in enumerate(dues):
        calendar.add(START + timedelta(minutes=minutes), what, str(number))

    for stop in (*sorted(stops), 5000):
        calendar.advance_to(START + timedelta(minutes=stop))
        assert books.now == START + timedelta(minutes=stop)

    assert len(done) == len(dues)
    assert done == sorted(done)


def note(
    books: Books, done: list[tuple[datetime, int, int]], rank: int, ref: str, moment: datetime
) -> None:
    assert moment == books.now
    done.append((moment, rank, int(ref)))


def test_time_does_not_go_back(engine: Engine) -> None:
    with pytest.raises(InvalidRequest):
        engine.advance(timedelta(seconds=-1))
    with pytest.raises(InvalidRequest):
        engine.advance_to(datetime(2026, 2, 1))  # noqa: DTZ001
    assert engine.clock.now() == START


def test_a_year_is_worked_off_by_what_is_due_and_not_by_looking(shop: Shop) -> None:
    """Pieces of work grow with what happens in a year, not with who else is subscribed."""
    calendar, catalogue = shop.engine.calendar, shop.engine.catalogue
    done: list[str] = []
    for what, deed in tuple(calendar._deeds.items()):
        calendar.teach(what, partial(do_and_note, done, deed))
    catalogue.add_price("price_yearly", catalogue.price("price_monthly").money, "year")
    for _ in range(50):
        shop.subscribed(price="price_yearly")
    monthly = shop.subscribed()

    shop.pass_days(364)

    assert done == [monthly] * 11


def do_and_note(
    done: list[str], deed: Callable[[str, datetime], None], ref: str, moment: datetime
) -> None:
    done.append(ref)
    deed(ref, moment)
