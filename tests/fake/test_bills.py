"""What lines come to: nothing is lost in rounding, whatever is taken off and whatever is added."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.money import Money
from accrue_fake.engine.bills import Bill, bill, rounded, taken_off
from accrue_fake.engine.records import Coupon, Rounding, RoundingHow, RoundingPer, TaxRate

AMOUNTS = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8)
PERCENTS = st.decimals("0.0001", "100", places=4)
COUPONS = st.one_of(
    st.none(),
    PERCENTS.map(lambda percent: Coupon(ref="c", percent_off=percent)),
    st.integers(0, 10**10).map(lambda minor: Coupon(ref="c", amount_off=Money(minor, "usd"))),
)
RATES = st.one_of(
    st.none(),
    st.builds(TaxRate, place=st.just("DE"), basis_points=st.integers(0, 10_000),
              is_inclusive=st.booleans()),
)  # fmt: skip
ROUNDINGS = st.builds(
    Rounding,
    how=st.sampled_from(["half_up", "half_even"]),
    per=st.sampled_from(["line", "invoice"]),
)


def of(
    amounts: list[int],
    coupon: Coupon | None = None,
    rate: TaxRate | None = None,
    rounding: Rounding | None = None,
) -> Bill:
    lines = tuple(
        InvoiceLineSnapshot(ref=f"il_{number}", amount=Money(amount, "usd"))
        for number, amount in enumerate(amounts)
    )
    return bill(
        lines,
        currency="usd",
        coupon=coupon,
        rate=rate,
        rounding=rounding or Rounding(),
        counts=[True] * len(amounts),
    )


def taxed(points: int, *, is_inclusive: bool = False) -> TaxRate:
    return TaxRate(place="DE", basis_points=points, is_inclusive=is_inclusive)


@given(AMOUNTS, COUPONS, RATES, ROUNDINGS)
def test_every_bill_adds_up_line_by_line_and_as_a_whole(
    amounts: list[int], coupon: Coupon | None, rate: TaxRate | None, rounding: Rounding
) -> None:
    said = of(amounts, coupon, rate, rounding)

    assert said.subtotal.minor == sum(line.amount.minor for line in said.lines)
    assert said.discount.minor == sum(said.discounts) >= 0
    assert said.tax.minor == sum(said.taxes)
    assert said.total == said.subtotal - said.discount + said.tax
    assert len(said.lines) == len(amounts)
    for parts, whole in ((said.discounts, said.discount), (said.taxes, said.tax)):
        assert len(parts) == len(amounts) or (parts == () and not whole)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8), PERCENTS)
def test_a_percentage_is_rounded_once_and_no_line_is_off_by_a_unit(
    amounts: list[int], percent: Decimal
) -> None:
    off = taken_off(amounts, Coupon(ref="c", percent_off=percent))

    share = Fraction(percent) / 100
    exact = sum(amounts) * percent / 100
    assert sum(off) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    for amount, less in zip(amounts, off, strict=True):
        assert abs(less - amount * share) < 1
        assert 0 <= less <= amount


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(0, 10**7))
def test_an_amount_off_never_takes_more_than_there_is(amounts: list[int], minor: int) -> None:
    off = taken_off(amounts, Coupon(ref="c", amount_off=Money(minor, "usd")))

    assert sum(off) == min(minor, sum(amounts))
    assert all(0 <= less <= amount for less, amount in zip(off, amounts, strict=True))


def test_the_largest_remainders_get_the_rest() -> None:
    third = Coupon(ref="c", amount_off=Money(100, "usd"))

    assert taken_off([1000, 1000, 1000], third) == [34, 33, 33]
    assert taken_off([10, 20, 9970], Coupon(ref="c", percent_off=Decimal("12.5"))) == [1, 3, 1246]


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_a_half_goes_away_from_zero_or_to_the_even_number(above: int, below: int) -> None:
    exact = Decimal(above) / Decimal(below)
    if Fraction(exact) != Fraction(above, below):
        return
    assert rounded(above, below, "half_up") == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert rounded(above, below, "half_even") == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("how", "per", "taxes"),
    [
        ("half_up", "line", (2, 2, 2)),
        ("half_even", "line", (2, 2, 2)),
        ("half_up", "invoice", (2, 2, 1)),
        ("half_even", "invoice", (2, 1, 1)),
    ],
)
def test_tax_is_rounded_as_declared(
    how: RoundingHow, per: RoundingPer, taxes: tuple[int, ...]
) -> None:
    said = of([15, 15, 15], rate=taxed(1000), rounding=Rounding(how=how, per=per))

    assert said.taxes == taxes
    assert said.total.minor == 45 + sum(taxes)


def test_a_half_on_a_line_follows_the_declared_rounding() -> None:
    half_even = Rounding(how="half_even", per="line")

    assert of([5, 25], rate=taxed(1000)).taxes == (1, 2)
    assert of([5, 25], rate=taxed(1000), rounding=half_even).taxes == (0, 2)


def test_an_exclusive_tax_is_added_to_what_is_left() -> None:
    said = of([10_000], Coupon(ref="c", percent_off=Decimal(25)), taxed(1900))

    assert (said.subtotal.minor, said.discount.minor) == (10_000, 2_500)
    assert (said.tax.minor, said.total.minor) == (1_425, 8_925)


def test_an_inclusive_tax_is_taken_out_of_the_lines() -> None:
    said = of([11_900], rate=taxed(1900, is_inclusive=True))

    assert [line.amount.minor for line in said.lines] == [10_000]
    assert (said.discount.minor, said.tax.minor, said.total.minor) == (0, 1_900, 11_900)

    said = of([11_900], Coupon(ref="c", percent_off=Decimal(10)), taxed(1900, is_inclusive=True))
    assert (said.subtotal.minor, said.discount.minor) == (10_000, 1_000)
    assert (said.tax.minor, said.total.minor) == (1_710, 10_710)


@given(AMOUNTS, COUPONS, st.integers(0, 10_000), ROUNDINGS)
def test_who_pays_a_price_with_its_tax_pays_that_price(
    amounts: list[int], coupon: Coupon | None, points: int, rounding: Rounding
) -> None:
    taxed_bill = of(amounts, coupon, taxed(points, is_inclusive=True), rounding)

    assert taxed_bill.total == of(amounts, coupon).total


def test_what_is_given_back_gives_its_tax_back() -> None:
    said = of([-500, 1500], rate=taxed(1900))

    assert (said.taxes, said.total.minor) == ((-95, 285), 1190)
    assert of([-500], rate=taxed(1900)).total.minor == -595
