"""Every sentence about changing a plan, its seats, and about a pause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accrue_core.money import Money
from accrue_core.pages.words import clock, day, money
from accrue_portal.names import Name, listed

CHOOSE_ONE = "Choose one of the plans."
HOW_MANY = "Say how many seats, as a whole number from 1 on."
SAME = "That is what you have already."
NOT_FOR_YOU = "Your subscription cannot be changed to that. Please write to us, and we see to it."
SEE_FIRST = "You see every amount before anything changes."
DECLINED = "Nothing has changed, and nothing was charged."
MOVED = "These are the amounts now. Nothing was done yet."
CHANGED = "It is changed"
WAITING = "Your bank still has to agree"
PAUSED = "It is paused"
RESUMED = "It goes on"
NOTHING_TO_CHARGE = "There is no payment method on file to charge. Add one first."
OPENS_NOTHING_ELSE = "What is open to you stays as it is."
NOTHING_NOW = "Nothing is charged now."
CHANGES_AT_ONCE = "The change is made at once."
DECLINE_CHANGES_NOTHING = "If the payment does not go through, nothing changes."
PAUSE_MEANS = "While it is paused nothing is charged, and you can go on at any time."
PAUSE_PERIODS = "The days you have paid for go on counting."
RESUME_MEANS = "If you go on, it opens again and is charged as before."


def counted(name: str, quantity: int | None, *, has_seats: bool) -> str:
    """Return a plan with its seats.

    >>> counted("Team", 1, has_seats=True), counted("Team", 3, has_seats=False)
    ('Team, 1 seat', 'Team, 3 seats')
    """
    if quantity is None or (quantity == 1 and not has_seats):
        return name
    return f"{name}, {quantity} {'seat' if quantity == 1 else 'seats'}"


def unused(name: str, end: datetime | None) -> str:
    return f"{name}: what you do not use until {day(end)}" if end else f"{name}: what is left"


def rest_of_it(name: str, end: datetime | None) -> str:
    return f"{name}: from today until {day(end)}" if end else f"{name}: from today on"


def period_of(name: str, start: datetime | None, end: datetime | None) -> str:
    return f"{name}: {day(start)} until {day(end)}" if start and end else name


def paid_now(amount: Money, method: str | None) -> str:
    what = f" to your {method}" if method else ""
    return f"{money(amount)} is charged{what} now, and the change is made when it is paid."


def sent_now(amount: Money) -> str:
    return f"The change is made at once, and an invoice over {money(amount)} is sent to you."


def stays_as_credit(amount: Money) -> str:
    return f"{money(amount)} stays with you as a credit, and pays for your next invoices."


def later(at: datetime | None) -> str:
    return (
        f"It all stands on your invoice of {day(at)}." if at else "It stands on your next invoice."
    )


def free_until(at: datetime | None) -> str:
    return f"Nothing is charged before your trial ends{f' on {day(at)}' if at else ''}."


def opens(features: Sequence[str]) -> str:
    return f"{listed(features)} {'opens' if len(features) == 1 else 'open'}."


def closes(features: Sequence[str]) -> str:
    return f"{listed(features)} {'closes' if len(features) == 1 else 'close'}."


def new_period(end: datetime) -> str:
    return f"A new period begins now, and ends on {day(end)}."


def was_and_is(before: Money, now: Money) -> str:
    return f"What is due was {money(before)}, and is {money(now)} now."


def was_due_otherwise(before: Money, now: Money, *, is_now: bool) -> str:
    first, then = ("later", "now") if is_now else ("now", "later")
    return f"{money(before)} was due {first}; now it is {money(now)}, due {then}."


def same_due(now: Money) -> str:
    return f"What is due is still {money(now)}, but it counts from a later moment."


AMOUNTS_MOVED = "The amounts are others than those you have seen."


def change_waits(name: Name) -> str:
    return f"The change of {name.inside} waits for your bank"


def waits_until(at: datetime | None) -> str:
    when = f"by {clock(at)}" if at else "in time"
    return (
        "Everything is as it was until you have confirmed the payment. If you do not confirm it "
        f"{when}, nothing changes and nothing is charged."
    )


def paused_until(at: datetime | None) -> str:
    return f"It goes on by itself on {day(at)}." if at else "It stays so until it is resumed."


def pause_closes(features: Sequence[str]) -> str:
    return f"{listed(features)} {'closes' if len(features) == 1 else 'close'} until you go on."
