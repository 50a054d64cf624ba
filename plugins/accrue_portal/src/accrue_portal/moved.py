"""Pure: what has moved between the amounts that somebody has seen and those of now."""

from __future__ import annotations

from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.errors import AccrueError
from accrue_core.money import Money
from accrue_portal import change_copy as copy


def shown_in(preview: ChangePreview) -> str:
    """Return what a form brings back of its page: it is for words, and believed in nothing else."""
    due = preview.amount_due
    return f"{due.minor}.{due.currency}.{'now' if preview.due_now else 'later'}"


def what_moved(shown: str, preview: ChangePreview) -> str:
    """Return the one sentence that says what is different now."""
    minor, currency, when = (*shown.split("."), "", "")[:3]
    if not minor.isascii() or not minor.removeprefix("-").isdigit() or len(minor) > 18:
        return copy.AMOUNTS_MOVED
    try:
        before = Money(int(minor), currency)
    except AccrueError:
        return copy.AMOUNTS_MOVED
    now, is_now = preview.amount_due, preview.due_now
    if (when == "now") != is_now:
        return copy.was_due_otherwise(before, now, is_now=is_now)
    return copy.was_and_is(before, now) if before != now else copy.same_due(now)
