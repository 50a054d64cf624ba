"""Pure: what has moved between a preview that was shown and the one that holds now."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.errors import AccrueError
from accrue_core.money import Money
from accrue_core.pages.words import money


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page has shown as due. It comes back with the form, and is believed in no question of
    money: it only says what somebody has read.
    """

    due: Money
    is_now: bool

    def __str__(self) -> str:
        return f"{self.due.minor}.{self.due.currency}.{'now' if self.is_now else 'later'}"


def shown_in(preview: ChangePreview) -> Shown:
    """Return what there is to remember of a preview."""
    return Shown(preview.amount_due, preview.due_now)


def read_shown(text: str) -> Shown | None:
    """Return what a form has brought back, or ``None`` when it is nothing of ours.

    >>> read_shown("1935.usd.now")
    Shown(due=Money(minor=1935, currency='usd'), is_now=True)
    """
    minor, _, rest = text.partition(".")
    currency, _, when = rest.partition(".")
    if not minor.isascii() or not minor.removeprefix("-").isdigit() or len(minor) > 18:
        return None
    try:
        return Shown(Money(int(minor), currency), when == "now")
    except (AccrueError, ValueError):
        return None


def what_moved(before: Shown | None, preview: ChangePreview) -> str:
    """Return the one sentence that says what is different now."""
    now = shown_in(preview)
    if before is None:
        return "The amounts have changed since they were shown."
    if before.is_now != now.is_now:
        was, is_ = ("at once", "with the next invoice")[:: 1 if before.is_now else -1]
        return f"{money(before.due)} was due {was}; now it is {money(now.due)}, {is_}."
    if before.due != now.due:
        return f"The amount due was {money(before.due)}, and is {money(now.due)} now."
    return (
        f"The amount due is still {money(now.due)}, but it is made up of other lines, or counts "
        "from a later moment."
    )
