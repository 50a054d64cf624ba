"""Braintree's customers and payment methods to ours, read by the SDK from XML."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accrue_braintree.translate.customers import customer
from accrue_braintree.translate.payment_methods import TYPES, payment_method
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.errors import UnknownVocabulary
from accrue_core.owners import Owner
from tests.braintree import objects
from tests.braintree.objects import NOON
from tests.braintree.wire import Wire, braintree, read


def test_a_customer_is_read_with_its_owner() -> None:
    assert customer(read("customer", objects.customer())) == CustomerSnapshot(
        ref="team42",
        owner=Owner("team", "42"),
        name="Team Forty-Two",
        email="billing@team42.example",
        default_payment_method="visa1",
        created_at=NOON,
    )


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"last_name": None}, "Team"),
        ({"first_name": None, "last_name": None, "company": "Acme"}, "Acme"),
        ({"first_name": None, "last_name": None}, None),
    ],
)
def test_a_customer_is_called_what_there_is(changes: Wire, name: str | None) -> None:
    assert customer(read("customer", objects.customer(**changes))).name == name


@pytest.mark.parametrize(
    "fields", ["", None, {}, {"favourite_color": "blue"}, {"accrue_owner_id": ""}]
)
def test_a_customer_of_nobody_s_has_no_owner(fields: object) -> None:
    assert customer(read("customer", objects.customer(custom_fields=fields))).owner is None


def test_a_customer_without_custom_fields_has_no_owner() -> None:
    wire = objects.customer()
    del wire["custom_fields"]
    assert customer(read("customer", wire)).owner is None


@pytest.mark.parametrize(
    "fields",
    [{"accrue_owner_type": "team"}, {"accrue_owner_id": "42"},
     {"accrue_owner_type": "te:am", "accrue_owner_id": "42"}],
)  # fmt: skip
def test_half_an_owner_is_refused(fields: Wire) -> None:
    with pytest.raises(UnknownVocabulary, match="not an owner"):
        customer(read("customer", objects.customer(custom_fields=fields)))


def test_a_customer_without_cards_has_no_default() -> None:
    wire = objects.customer(credit_cards=[], paypal_accounts=[])
    assert customer(read("customer", wire)).default_payment_method is None


def test_two_defaults_are_refused() -> None:
    wire = objects.customer(paypal_accounts=[objects.paypal(default=True)])
    with pytest.raises(UnknownVocabulary, match="2 defaults"):
        customer(read("customer", wire))


def test_a_card_is_read_without_its_number() -> None:
    expected = PaymentMethodSnapshot(
        ref="visa1",
        customer="team42",
        type="credit_card",
        brand="Visa",
        last4="1111",
        exp_month=5,
        exp_year=2029,
        fingerprint="fingerprint1",
        created_at=NOON,
    )
    assert payment_method(read("credit_card", objects.card())) == expected
    homeless = payment_method(read("credit_card", objects.card(customer_id=None)))
    assert homeless == replace(expected, customer=None)


WALLET = {"customer_id": "team42", "default": True, "token": "wallet1"}
EXPIRATION = {"expiration_month": "12", "expiration_year": "2030"}


@pytest.mark.parametrize(
    ("tag", "wire", "expected"),
    [
        ("paypal_account", objects.paypal(), ("paypal_account", None, None, None)),
        ("venmo_account", WALLET | {"username": "ada"}, ("venmo_account", None, None, None)),
        (
            "apple_pay_card",
            WALLET | EXPIRATION | {"card_type": "Apple Pay - Visa", "last_4": "2222"},
            ("apple_pay_card", "Apple Pay - Visa", "2222", 12),
        ),
        (
            "android_pay_card",
            WALLET
            | EXPIRATION
            | {"virtual_card_last_4": "9999", "virtual_card_type": "Visa"}
            | {"source_card_last_4": "3333", "source_card_type": "MasterCard"},
            ("android_pay_card", "MasterCard", "3333", 12),
        ),
        ("us_bank_account", WALLET | {"last_4": "4444"}, ("us_bank_account", None, "4444", None)),
        ("sepa_debit_account", WALLET | {"last_4": "5"}, ("sepa_debit_account", None, "5", None)),
        ("telepathy_account", WALLET, ("other", None, None, None)),
    ],
)  # fmt: skip
def test_other_payment_methods_show_what_they_have(
    tag: str, wire: Wire, expected: tuple[object, ...]
) -> None:
    found = payment_method(read(tag, wire))
    assert (found.type, found.brand, found.last4, found.exp_month) == expected
    assert found.customer == "team42"


def test_every_kind_of_payment_method_that_the_sdk_knows_has_a_type() -> None:
    made = set(vars(braintree.payment_method_parser)) & set(vars(braintree))
    classes = {name for name in made if name[0].isupper()} - {
        "PaymentMethod",
        "UnknownPaymentMethod",
    }
    assert classes <= set(TYPES)
    assert len(classes) > 5


@pytest.mark.parametrize(
    "changes",
    [
        {"token": None},
        {"expiration_month": "May"},
        {"expiration_year": None},
        {"expiration_month": None},
        {"expiration_year": "20290"},
        {"expiration_month": "\N{ARABIC-INDIC DIGIT FIVE}"},
        {"created_at": "yesterday"},
    ],
)
def test_a_card_of_another_shape_is_refused(changes: Wire) -> None:
    with pytest.raises(UnknownVocabulary, match=r"payment_method\."):
        payment_method(read("credit_card", objects.card(**changes)))


def test_a_refusal_repeats_nothing_personal() -> None:
    wire = objects.customer(created_at="billing@team42.example")
    with pytest.raises(UnknownVocabulary) as refused:
        customer(read("customer", wire))
    assert "@" not in str(refused.value)
    assert str(refused.value) == "unknown customer.created_at: 'text instead of a moment'"


def test_what_is_no_object_at_all_is_refused() -> None:
    for nothing in (None, "customer", 7, ["customer"]):
        with pytest.raises(UnknownVocabulary, match="instead of an object"):
            customer(nothing)
