"""The last twelve months as a strip: when the organization's plan was open, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.pages.words import day

WIDTH = 365
_LABELS = {"trial": "Trial", "paid": "Paid", "owing": "Payment failed"}
_TICK_EVERY = 3


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one kind, in a drawing that is as wide as a year has days."""

    kind: str
    start: int
    width: int
    title: str


@dataclass(frozen=True, slots=True)
class Year:
    """All stretches of the twelve months before a day, and where its months begin."""

    stretches: tuple[Stretch, ...]
    months: tuple[tuple[int, str], ...]


def year(entries: Sequence[LedgerEntryView], now: datetime) -> Year | None:
    """Return the strip that ledger entries, oldest first, amount to; ``None`` without any."""
    turns = [(entry.at, kind) for entry in entries if (kind := _kind(entry)) is not None]
    if not turns:
        return None
    first = now - timedelta(days=WIDTH)
    ends = [at for at, _ in turns[1:]] + [now]
    stretches = [
        _stretch(kind, max(at, first), end, first)
        for (at, kind), end in zip(turns, ends, strict=True)
        if kind != "none" and end > max(at, first)
    ]
    return Year(tuple(stretches), _months(first, now)) if stretches else None


def _kind(entry: LedgerEntryView) -> str | None:
    match entry.type:
        case "subscription.started":
            return {"trialing": "trial", "active": "paid"}.get(entry.data["status"], "none")
        case "subscription.activated":
            return "paid"
        case "subscription.past_due":
            return "owing"
        case "subscription.ended":
            return "none"
    return None


def _stretch(kind: str, start: datetime, end: datetime, first: datetime) -> Stretch:
    width = max(1, (end - start).days)
    return Stretch(
        kind, (start - first).days, width, f"{_LABELS[kind]}: {day(start)} to {day(end)}"
    )


def _months(first: datetime, now: datetime) -> tuple[tuple[int, str], ...]:
    """Return the days on which some months begin, every third, the last one not too late."""
    begun = [
        moment
        for days in range(1, WIDTH + 1)
        if (moment := first + timedelta(days=days)).day == 1 and moment <= now
    ]
    return tuple(((moment - first).days, f"{moment:%b}") for moment in begun[::_TICK_EVERY])
