"""How Braintree writes money: decimal text in major units, in a currency beside it.

How many decimals an amount may have belongs to the currency at Braintree, and the amount itself
shows them: nothing is scaled here. An amount finer than the ISO 4217 minor unit is refused, not
rounded, so a currency that Braintree counts differently is found out by the first such amount.
"""

from __future__ import annotations

from accrue_braintree.translate.reading import Reader, refuse
from accrue_core.errors import InvalidRequest
from accrue_core.money import Money, minor_digits

_LARGEST = 2**63 - 1


def currency(found: Reader, key: str = "currency_iso_code") -> str:
    """Read a currency, which Braintree writes in upper case."""
    code = found.text(key).lower()
    if code not in minor_digits():
        refuse(found.at(key), code)
    return code


def money(found: Reader, key: str, code: str) -> Money:
    """Read an amount of a currency."""
    amount = found.amount(key)
    try:
        read = Money.of(amount, code)
    except InvalidRequest:
        refuse(found.at(key), f"{amount}, which is not a whole number of minor units of {code}")
    if abs(read.minor) > _LARGEST:
        refuse(found.at(key), "an amount too large to be real")
    return read
