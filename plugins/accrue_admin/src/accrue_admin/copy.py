"""The sentences that operators read. Labels stand in the templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.changes import PauseBehavior, Proration
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.pages.words import clock, day, label

DONE: Mapping[str, str] = {
    "canceled": "It has ended. Nothing more will be charged.",
    "ending": "It will end with the period. Until then it can be kept.",
    "ending_at": "It will end on that day. Until then it can be kept.",
    "kept": "It goes on, and renews as before.",
    "changed": "It is changed.",
    "pending": "The change waits for the customer’s bank. Until then everything is as it was.",
    "paused": "It is paused. It grants nothing until it is resumed.",
    "resumed": "What falls due from now on is collected.",
    "trial_moved": "The trial ends on that day.",
    "trial_ended": "The trial is over, and the first period has begun.",
    "trial_unpaid": "The trial is over, but the first period is not paid.",
    "replayed": "It was put back into the queue and will be dispatched in a moment.",
    "replayed_all": "They were put back into the queue and will be dispatched in a moment.",
    "recovered": "Every operation whose process had gone away was looked up at its processor.",
}
"""What the page after an action says: a closed list, so that an address cannot put words here."""

INVOICE_MEANS: Mapping[InvoiceStatus, str] = {
    InvoiceStatus.DRAFT: "It may still change, and nobody has been asked to pay it.",
    InvoiceStatus.OPEN: "It is final and waits to be paid.",
    InvoiceStatus.PAID: "Nothing is owed on it any more.",
    InvoiceStatus.UNCOLLECTIBLE: "Nobody expects it to be paid any more.",
    InvoiceStatus.VOID: "It should not have been, and is not owed.",
}

DELIVERY_MEANS: Mapping[str, str] = {
    "waiting": "It waits to be dispatched.",
    "running": "It is being dispatched at this moment.",
    "done": "What it pointed at was fetched and absorbed.",
    "dead": "It was given up. Mend the cause, then replay it.",
}

PRORATIONS: Mapping[Proration, tuple[str, str]] = {
    "always_invoice": (
        "Settle it now",
        "The unused time is credited and the remaining time charged, on an invoice of today. The "
        "change is made when that is paid: a declined card changes nothing.",
    ),
    "create_prorations": (
        "Settle it with the next invoice",
        "The change is made at once. The unused time is credited and the remaining time charged on "
        "the next regular invoice.",
    ),
    "none": (
        "Do not settle it",
        "The change is made at once. For the rest of this period nothing is credited or charged; "
        "the new price counts from the next invoice on.",
    ),
}
"""What may become of the rest of the period: what to call it, and what it means."""

PAUSES: Mapping[PauseBehavior, tuple[str, str]] = {
    "void": (
        "Void them",
        "They are never owed. For time that shall cost nothing.",
    ),
    "keep_as_draft": (
        "Keep them as drafts",
        "Nobody is asked to pay them; they can be sent by hand later, at the processor.",
    ),
    "mark_uncollectible": (
        "Write them off",
        "They are owed, and marked as what nobody expects to be paid. For time that was used.",
    ),
    "none": (
        "There are none: pause all of it",
        "Its period ends now, and the rest of it is credited. Resuming begins a new period, which "
        "is charged less that. It lasts until somebody resumes it.",
    ),
}
"""What may become of the invoices of a pause: what to call it, and what it means."""

ANOTHER_INTERVAL = (
    "A price with another interval begins a new period now, and that is always settled now. On "
    "trial nothing is credited or charged before the trial ends."
)
PAUSED_SETTLES_LATER = "Not while collection is paused: its invoice would not be collected."
CHANGES_AT_ONCE = "The change is made at once."
NOTHING_TO_CHARGE = "No payment method is on file, so the charge will be declined."
REST_IS_FREE = "For the rest of this period nothing is credited or charged."
WITH_THE_NEXT = "Nothing is charged today: it all goes onto the next regular invoice."
NO_INVOICE_COMES = (
    "No regular invoice comes before that, so these amounts may never be credited or charged."
)
DECLINED = "Nothing has changed and nothing was charged."
NO_CHANGE_NOW = "Its items can be changed while it is active or on trial."
SCHEDULED = (
    "A schedule decides what it is for and when it ends. Until that is released, it can only be "
    "canceled now."
)
GRANTS_NOTHING = "While it is paused it grants nothing: what is not paid for is not open."
PERIODS_GO_ON = "Its status stays as it is, and its periods go on."
UNLESS_ALL_OF_IT = "Unless all of it is paused, its status stays as it is and its periods go on."
NO_DAY_FOR_ALL_OF_IT = (
    "a pause of all of it has no day on which it ends: leave the day empty, and resume it by hand"
)
A_PERIOD_BEGINS = "A new period begins now, and is charged less what is waiting as a credit."


def not_offered(words: str, processor: str) -> str:
    return f"“{words}” is not offered: {label(processor)} does not support it."


def changes_when_paid(amount: str, method: str | None) -> str:
    of = f" to {method}" if method else ""
    return f"{amount} is charged{of} now, and the change is made when that is paid."


def changes_and_is_sent(amount: str) -> str:
    return f"The change is made at once, and an invoice for {amount} is sent."


def stays_as_credit(amount: str) -> str:
    return f"{amount} stays with the customer as a credit, and pays for the next invoices."


def on_trial(until: datetime | None) -> str:
    return f"Nothing is charged before the trial ends{f' on {day(until)}' if until else ''}."


def new_period(end: datetime) -> str:
    return f"A new period begins now, and ends on {day(end)}."


def still_ends(at: datetime | None) -> str:
    when = f"on {day(at)}" if at else "with its period"
    return f"It still ends {when}: changing it does not keep it."


def waits_until(at: datetime | None) -> str:
    until = f"until {clock(at)}" if at else "for now"
    return (
        f"It waits {until} to be paid for: the customer’s bank has asked for the customer, who "
        "confirms it on the processor’s pages. Everything is as it was, and no other change of its "
        "items can be made meanwhile. When nobody confirms it, it lapses and nothing is charged."
    )


OPERATION_MEANS: Mapping[str, str] = {
    "open": "The processor was asked, or is about to be; the outcome is not known yet.",
    "released": "The processor was certainly not asked. The same id may ask again.",
    "stuck": "It can be neither found nor repeated. Look at the processor's own pages.",
}

METHODS: Mapping[str, str] = {
    "customers.create": "Create a customer",
    "customers.update": "Change how a customer is reached",
    "customers.assign": "Move a customer to another owner",
    "customers.set_tax_location": "Say where a customer is taxed",
    "payment_methods.attach": "Add a payment method",
    "subscriptions.create": "Start a subscription",
    "subscriptions.cancel": "Cancel a subscription",
    "subscriptions.keep": "Keep a subscription",
    "subscriptions.change": "Change the items of a subscription",
    "subscriptions.set_trial_end": "Move the end of a trial",
    "subscriptions.pause": "Pause",
    "subscriptions.resume": "Resume",
    "schedules.create": "Make a schedule",
    "schedules.update": "Change the phases of a schedule",
    "schedules.release": "Release a schedule",
    "schedules.cancel": "Cancel a schedule",
    "checkout.create": "Open a checkout",
}


def subscription_means(subscription: Subscription) -> str:
    """Return in a sentence where a subscription stands and what comes next."""
    if subscription.gone_at is not None:
        return "Its processor has deleted it. It grants nothing."
    if subscription.unreadable is not None:
        return (
            f"Its processor calls it “{subscription.unreadable}”, which Accrue does not know. "
            "It grants nothing until the next answer that can be read."
        )
    if subscription.is_ended:
        ended = f" on {day(subscription.ended_at)}" if subscription.ended_at else ""
        return f"It ended{ended}, and cannot be brought back."
    pending = ""
    if subscription.is_ending:
        ends = subscription.ends_at
        pending = f" It is set to end on {day(ends)}." if ends else " It is set to end."
    return f"{_standing(subscription)}{pending}"


def _standing(subscription: Subscription) -> str:
    if subscription.collection_paused is not None:
        resumes = subscription.collection_resumes_at
        until = f" until {day(resumes)}" if resumes else ""
        return (
            f"Collection is paused{until}: it grants nothing, and its invoices are not collected."
        )
    renews = day(subscription.renews_at)
    match subscription.status:
        case SubscriptionStatus.TRIALING:
            return f"It is on trial until {day(subscription.trial_end)}, and grants its plan."
        case SubscriptionStatus.ACTIVE if renews and not subscription.is_ending:
            return f"It is paid for, and renews on {renews}."
        case SubscriptionStatus.ACTIVE:
            return "It is paid for."
        case SubscriptionStatus.PAST_DUE:
            return "A renewal was not paid. The processor goes on trying; access is closed."
        case SubscriptionStatus.UNPAID:
            return "A renewal was not paid, and the processor has stopped trying. Access is closed."
        case SubscriptionStatus.PAUSED:
            return "All of it is paused: nothing is invoiced, and it grants nothing."
        case SubscriptionStatus.INCOMPLETE:
            return "Its first payment has not gone through. It grants nothing yet."
    return "It grants nothing."
