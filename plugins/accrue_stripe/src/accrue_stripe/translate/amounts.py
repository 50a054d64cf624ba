"""How Stripe counts money, from https://docs.stripe.com/currencies.

Two digits unless that page says otherwise. Where ISO 4217 gives a currency another number of
digits and the page is silent about it, the unit is unknown and the amount is refused.
"""

from __future__ import annotations

from types import MappingProxyType

from accrue_core.errors import InvalidRequest
from accrue_core.money import Money, WireUnits, minor_digits
from accrue_stripe.translate.reading import Reader, refuse

ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"}
    | {"pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
"""Counted in whole units. MGA has two digits in ISO 4217; UGX is listed and is an exception."""

THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
"""Counted in thousandths; amounts we send end in 0, as the card networks want them."""

WHOLE_UNITS_AS_CENTS = frozenset({"isk", "ugx"})
"""Whole units that the API still counts in hundredths: 5 ISK is 500, and 550 is nothing."""

STRIPE_UNITS = WireUnits(
    digits=MappingProxyType(
        dict.fromkeys(ZERO_DECIMAL, 0)
        | dict.fromkeys(THREE_DECIMAL, 3)
        | dict.fromkeys(WHOLE_UNITS_AS_CENTS, 2)
    ),
    multiples=MappingProxyType(
        dict.fromkeys(THREE_DECIMAL, 10) | dict.fromkeys(WHOLE_UNITS_AS_CENTS, 100)
    ),
)


def currency(found: Reader, key: str = "currency") -> str:
    """Read a currency whose unit at Stripe is known."""
    code = found.text(key)
    if code not in minor_digits():
        refuse(found.at(key), code)
    if code not in STRIPE_UNITS.digits and minor_digits()[code] != 2:
        refuse(found.at(key), f"{code}, whose unit at Stripe is not documented")
    return code


def same_currency(found: Reader, code: str) -> None:
    """Refuse a part of an invoice that is in another currency than the invoice."""
    if found.text("currency") != code:
        refuse(found.at("currency"), f"{found.text('currency')} within {code}")


def money(found: Reader, key: str, code: str) -> Money:
    """Read an amount.

    A fraction of a unit that cannot be divided is refused: Stripe shows them on the lines of ISK
    and UGX invoices before it rounds the total, and ``Money`` has no place for them.
    """
    amount = found.whole(key)
    try:
        return STRIPE_UNITS.from_wire(amount, code)
    except InvalidRequest:
        refuse(found.at(key), f"{amount}, which is not a whole number of units of {code}")


def total(parts: list[Reader], code: str) -> Money:
    """Add up the amounts of a list of parts, as taxes and discounts are."""
    return sum((money(part, "amount", code) for part in parts), start=Money(0, code))
