"""Braintree's payment methods to ours."""

from __future__ import annotations

from types import MappingProxyType

from accrue_braintree.translate.reading import Reader
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot

TYPES = MappingProxyType(
    {
        "AmexExpressCheckoutCard": "amex_express_checkout_card",
        "AndroidPayCard": "android_pay_card",
        "ApplePayCard": "apple_pay_card",
        "CreditCard": "credit_card",
        "EuropeBankAccount": "europe_bank_account",
        "MasterpassCard": "masterpass_card",
        "PayPalAccount": "paypal_account",
        "SamsungPayCard": "samsung_pay_card",
        "SepaDirectDebitAccount": "sepa_debit_account",
        "UsBankAccount": "us_bank_account",
        "VenmoAccount": "venmo_account",
        "VisaCheckoutCard": "visa_checkout_card",
    }
)
"""The SDK's classes to Braintree's own words. Another class is ``other``: it decides nothing."""

_BRANDS = ("card_type", "source_card_type")
_LAST_DIGITS = ("last_4", "source_card_last_4")


def payment_method(data: object) -> PaymentMethodSnapshot:
    """Read a payment method of any kind.

    Which details there are differs from kind to kind; a card always has an expiration. Of a card
    behind a wallet's number, the customer knows the source card: that one is shown.
    """
    found = Reader(data, "payment_method")
    type_ = TYPES.get(type(data).__name__, "other")
    return PaymentMethodSnapshot(
        ref=found.text("token"),
        customer=found.text_or_none("customer_id"),
        type=type_,
        brand=_first(found, _BRANDS),
        last4=_first(found, _LAST_DIGITS),
        exp_month=_digits(found, "expiration_month", is_required=type_ == "credit_card"),
        exp_year=_digits(found, "expiration_year", is_required=type_ == "credit_card"),
        fingerprint=_first(found, ("unique_number_identifier",)),
        created_at=found.moment("created_at") if "created_at" in found else None,
    )


def _first(found: Reader, keys: tuple[str, ...]) -> str | None:
    said = (found.text_or_none(key) for key in keys if key in found)
    return next((text for text in said if text is not None), None)


def _digits(found: Reader, key: str, *, is_required: bool) -> int | None:
    if is_required:
        return found.digits(key)
    return found.digits(key) if key in found and not found.is_empty(key) else None
