"""Pure: what a subscription costs, as far as its invoices say."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.money import Money

_REGULAR = frozenset({"subscription_create", "subscription_cycle"})
_MEANT = frozenset({InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE})


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount, tax included, and how often it is asked for: ``a month``, ``every 2 weeks``."""

    amount: Money
    every: str


def cost_of(invoices: Iterable[Invoice]) -> Cost | None:
    """Return what the newest regular invoice of a subscription asked for.

    ``invoices`` are the subscription's, newest first. An invoice with a discount, with part of a
    period or with lines for several periods does not say what the next one will be, so nothing is
    said then; nor is an older invoice taken for it.
    """
    for invoice in invoices:
        if (
            invoice.billing_reason in _REGULAR
            and invoice.status in _MEANT
            and invoice.total_minor > 0
        ):
            is_plain = not invoice.discount_minor and not any(x.is_proration for x in invoice.lines)
            every = _every_of(invoice) if is_plain else None
            return Cost(invoice.total, every) if every else None
    return None


def cost_in(preview: ChangePreview) -> Cost | None:
    """Return what a whole period would cost after a change, if its preview says that.

    Only lines for whole periods say it, all for the same one; what stands beside them is left
    out, and with a discount, or with tax on more than those lines, nothing is said.
    """
    regular = [line for line in preview.lines if not line.is_proration]
    is_all = len(regular) == len(preview.lines)
    if not regular or preview.discount or (preview.tax and not is_all):
        return None
    periods = {(line.period_start, line.period_end) for line in regular}
    if len(periods) != 1:
        return None
    start, end = periods.pop()
    length = every(start, end) if start is not None and end is not None else None
    minor = sum(line.amount.minor for line in regular)
    amount = preview.total if is_all else Money(minor, preview.currency)
    return Cost(amount, length) if length and amount.minor > 0 else None


def every(start: datetime, end: datetime) -> str | None:
    """Return a period's length as a price names it, or ``None`` when it is no round one.

    >>> from datetime import UTC
    >>> every(datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC))
    'a month'
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and start.timetz() == end.timetz() and _is_same_day(start, end):
        years, rest = divmod(months, 12)
        return _counted(months, "month") if rest else _counted(years, "year")
    days, part = divmod(end - start, timedelta(days=1))
    if part or days < 1:
        return None
    weeks, rest = divmod(days, 7)
    return _counted(days, "day") if rest else _counted(weeks, "week")


def _every_of(invoice: Invoice) -> str | None:
    periods = {(line.period_start, line.period_end) for line in invoice.lines}
    if len(periods) != 1:
        return None
    start, end = periods.pop()
    return every(start, end) if start is not None and end is not None else None


def _is_same_day(start: datetime, end: datetime) -> bool:
    """Whether both fall on one day of the month, or on the last one of a month too short for it."""
    if start.day == end.day:
        return True
    earlier, later = (start, end) if start.day < end.day else (end, start)
    return later.day > earlier.day == monthrange(earlier.year, earlier.month)[1]


def _counted(number: int, unit: str) -> str:
    return f"a {unit}" if number == 1 else f"every {number} {unit}s"
