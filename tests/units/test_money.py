from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accrue_core.errors import CurrencyMismatch, InvalidRequest
from accrue_core.money import ISO_UNITS, Money, WireUnits, known_currency, minor_digits
from tests.units.strategies import CURRENCIES, currencies, minors, moneys

STRIPE_LIKE = WireUnits(
    digits={"isk": 2, "ugx": 2, "huf": 2, "twd": 2},
    multiples={"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10},
)
COARSE = WireUnits(digits={"bhd": 2, "usd": 0}, multiples={})


@pytest.mark.parametrize("minor", [1.5, 19.0, True, Decimal(19), "19", None])
def test_minor_units_are_whole_numbers_and_the_message_says_what_to_write(minor: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"Money\.of\('19\.50', 'usd'\)"):
        Money(minor, "usd")


@pytest.mark.parametrize("currency", ["USD", "Usd", "dollars", "", "xxx", "xau", None, 5, ["usd"]])
def test_a_currency_is_an_iso_code_in_lower_case_and_the_message_says_so(currency: Any) -> None:
    with pytest.raises(InvalidRequest, match="ISO 4217 code in lower case, as in 'usd'"):
        Money(1, currency)
    with pytest.raises(InvalidRequest, match="ISO 4217"):
        known_currency(currency)


def test_the_digits_of_known_currencies_are_iso_ones() -> None:
    digits = {code: minor_digits()[code] for code in ("usd", "eur", "jpy", "bhd", "isk", "clf")}
    assert digits == {"usd": 2, "eur": 2, "jpy": 0, "bhd": 3, "isk": 0, "clf": 4}


@given(minors, minors, currencies)
def test_adding_and_subtracting_are_exact_and_undo_each_other(a: int, b: int, code: str) -> None:
    one, other = Money(a, code), Money(b, code)
    assert one + other == Money(a + b, code)
    assert one + other - other == one
    assert -one + one == Money(0, code)
    assert (one < other, one <= other, one > other, one >= other) == (a < b, a <= b, a > b, a >= b)
    assert bool(one) == (a != 0)


@given(moneys, moneys)
def test_two_currencies_never_mix(one: Money, other: Money) -> None:
    assume(one.currency != other.currency)
    for mixed in (
        lambda: one + other,
        lambda: one - other,
        lambda: one < other,
        lambda: one <= other,
        lambda: one > other,
        lambda: one >= other,
    ):
        with pytest.raises(CurrencyMismatch, match=f"{one.currency}|{other.currency}"):
            mixed()
    assert one != other


@pytest.mark.parametrize("other", [5, 5.0, Decimal(5), "5", None])
def test_money_meets_only_money(other: Any) -> None:
    with pytest.raises(InvalidRequest, match="expected Money"):
        Money(5, "usd") + other
    with pytest.raises(InvalidRequest, match="expected Money"):
        assert Money(5, "usd") < other
    assert Money(5, "usd") != other


@pytest.mark.parametrize("factor", [1.5, True, Decimal(2), "2"])
def test_money_is_multiplied_by_whole_numbers_only(factor: Any) -> None:
    with pytest.raises(InvalidRequest, match="whole numbers only"):
        Money(5, "usd") * factor
    assert Money(5, "usd") * -3 == Money(-15, "usd")


@given(moneys, st.lists(st.integers(0, 10_000), min_size=1, max_size=12))
def test_allocating_loses_nothing_and_nobody_is_a_unit_away_from_their_share(
    money: Money, weights: list[int]
) -> None:
    assume(sum(weights) > 0)
    parts = money.allocate(weights)
    assert sum(part.minor for part in parts) == money.minor
    assert {part.currency for part in parts} == {money.currency}
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(money.minor * weight, sum(weights))
        assert abs(part.minor - exact) < 1
        assert weight or part.minor == 0
    assert tuple(-part for part in parts) == (-money).allocate(weights)


@given(minors, st.lists(st.integers(1, 50), min_size=2, max_size=8))
def test_a_larger_weight_never_gets_less(minor: int, weights: list[int]) -> None:
    parts = Money(abs(minor), "usd").allocate(weights)
    for weight, part in zip(weights, parts, strict=True):
        for other_weight, other in zip(weights, parts, strict=True):
            assert weight <= other_weight or part >= other


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 2], [1, True], [0.5, 0.5]])
def test_weights_are_whole_numbers_not_all_zero(weights: Any) -> None:
    with pytest.raises(InvalidRequest, match="weights are whole numbers"):
        Money(100, "usd").allocate(weights)


@given(moneys)
def test_an_amount_is_read_back_from_how_it_is_written(money: Money) -> None:
    text, code = str(money).split()
    assert Money.of(text, code.lower()) == money
    assert Money.of(Decimal(text), code.lower()) == money
    digits = minor_digits()[money.currency]
    assert len(text.partition(".")[2]) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "complaint"),
    [
        ("19.505", "usd", "finer than its smallest unit"),
        ("0.5", "jpy", "finer than its smallest unit"),
        (Decimal("0.0001"), "bhd", "finer than its smallest unit"),
        ("ten", "usd", "not an amount"),
        ("", "usd", "not an amount"),
        ("Infinity", "usd", "not an amount"),
        ("1e999999", "usd", "not an amount"),
        ("NaN", "usd", "amount|finer"),
        (19.5, "usd", "as text or Decimal"),
        (19, "usd", "as text or Decimal"),
        ("19.50", "USD", "lower case"),
    ],
)
def test_an_amount_that_is_not_exact_is_refused(amount: Any, currency: str, complaint: str) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        Money.of(amount, currency)


@given(minors, st.integers(1, 40))
def test_no_digit_is_too_far_behind_the_point_to_be_noticed(minor: int, zeros: int) -> None:
    exact = str(Money(minor, "usd")).split()[0]
    with pytest.raises(InvalidRequest):
        Money.of(f"{exact}{'0' * zeros}1", "usd")


def test_writing_an_amount_does_not_depend_on_the_precision_the_host_set() -> None:
    with localcontext() as context:
        context.prec = 6
        assert str(Money(123_456_789, "usd")) == "1234567.89 USD"
        assert Money.of("1234567.89", "usd") == Money(123_456_789, "usd")


@pytest.mark.parametrize("units", [ISO_UNITS, STRIPE_LIKE, COARSE])
@pytest.mark.parametrize("code", CURRENCIES)
def test_what_a_processor_can_express_comes_back_the_same(units: WireUnits, code: str) -> None:
    for minor in (0, 1, 7, 10, 99, 100, 1000, 123_456_000, -1000, -7):
        try:
            wire = units.to_wire(Money(minor, code))
        except InvalidRequest:
            assert code in {*units.multiples, *COARSE.digits}
            continue
        assert units.from_wire(wire, code) == Money(minor, code)
        assert wire % units.multiples.get(code, 1) == 0


@given(st.integers(-(10**12), 10**12), currencies)
def test_every_wire_amount_is_exact_or_refused(amount: int, code: str) -> None:
    try:
        money = STRIPE_LIKE.from_wire(amount, code)
    except InvalidRequest:
        assert code in STRIPE_LIKE.digits
        return
    digits = STRIPE_LIKE.digits.get(code, minor_digits()[code])
    assert Fraction(amount, 10**digits) == Fraction(money.minor, 10 ** minor_digits()[code])


def test_the_wire_units_of_single_currencies_are_what_stripe_documents() -> None:
    assert STRIPE_LIKE.to_wire(Money(5, "isk")) == 500
    assert STRIPE_LIKE.from_wire(500, "ugx") == Money(5, "ugx")
    assert STRIPE_LIKE.to_wire(Money(5120, "bhd")) == 5120
    with pytest.raises(InvalidRequest, match="cannot express"):
        STRIPE_LIKE.to_wire(Money(5124, "bhd"))
    assert STRIPE_LIKE.to_wire(Money(500, "jpy")) == 500
    with pytest.raises(InvalidRequest, match="not a whole number of minor units of isk"):
        STRIPE_LIKE.from_wire(550, "isk")
    with pytest.raises(InvalidRequest, match="cannot express"):
        COARSE.to_wire(Money(1950, "usd"))
