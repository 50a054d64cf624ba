"""Proration: what the rest of a period is worth, to the second. Pure.

The rule is the one that Stripe documents (docs.stripe.com/billing/subscriptions/prorations): who
changes what they pay for gets a credit for the time they will not use, and is charged for the time
that remains. Each is the amount of the whole period, times the seconds that remain, divided by
the seconds of the period.

Every line is rounded on its own to the minor unit, half away from zero, so that the credit for
something is the exact opposite of the charge for it. Moments count as whole seconds, as Stripe's
do; what is finer is cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.money import Money
from accrue_fake.engine.records import Price

_SECOND = timedelta(seconds=1)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """So many units of a price; ``item`` is the item they stand on, unless it is still to be.

    ``whole`` is where their own whole period begins and ends, if they have one; ``is_free`` when
    nobody has paid for it. ``off`` is what a discount takes off all of it, in minor units.
    """

    price: Price
    quantity: int
    item: str | None = None
    whole: tuple[datetime, datetime] | None = None
    is_free: bool = False
    off: int = 0

    @property
    def amount(self) -> Money:
        """What a whole period costs."""
        gross = self.price.money * self.quantity
        return Money(gross.minor - self.off, gross.currency) if self.off else gross

    @property
    def words(self) -> str:
        """What it is, as it stands on an invoice: ``Pro``, ``3 × Pro``."""
        what = self.price.product or self.price.ref
        return what if self.quantity == 1 else f"{self.quantity} × {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A period from ``start`` to ``end``, of which the part after ``at`` remains."""

    start: datetime
    end: datetime
    at: datetime

    def of(self, bought: Bought) -> Rest:
        """Return the rest of the period that something was bought for."""
        if bought.whole is None:
            return self
        start, end = bought.whole
        return replace(self, start=start, end=end)

    def share_of(self, amount: Money) -> Money:
        """Return what the rest is worth when the whole period costs this."""
        whole = (in_seconds(self.end) - in_seconds(self.start)) // _SECOND
        left = (in_seconds(self.end) - self.at) // _SECOND
        return Money(_rounded(amount.minor * left, whole), amount.currency)


def in_seconds(moment: datetime) -> datetime:
    """Return the moment without its fraction of a second."""
    return moment.replace(microsecond=0)


def unused(before: Iterable[Bought], rest: Rest) -> Iterator[InvoiceLineSnapshot]:
    """Give back the unused time of everything that was paid for."""
    for bought in before:
        if not bought.is_free:
            own = rest.of(bought)
            yield _line("Unused", bought, -own.share_of(bought.amount), own)


def prorations(
    before: Iterable[Bought], after: Iterable[Bought], rest: Rest
) -> Iterator[InvoiceLineSnapshot]:
    """Give back and charge what differs: what is left out first, then item by item.

    Only an item whose price, quantity and discount all stay has no lines. Refs are not given here.
    """
    after = tuple(after)
    kept = {bought.item for bought in after}
    old = {bought.item: bought for bought in before}
    yield from unused((bought for item, bought in old.items() if item not in kept), rest)
    for bought in after:
        was = old.get(bought.item)
        if was == bought:
            continue
        if was is not None:
            yield from unused((was,), rest)
        own = rest.of(bought)
        yield _line("Remaining", bought, own.share_of(bought.amount), own)


def _line(kind: str, bought: Bought, amount: Money, rest: Rest) -> InvoiceLineSnapshot:
    day = f"{rest.at.day} {_MONTHS[rest.at.month - 1]} {rest.at.year}"
    return InvoiceLineSnapshot(
        ref="",
        amount=amount,
        description=f"{kind} time on {bought.words} after {day}",
        quantity=bought.quantity,
        price=bought.price.ref,
        period_start=rest.at,
        period_end=rest.end,
        is_proration=True,
        subscription_item=bought.item,
    )


def _rounded(numerator: int, denominator: int) -> int:
    """Divide a number that is not negative, and round half up: away from zero."""
    return (2 * numerator + denominator) // (2 * denominator)
