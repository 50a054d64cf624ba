"""The sentences that operators read. Labels stand in the templates."""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.pages.words import day

DONE: Mapping[str, str] = {
    "canceled": "It has ended. Nothing more will be charged.",
    "ending": "It will end with the period. Until then it can be kept.",
    "kept": "It goes on, and renews as before.",
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

OPERATION_MEANS: Mapping[str, str] = {
    "open": "The processor was asked, or is about to be; the outcome is not known yet.",
    "released": "The processor was certainly not asked. The same id may ask again.",
    "stuck": "It can be neither found nor repeated. Look at the processor's own pages.",
}

METHODS: Mapping[str, str] = {
    "customers.create": "Create a customer",
    "customers.update": "Change how a customer is reached",
    "payment_methods.attach": "Add a payment method",
    "subscriptions.create": "Start a subscription",
    "subscriptions.cancel": "Cancel a subscription",
    "subscriptions.keep": "Keep a subscription",
    "subscriptions.change": "Change the items of a subscription",
    "subscriptions.set_trial_end": "Move the end of a trial",
    "subscriptions.pause": "Pause collection",
    "subscriptions.resume": "Resume collection",
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
        return "Collection is paused: it grants nothing, and its invoices are not collected."
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
            return "It is paused: the trial ended without a payment method. It grants nothing."
        case SubscriptionStatus.INCOMPLETE:
            return "Its first payment has not gone through. It grants nothing yet."
    return "It grants nothing."
