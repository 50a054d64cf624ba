"""The year as a strip: from when to when the organization's plan was open, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accrue_core.contracts.handlers import LedgerEntryView
from examples.litestar_saas.words import day

_LABELS = {"trial": "Trial", "paid": "Paid", "owing": "Payment failed"}
_MONTHS = ("Jan", "Apr", "Jul", "Oct")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one kind, in a drawing that is 365 units wide."""

    kind: str
    start: int
    width: int
    title: str


@dataclass(frozen=True, slots=True)
class Year:
    """All stretches of one calendar year, and where its quarters begin."""

    number: int
    stretches: tuple[Stretch, ...]
    quarters: tuple[tuple[int, str], ...]
    today: int


def year(entries: Sequence[LedgerEntryView], now: datetime) -> Year | None:
    """Return the strip that ledger entries, oldest first, amount to; ``None`` without any."""
    turns = [(entry.at, kind) for entry in entries if (kind := _kind(entry)) is not None]
    if not turns:
        return None
    ends = [at for at, _ in turns[1:]] + [now]
    stretches = [
        _stretch(kind, at, end, now.year)
        for (at, kind), end in zip(turns, ends, strict=True)
        if kind != "none" and end > at
    ]
    quarters = tuple(
        (datetime(now.year, month, 1).timetuple().tm_yday, name)  # noqa: DTZ001
        for month, name in zip((1, 4, 7, 10), _MONTHS, strict=True)
    )
    return Year(now.year, tuple(stretches), quarters, now.timetuple().tm_yday)


def _kind(entry: LedgerEntryView) -> str | None:
    match entry.type:
        case "subscription.started":
            return "trial" if entry.data["status"] == "trialing" else "paid"
        case "subscription.activated":
            return "paid"
        case "subscription.past_due":
            return "owing"
        case "subscription.ended":
            return "none"
    return None


def _stretch(kind: str, start: datetime, end: datetime, number: int) -> Stretch:
    first = start.timetuple().tm_yday if start.year == number else 1
    width = max(1, end.timetuple().tm_yday - first)
    return Stretch(kind, first, width, f"{_LABELS[kind]}: {day(start)} to {day(end)}")
