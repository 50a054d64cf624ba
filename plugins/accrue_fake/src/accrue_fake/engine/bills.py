"""Bills: what the lines of an invoice come to, with what is taken off and what is added. Pure.

All of it is exact: a part of an amount is a fraction, rounded once, and what is shared out among
lines is shared out to the last minor unit.

- A coupon takes its percentage of all lines that it counts for, rounded half up, or its amount,
  but never more than they come to. The lines share that by largest remainder.
- Lines that prorate a period which was invoiced before do not get it again: they were worked out
  from prices after the discount of their time (Stripe marks them as not discountable).
- A tax is added to what is left, or is contained in it: then it is taken out of the lines, so that
  a subtotal never contains any tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import repeat

from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.money import Money
from accrue_fake.engine.records import Coupon, Rounding, TaxRate

Lines = tuple[InvoiceLineSnapshot, ...]
_WHOLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What lines come to: ``subtotal`` - ``discount`` + ``tax`` = ``total``.

    ``discounts`` and ``taxes`` are each line's part in minor units, or nothing if none has any.
    """

    lines: Lines
    discounts: tuple[int, ...]
    taxes: tuple[int, ...]
    subtotal: Money
    discount: Money
    tax: Money
    total: Money


def bill(
    lines: Lines,
    *,
    currency: str,
    coupon: Coupon | None = None,
    rate: TaxRate | None = None,
    rounding: Rounding,
    counts: Sequence[bool],
) -> Bill:
    """Work out what lines come to; ``counts`` says which of them the coupon counts for."""
    if coupon is None and rate is None:
        return _bill(lines, currency, (), ())
    amounts = [line.amount.minor for line in lines]
    off = [0] * len(amounts)
    if coupon is not None:
        off = taken_off(
            [max(0, amount) * is_in for amount, is_in in zip(amounts, counts, strict=True)], coupon
        )
    if rate is None or not rate.basis_points:
        return _bill(lines, currency, off, [0] * len(amounts))
    left = [amount - less for amount, less in zip(amounts, off, strict=True)]
    if not rate.is_inclusive:
        return _bill(lines, currency, off, _parts(left, rate.basis_points, _WHOLE, rounding))
    share = (rate.basis_points, _WHOLE + rate.basis_points)
    within, taxes = _parts(amounts, *share, rounding), _parts(left, *share, rounding)
    lines = tuple(
        replace(line, amount=Money(line.amount.minor - tax, line.amount.currency))
        for line, tax in zip(lines, within, strict=True)
    )
    net = (less - before + after for less, before, after in zip(off, within, taxes, strict=True))
    return _bill(lines, currency, list(net), taxes)


@cache
def nothing_in(currency: str) -> Money:
    """Return no money of a currency, which is the same wherever it stands."""
    return Money(0, currency)


def taken_off(amounts: Sequence[int], coupon: Coupon) -> list[int]:
    """Share out what a coupon takes off amounts that are not negative."""
    total = sum(amounts)
    if not total:
        return [0] * len(amounts)
    if coupon.percent_off is None:
        whole = min(total, 0 if coupon.amount_off is None else coupon.amount_off.minor)
        return apportioned([amount * whole for amount in amounts], total, whole)
    above, below = coupon.percent_off.as_integer_ratio()
    shares, whole = [amount * above for amount in amounts], below * 100
    return apportioned(shares, whole, rounded(total * above, whole))


def apportioned(numerators: Sequence[int], denominator: int, whole: int) -> list[int]:
    """Share out a whole that is the rounded sum of fractions: largest remainders get the rest."""
    shares = [divmod(numerator, denominator) for numerator in numerators]
    rest = whole - sum(floor for floor, _ in shares)
    order = sorted(range(len(shares)), key=lambda place: (-shares[place][1], place))
    lucky = frozenset(order[:rest])
    return [floor + (place in lucky) for place, (floor, _) in enumerate(shares)]


def rounded(numerator: int, denominator: int, how: str = "half_up") -> int:
    """Round a fraction to the nearest whole number; a half away from zero, or to the even one."""
    floor, rest = divmod(abs(numerator), denominator)
    is_up = 2 * rest > denominator or (
        2 * rest == denominator and (how == "half_up" or floor % 2 == 1)
    )
    return (-1 if numerator < 0 else 1) * (floor + is_up)


def _parts(amounts: Sequence[int], above: int, below: int, rounding: Rounding) -> list[int]:
    """Take a fraction of every amount, rounded each by itself or all together."""
    exact = [amount * above for amount in amounts]
    if rounding.per == "line":
        return list(map(rounded, exact, repeat(below), repeat(rounding.how)))
    return apportioned(exact, below, rounded(sum(exact), below, rounding.how))


def _bill(lines: Lines, currency: str, off: Sequence[int], taxes: Sequence[int]) -> Bill:
    less, tax, none = sum(off), sum(taxes), nothing_in(currency)
    subtotal = _sum(lines, currency)
    return Bill(
        lines=lines,
        discounts=tuple(off) if less else (),
        taxes=tuple(taxes) if any(taxes) else (),
        subtotal=subtotal,
        discount=Money(less, currency) if less else none,
        tax=Money(tax, currency) if tax else none,
        total=Money(subtotal.minor - less + tax, currency) if less or tax else subtotal,
    )


def _sum(lines: Lines, currency: str) -> Money:
    if len(lines) == 1:
        return lines[0].amount
    return Money(sum(line.amount.minor for line in lines), currency)
