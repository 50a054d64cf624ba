"""Amounts are written in Stripe's units, and read back by our own plugin as what they were."""

from __future__ import annotations

import pytest

from accrue_core.errors import InvalidRequest, UnknownVocabulary
from accrue_core.money import Money, minor_digits
from accrue_fake.wire.stripe.shapes.units import amount, decimal, money_of
from accrue_stripe.translate import amounts
from accrue_stripe.translate.reading import Reader


def read(wire: int, currency: str) -> Money:
    found = Reader({"amount": wire, "currency": currency}, "thing")
    return amounts.money(found, "amount", amounts.currency(found))


@pytest.mark.parametrize(
    ("money", "wire"),
    [
        (Money(1900, "usd"), 1900),
        (Money(-1, "eur"), -1),
        (Money(1900, "jpy"), 1900),
        (Money(500, "mga"), 5),
        (Money(1234, "kwd"), 1234),
        (Money(5, "isk"), 500),
        (Money(7, "ugx"), 700),
    ],
)
def test_an_amount_is_written_in_the_units_of_its_currency(money: Money, wire: int) -> None:
    assert amount(money) == wire
    assert decimal(money) == str(wire)
    assert money_of(wire, money.currency) == money


@pytest.mark.parametrize("currency", sorted(minor_digits()))
def test_every_currency_is_read_back_as_what_it_was_or_is_refused_on_both_sides(
    currency: str,
) -> None:
    money = Money(123_000, currency)
    try:
        wire = amount(money)
    except InvalidRequest:
        with pytest.raises(UnknownVocabulary):
            read(123_000, currency)
        return

    assert read(wire, currency) == money


def test_what_the_units_cannot_express_is_refused_and_never_rounded() -> None:
    with pytest.raises(InvalidRequest, match="MGA"):
        amount(Money(501, "mga"))
