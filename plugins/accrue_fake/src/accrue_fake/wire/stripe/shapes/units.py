"""How Stripe writes money and moments: amounts in units of its own, moments in seconds since 1970.

The units of money are from https://docs.stripe.com/currencies. Two digits unless that page says
otherwise; where ISO 4217 gives a currency another number of digits and the page is silent about it,
the unit is unknown and the amount is refused.

An amount is written exactly as it is owed. That the card networks want the amounts of three-digit
currencies to end in 0 is a rule for requests; the parts of an invoice do not keep it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

from accrue_core.errors import InvalidRequest
from accrue_core.money import Money, WireUnits, minor_digits

_WHOLE = (
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
)  # fmt: skip
_THOUSANDTHS = ("bhd", "jod", "kwd", "omr", "tnd")
_WHOLE_AS_HUNDREDTHS = ("isk", "ugx")

UNITS = WireUnits(
    digits=MappingProxyType(
        dict.fromkeys(_WHOLE, 0)
        | dict.fromkeys(_THOUSANDTHS, 3)
        | dict.fromkeys(_WHOLE_AS_HUNDREDTHS, 2)
    ),
    multiples=MappingProxyType({}),
)


def amount(money: Money) -> int:
    """Return an amount in Stripe's units, or ``InvalidRequest`` where those cannot express it."""
    code = money.currency
    if code not in UNITS.digits and minor_digits()[code] != 2:
        raise InvalidRequest(f"how Stripe counts {code} is not documented")
    return UNITS.to_wire(money)


def money_of(wire: int, currency: str) -> Money:
    """Return what an amount in Stripe's units stands for, as requests write it."""
    return UNITS.from_wire(wire, currency)


def decimal(money: Money) -> str:
    """Return an amount as Stripe's ``*_decimal`` fields have it: text, in the same units."""
    return str(amount(money))


def seconds(moment: datetime) -> int:
    """Return a moment in whole seconds; what is finer is cut off."""
    return int(moment.timestamp())


def seconds_or_none(moment: datetime | None) -> int | None:
    """Return a moment in whole seconds, or nothing where there is none."""
    return None if moment is None else seconds(moment)


def written(moment: datetime) -> str:
    """Return a moment as the second namespace writes it: RFC 3339, in milliseconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
