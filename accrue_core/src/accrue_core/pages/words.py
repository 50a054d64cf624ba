"""How amounts, moments and statuses are written on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

from accrue_core.money import Money, minor_digits

_SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}

TONES: Mapping[str, str] = {
    "active": "good",
    "paid": "good",
    "done": "good",
    "settled": "good",
    "complete": "good",
    "succeeded": "good",
    "trialing": "notice",
    "open": "notice",
    "incomplete": "notice",
    "waiting": "notice",
    "running": "notice",
    "released": "notice",
    "paused": "notice",
    "past_due": "bad",
    "unpaid": "bad",
    "uncollectible": "bad",
    "dead": "bad",
    "stuck": "bad",
    "refused": "bad",
    "failed": "bad",
}
"""What a status is to whoever reads it: good, notice or bad; everything else is quiet."""


def money(amount: Money | None) -> str:
    """Return an amount as it stands on a bill: exact, with thousands apart.

    >>> money(Money(123450, "usd")), money(Money(10500, "iqd")), money(Money(-5, "jpy"))
    ('$1,234.50', 'IQD 10.500', '-¥5')
    """
    if amount is None:
        return ""
    digits = minor_digits()[amount.currency]
    figures = f"{abs(amount.minor):0{digits + 1}d}"
    whole, rest = (figures[:-digits], f".{figures[-digits:]}") if digits else (figures, "")
    unit = _SYMBOLS.get(amount.currency, f"{amount.currency.upper()} ")
    return f"{'-' if amount.minor < 0 else ''}{unit}{int(whole):,}{rest}"


def day(moment: datetime | None) -> str:
    """Return a date as people write it, in UTC: ``3 March 2026``."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def short_day(moment: datetime | None) -> str:
    """Return a date for narrow columns: ``3 Mar 2026``."""
    return f"{moment.day} {moment:%b %Y}" if moment else ""


def clock(moment: datetime | None) -> str:
    """Return a moment to the minute, in UTC: ``3 Mar 2026, 14:05 UTC``."""
    return f"{short_day(moment)}, {moment:%H:%M} UTC" if moment else ""


def time_tag(moment: datetime | None, form: str = "short_day") -> Markup:
    """Return a ``<time>`` with the exact moment for machines and on hover."""
    if moment is None:
        return Markup("")
    text = {"day": day, "short_day": short_day, "clock": clock}[form](moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), f"{moment:%Y-%m-%d %H:%M:%S} UTC", text
    )


def label(word: Any) -> str:
    """Return a status or a type as a label: ``past_due`` is ``Past due``."""
    text = str(getattr(word, "value", word))
    return text.replace(".", " ").replace("_", " ").strip().capitalize()


def tone(word: Any) -> str:
    """Return what a status is to whoever reads it."""
    return TONES.get(str(getattr(word, "value", word)), "quiet")


FILTERS: dict[str, Callable[..., Any]] = {
    "money": money,
    "day": day,
    "short_day": short_day,
    "clock": clock,
    "time_tag": time_tag,
    "label": label,
    "tone": tone,
}
