"""Which currency, and how much of it: a property of the merchant account, and decimal text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_braintree.translate.account import Account
from accrue_braintree.translate.invoices import invoices
from accrue_braintree.translate.subscriptions import subscription
from accrue_core.errors import UnknownVocabulary
from accrue_core.money import Money
from tests.braintree import objects
from tests.braintree.objects import NOON
from tests.braintree.wire import Wire, read

LATER = NOON + timedelta(days=9)
DAY = timedelta(days=1)


def snapshot(wire: Wire, account: Account) -> Any:
    return subscription(read("subscription", wire), account, "team42")


def built(*transactions: Wire) -> Any:
    wire = objects.subscription(transactions=list(transactions))
    return invoices(read("subscription", wire), Account(), "team42")


EUROS: Wire = {"currency_iso_code": "EUR"}


@pytest.mark.parametrize(
    ("changes", "configured", "currency"),
    [
        ({}, {}, "usd"),
        ({}, {"main": "usd"}, "usd"),
        ({}, {"other": "eur"}, "usd"),
        ({"transactions": []}, {}, "usd"),
        ({"transactions": [], "status_history": []}, {"main": "jpy"}, "jpy"),
        ({"transactions": [objects.sale(**EUROS, merchant_account_id="elsewhere")]}, {}, "usd"),
        (
            {
                "transactions": [
                    objects.sale("new", after=timedelta(days=2), **EUROS),
                    objects.sale("old"),
                ]
            },
            {},
            "eur",
        ),
        (
            {
                "transactions": [],
                "status_history": [
                    objects.status_event("Active", NOON),
                    objects.status_event("Active", LATER, **EUROS),
                    objects.status_event("Active", LATER, currency_iso_code=None),
                ],
            },
            {},
            "eur",
        ),
    ],
)  # fmt: skip
def test_the_currency_is_that_of_the_merchant_account(
    changes: Wire, configured: dict[str, str], currency: str
) -> None:
    found = snapshot(objects.subscription(**changes), Account(currencies=configured))
    assert found.currency == currency


@pytest.mark.parametrize(
    ("changes", "configured", "complaint"),
    [
        ({"transactions": [], "status_history": []}, {}, "no known currency"),
        ({"transactions": [], "status_history": []}, {"other": "usd"}, "no known currency"),
        ({}, {"main": "eur"}, "set up as eur, charges in usd"),
        ({"transactions": []}, {"main": "eur"}, "set up as eur, charges in usd"),
        ({"transactions": [objects.sale(currency_iso_code="XTS")]}, {}, "xts"),
        ({"merchant_account_id": None}, {}, "merchant_account_id"),
    ],
)
def test_a_currency_that_nobody_tells_is_refused(
    changes: Wire, configured: dict[str, str], complaint: str
) -> None:
    with pytest.raises(UnknownVocabulary, match=complaint):
        snapshot(objects.subscription(**changes), Account(currencies=configured))


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("USD", "10.00", 1000),
        ("USD", "10", 1000),
        ("USD", "0.01", 1),
        ("JPY", "1000", 1000),
        ("JPY", "1000.00", 1000),
        ("KWD", "1.234", 1234),
        ("EUR", "92233720368547758.07", 2**63 - 1),
    ],
)
def test_amounts_are_decimal_text_in_major_units(currency: str, amount: str, minor: int) -> None:
    (invoice,) = built(objects.sale(currency_iso_code=currency, amount=amount))
    assert invoice.total == Money(minor, currency.lower())


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("JPY", "1000.50"),
        ("USD", "10.001"),
        ("KWD", "1.2345"),
        ("USD", "NaN"),
        ("USD", "Infinity"),
        ("USD", "1E+40"),
        ("EUR", "92233720368547758.08"),
        ("XTS", "10.00"),
        ("dollars", "10.00"),
        ("", "10.00"),
    ],
)
def test_an_amount_that_is_none_is_refused(currency: str, amount: str) -> None:
    with pytest.raises(UnknownVocabulary, match=r"transactions\[0\]"):
        built(objects.sale(currency_iso_code=currency, amount=amount))


def test_one_period_in_two_currencies_is_refused() -> None:
    with pytest.raises(UnknownVocabulary, match="several currencies"):
        built(objects.sale(), objects.sale("c1", after=DAY, currency_iso_code="EUR"))
