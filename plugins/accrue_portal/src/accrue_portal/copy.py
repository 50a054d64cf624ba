"""Every sentence of the portal. Plain words: a customer never reads a processor's status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accrue_core.money import Money
from accrue_core.pages.words import day, money
from accrue_portal.names import Name, listed

# How a subscription stands.


def on_trial(name: Name, until: datetime | None) -> str:
    return f"{name.start} is free until {day(until)}" if until else f"{name.start} is on a trial"


def active(name: Name) -> str:
    return f"You are on {name.inside}" if name.is_a_plan else f"{name.start} is active"


def ends(name: Name, at: datetime | None) -> str:
    return f"{name.start} ends on {day(at)}" if at else f"{name.start} is set to end"


def payment_failed(name: Name) -> str:
    return f"The last payment for {name.inside} did not go through"


def unpaid(name: Name) -> str:
    return f"{name.start} is not paid for"


def incomplete(name: Name) -> str:
    return f"One step is left to start {name.inside}"


def never_started(name: Name) -> str:
    return f"{name.start} was not started"


def paused(name: Name) -> str:
    return f"{name.start} is paused"


def has_ended(name: Name) -> str:
    return f"{name.start} has ended"


def unclear(name: Name) -> str:
    return f"We are checking how {name.inside} stands"


def several(number: int) -> str:
    return f"You have {number} subscriptions"


def ended_on(at: datetime | None) -> str:
    return f"It ended on {day(at)}. Nothing more is charged." if at else "Nothing more is charged."


def ended_without_more(at: datetime | None) -> str:
    return f"It ended on {day(at)}." if at else "It has ended."


def renews(at: datetime, method: str | None, *, by_invoice: bool) -> str:
    if by_invoice:
        return f"It renews on {day(at)}, and an invoice is sent to you then."
    if method is None:
        return f"It renews on {day(at)}, but there is no payment method on file to charge."
    return f"It renews on {day(at)}, and your {method} is charged then."


def after_trial(method: str | None, *, by_invoice: bool) -> str:
    if by_invoice:
        return (
            "Nothing is charged before then. After that it goes on, and an invoice is sent to you."
        )
    if method is None:
        return "Nothing is charged before then. To go on after that, add a payment method."
    return f"Nothing is charged before then. After that it goes on, and your {method} is charged."


def tried_again(amount: Money, at: datetime, method: str | None) -> str:
    what = f"your {method}" if method else "the payment method on file"
    return f"We try {what} again on {day(at)}, for {money(amount)}."


def still_due(amount: Money, number: str | None) -> str:
    return f"{money(amount)} is still to be paid{f' on invoice {number}' if number else ''}."


def closed_until_paid(features: Sequence[str]) -> str:
    return f"{_closed(features)} until the payment goes through."


def closed_meanwhile(features: Sequence[str]) -> str:
    return f"Meanwhile {_closed(features)}."


def _closed(features: Sequence[str]) -> str:
    return f"{listed(features)} {'is' if len(features) == 1 else 'are'} closed"


RENEWING = "It is being renewed just now. Look again in a moment."
GOES_ON = "It goes on until you cancel it."
UNTIL_THEN = "Until then everything stays open, and nothing more is charged."
DOES_NOT_RENEW = "It does not renew after that."
UNTIL_THEN_OWING = "Until then everything stays open. It does not renew after that."
TRIAL_UNTIL_THEN = "Until then everything stays open, and nothing is charged."
NOT_TRIED_AGAIN = "We do not try again by ourselves: it has to be paid, or paid in another way."
MAY_END = "If no payment goes through, the subscription may end."
STILL_OPEN = "Meanwhile everything stays open."
UNPAID = "We have stopped trying to charge for it."
INCOMPLETE = (
    "The first payment is not complete: your bank may be waiting for you to confirm it, or the "
    "card was declined."
)
OPENS_AT_ONCE = "As soon as the payment goes through, everything opens."
NEVER_STARTED = "The first payment was not completed in time. Nothing was charged."
PAUSED = "Nothing is charged while it is paused."
UNCLEAR = (
    "The payment service has told us something that we do not understand yet. We are looking "
    "into it."
)
EXPIRED = "This card has expired. Choose another one before the next payment."
DELETED = "It is no longer with the payment service."

# Ending one, and undoing that.


def stays_open_until(name: Name, at: datetime | None) -> str:
    if at is None:
        return f"{name.start} stays open until the period that you have paid for is over."
    return f"{name.start} stays open until {day(at)}."


def runs_until(name: Name, at: datetime | None) -> str:
    return f"{name.start} ends on {day(at)}." if at else f"{name.start} ends with its period."


def then_closes(features: Sequence[str]) -> str:
    return f"Then {listed(features)} {'closes' if len(features) == 1 else 'close'}."


def closes_at_once(features: Sequence[str]) -> str:
    return f"{listed(features)} {'closes' if len(features) == 1 else 'close'} at once."


def you_keep(features: Sequence[str]) -> str:
    return f"You keep {listed(features)}."


def debt_stays(amount: Money, number: str | None) -> str:
    which = f"Invoice {number}" if number else "The open invoice"
    return f"{which} over {money(amount)} stays due."


def can_undo_until(at: datetime | None) -> str:
    return f"Until {day(at)} you can change your mind here." if at else UNDO_UNTIL_THEN


UNDO_UNTIL_THEN = "Until then you can change your mind here."
NOTHING_MORE = "Nothing more is charged."
NOTHING_NEW = "Nothing new is charged."
NOTHING_AT_ALL = "Nothing is charged: the trial costs nothing."
NOTHING_YET = "Nothing has been charged, and nothing will be."
NO_MORE_INVOICES = "No more invoices are sent for it."
NOT_REFUNDED = "What you have paid for this period is not refunded."
REST_NOT_REFUNDED = "The rest of the period that you have paid for is not refunded."
ENDS_AT_ONCE = "It ends at once, when you confirm."
NO_UNDO = "This cannot be undone. To come back, subscribe again in the app."
NO_UNDO_HERE = "It cannot be undone here. To go on, subscribe again once it has ended."
CANNOT_CANCEL = "It cannot be canceled on this page. Please write to us, and we do it for you."
CANNOT_KEEP = "This cannot be undone here. To go on, subscribe again once it has ended."
CANNOT_MANAGE = "Payment methods cannot be changed on this page. Please write to us."
MANAGE = "Cards are entered at our payment service. We never see their numbers."
KEEP_MEANS = "If you keep it, it renews as before and is charged again."
CANCELED = "It is canceled"
ENDED_NOW = "It has ended"
KEPT = "Welcome back: it goes on"

# What there is when there is nothing.

NO_SUBSCRIPTION = "You have no subscription"
NO_SUBSCRIPTION_ADVICE = "When you choose a plan in the app, you find everything about it here."
NO_INVOICE = "There are no invoices yet"
NO_INVOICE_ADVICE = "Each one is kept here, as long as you need it."
NONE_ON_PAGE = "There is nothing to show on this page"
NO_OLDER_INVOICE = "There are no more invoices"
NOTHING_ON_FILE = "Nothing on file"
NO_METHOD = "No payment method is on file."


def default_plan(name: str) -> str:
    return f"You are on {name}"


DEFAULT_PLAN_ADVICE = "It costs nothing, for as long as you like."

# Invoices.


def due(amount: Money, at: datetime | None) -> str:
    return f"{money(amount)} is due{f' on {day(at)}' if at else ''}."


def was_due(amount: Money, at: datetime) -> str:
    return f"{money(amount)} was due on {day(at)}."


def paid_on(at: datetime | None) -> str:
    return f"Paid on {day(at)}. Thank you." if at else "Paid. Thank you."


INVOICE_FREE = "There is nothing to pay."
INVOICE_VOID = "It was canceled: there is nothing to pay."
INVOICE_GIVEN_UP = "It was not paid, and we no longer expect it to be."
INVOICE_UNCLEAR = "We are checking how this invoice stands."
NOT_PAID = "The payment is not complete."
PRINT = "To keep a copy, print this page or save it as a PDF with your browser."
UTC = "Dates are in UTC."
TEST_MODE = "No real cards and no real money."

# What went wrong: a title, and what to do.

SIGN_IN = (
    "Sign in to see your billing",
    "This page knows you by the app. Sign in there, then come back.",
)
NOT_SENT = (
    "This form was not sent",
    "Nothing was done. It is out of date, or your browser keeps no cookies for this page. Reload "
    "the page and send the form again.",
)
IN_PROGRESS = (
    "One moment",
    "Another change is still under way. Wait a few seconds, then look how things stand.",
)
CHANGED_MEANWHILE = (
    "Something has changed meanwhile",
    "Nothing was done now. Look how your subscription stands before you go on.",
)
OUT_OF_DATE = (
    "This form is out of date",
    "Nothing was done. Go back to your billing and begin again from there.",
)
NOT_HERE = (
    "This cannot be done here",
    "Nothing was done. Please write to us, and we see to it.",
)
REFUSED = (
    "The payment service has refused that",
    "Nothing was done. If it happens again, please write to us.",
)
NOT_REACHED = (
    "The payment service cannot be reached",
    "Nothing was done. Try again in a minute.",
)
NOT_KNOWN = (
    "We do not know yet",
    "The payment service did not answer in time. It may have been done all the same, and we find "
    "that out by ourselves. Look again in a minute: sending the form once more does nothing twice.",
)
