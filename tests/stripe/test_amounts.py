"""Stripe's own units of money, against https://docs.stripe.com/currencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.errors import InvalidRequest, UnknownVocabulary
from accrue_core.money import Money, minor_digits
from accrue_stripe.translate.amounts import STRIPE_UNITS, currency, money
from accrue_stripe.translate.invoices import invoice
from accrue_stripe.translate.reading import Reader
from tests.stripe import invoice_objects

UNDOCUMENTED = {"clf", "iqd", "lyd", "uyi", "uyw"}


def read(amount: object, code: object) -> Money:
    found = Reader({"currency": code, "amount": amount}, "invoice")
    return money(found, "amount", currency(found))


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        (1099, "usd", "10.99 USD"),
        (10, "jpy", "10 JPY"),
        (500, "isk", "5 ISK"),
        (500, "ugx", "5 UGX"),
        (500, "mga", "500.00 MGA"),
        (5120, "kwd", "5.120 KWD"),
        (5124, "kwd", "5.124 KWD"),
        (1045, "huf", "10.45 HUF"),
        (80045, "twd", "800.45 TWD"),
        (-250, "eur", "-2.50 EUR"),
        (0, "vnd", "0 VND"),
    ],
)
def test_an_amount_is_read_in_stripe_s_unit(amount: int, code: str, text: str) -> None:
    assert str(read(amount, code)) == text


@pytest.mark.parametrize(("amount", "code"), [(550, "isk"), (1, "ugx"), (-99, "isk")])
def test_a_fraction_of_what_cannot_be_divided_is_refused(amount: int, code: str) -> None:
    with pytest.raises(UnknownVocabulary, match="not a whole number"):
        read(amount, code)


@pytest.mark.parametrize("code", [*sorted(UNDOCUMENTED), "usdc", "USD", "", "xxx", None, 7])
def test_a_currency_whose_unit_is_not_known_is_refused(code: object) -> None:
    with pytest.raises(UnknownVocabulary):
        read(100, code)


def test_every_other_currency_has_a_unit() -> None:
    for code in minor_digits().keys() - UNDOCUMENTED:
        digits = STRIPE_UNITS.digits.get(code, 2)
        assert str(read(10**digits * 7, code)).split()[0].rstrip("0").rstrip(".") == "7"


@pytest.mark.parametrize(
    ("minor", "code"), [(5124, "kwd"), (1, "bhd"), (12345, "mga")]
)  # fmt: skip
def test_an_amount_that_stripe_cannot_take_is_not_sent(minor: int, code: str) -> None:
    with pytest.raises(InvalidRequest):
        STRIPE_UNITS.to_wire(Money(minor, code))


@given(
    st.integers(-(10**12), 10**12), st.sampled_from(sorted(minor_digits().keys() - UNDOCUMENTED))
)
def test_what_can_be_sent_comes_back_the_same(minor: int, code: str) -> None:
    try:
        sent = STRIPE_UNITS.to_wire(Money(minor, code))
    except InvalidRequest:
        assert code in {"mga", "bhd", "jod", "kwd", "omr", "tnd"}
        return
    assert read(sent, code) == Money(minor, code)


def test_an_invoice_has_one_currency() -> None:
    for key in ("lines", "payments"):
        whole = invoice_objects.invoice()
        whole[key]["data"][0]["currency"] = "eur"
        with pytest.raises(UnknownVocabulary, match="eur within usd"):
            invoice(whole)


def test_a_zero_decimal_invoice_is_read() -> None:
    whole = invoice_objects.invoice()
    for part in (whole, whole["lines"]["data"][0], whole["payments"]["data"][0]):
        part["currency"] = "jpy"
    found = invoice(whole)
    assert isinstance(found, InvoiceSnapshot)
    assert str(found.total) == "5950 JPY"
