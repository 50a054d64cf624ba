"""What the rest of a period is worth: the rule, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.money import Money
from accrue_fake.engine.proration import Bought, Rest, prorations, unused
from accrue_fake.engine.records import Price

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BASIC = Price(ref="price_basic", money=Money(1000, "usd"))
PRO = Price(ref="price_pro", money=Money(2000, "usd"), product="Pro")


@st.composite
def rests(draw: st.DrawFn) -> tuple[Rest, Fraction]:
    """Draw a period and a moment in it, and which part of it remains."""
    start = MARCH + timedelta(microseconds=draw(st.integers(0, 10**13)))
    length = draw(st.integers(1, 400 * 86_400))
    gone = draw(st.integers(0, length))
    at = start.replace(microsecond=0) + gone * SECOND
    rest = Rest(start=start, end=start + length * SECOND, at=at)
    return rest, Fraction(length - gone, length)


AMOUNTS = st.integers(0, 10**12)


def half_away(exact: Fraction) -> int:
    """Round as the engine says it rounds, from the definition."""
    rounded = floor(abs(exact) + Fraction(1, 2))
    return rounded if exact >= 0 else -rounded


@given(rests(), AMOUNTS)
def test_the_rest_is_worth_its_part_of_the_whole_rounded_half_away_from_zero(
    drawn: tuple[Rest, Fraction], minor: int
) -> None:
    rest, part = drawn

    assert rest.share_of(Money(minor, "jpy")) == Money(half_away(minor * part), "jpy")


@given(rests(), AMOUNTS, st.integers(1, 100))
def test_what_is_given_back_for_a_thing_is_what_would_be_charged_for_it(
    drawn: tuple[Rest, Fraction], minor: int, quantity: int
) -> None:
    price = Price(ref="price", money=Money(minor, "usd"))
    gone = Bought(price=price, quantity=quantity, item="si_1")
    back = Bought(price=price, quantity=quantity)

    credit, charge = prorations([gone], [back], drawn[0])

    assert credit.amount == -charge.amount
    assert credit.amount.minor <= 0 <= charge.amount.minor <= minor * quantity


@pytest.mark.parametrize(
    ("minor", "seconds", "expected"),
    [(1, 1, 1), (1, 0, 0), (3, 1, 2), (5, 1, 3), (1000, 1, 500), (1000, 2, 1000)],
)
def test_half_a_unit_is_a_whole_one_in_either_direction(
    minor: int, seconds: int, expected: int
) -> None:
    rest = Rest(start=MARCH, end=MARCH + 2 * SECOND, at=MARCH + (2 - seconds) * SECOND)
    price = Price(ref="price", money=Money(minor, "usd"))

    (credit,) = unused([Bought(price=price, quantity=1, item="si_1")], rest)
    (charge,) = prorations([], [Bought(price=price, quantity=1)], rest)

    assert (credit.amount.minor, charge.amount.minor) == (-expected, expected)


def test_every_second_counts() -> None:
    """A price of as many units as the period has seconds loses one with each of them."""
    whole = Money((APRIL - MARCH) // SECOND, "usd")

    for gone in (0, 1, 2, 1_000_000, 2_678_399, 2_678_400):
        rest = Rest(start=MARCH, end=APRIL, at=MARCH + gone * SECOND)
        assert rest.share_of(whole).minor == whole.minor - gone


def test_halfway_from_ten_to_twenty_is_five_more() -> None:
    rest = Rest(start=MARCH, end=APRIL, at=MARCH + timedelta(days=15, hours=12))
    before = Bought(price=BASIC, quantity=1, item="si_1")
    after = Bought(price=PRO, quantity=1, item="si_1")

    credit, charge = prorations([before], [after], rest)

    assert (credit.amount, charge.amount) == (Money(-500, "usd"), Money(1000, "usd"))
    assert credit.description == "Unused time on price_basic after 16 March 2026"
    assert charge.description == "Remaining time on Pro after 16 March 2026"
    for line in (credit, charge):
        assert line.is_proration
        assert (line.period_start, line.period_end) == (rest.at, APRIL)
        assert line.subscription_item == "si_1"
    assert (credit.price, charge.price) == ("price_basic", "price_pro")


def test_each_item_has_its_lines_and_one_that_stays_has_none() -> None:
    rest = Rest(start=MARCH, end=APRIL, at=MARCH)
    stays = Bought(price=BASIC, quantity=2, item="si_stays")
    grows = Bought(price=PRO, quantity=1, item="si_grows")
    goes = Bought(price=BASIC, quantity=3, item="si_goes")
    grown = Bought(price=PRO, quantity=4, item="si_grows")
    comes = Bought(price=BASIC, quantity=1)

    lines = list(prorations([stays, grows, goes], [stays, grown, comes], rest))

    assert [(line.subscription_item, line.quantity, line.amount.minor) for line in lines] == [
        ("si_goes", 3, -3000),
        ("si_grows", 1, -2000),
        ("si_grows", 4, 8000),
        (None, 1, 1000),
    ]
    assert lines[2].description == "Remaining time on 4 × Pro after 1 March 2026"
