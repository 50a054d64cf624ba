"""Billing in plain words: what a customer should read instead of a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accrue_core import Money
from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.handlers import LedgerEntryView
from examples.litestar_saas.catalog import PRO_PRICE


@dataclass(frozen=True, slots=True)
class Standing:
    """A headline, a sentence, and whether that is good news: good, notice, bad or quiet."""

    headline: str
    detail: str
    tone: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline."""

    at: datetime
    text: str
    type: str
    by: str

    @property
    def date(self) -> date:
        """The day it belongs to."""
        return self.at.date()


def day(moment: datetime | None) -> str:
    """Return a date as people write it."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def price(money: Money) -> str:
    """Return an amount as it stands on a bill."""
    amount, _, currency = str(money).partition(" ")
    return f"${amount}" if currency == "USD" else f"{amount} {currency}"


def invoice_status(invoice: Invoice) -> str:
    """Return where an invoice stands; "open" would mean something else to who has to pay it."""
    return "Unpaid" if invoice.is_collectable else invoice.status.value.capitalize()


def standing(subscription: Subscription | None, invoices: list[Invoice]) -> Standing:
    """Say how an organization's newest subscription stands."""
    if subscription is None:
        return Standing(
            "Notes, for free", "For as long as you like, and for everybody here.", "quiet"
        )
    if subscription.is_ending:
        return Standing(
            f"Ends on {day(subscription.ends_at)}",
            "Everything stays open until then, and nothing more is charged.",
            "notice",
        )
    renews, cost = day(subscription.renews_at), price(PRO_PRICE)
    match subscription.status.value:
        case "trialing":
            until = day(subscription.trial_end)
            return Standing(f"Free until {until}", f"Then {cost} a month.", "notice")
        case "active":
            return Standing("Active", f"Renews on {renews} for {cost}.", "good")
        case "past_due":
            return Standing("Payment failed", _next_attempt(invoices), "bad")
        case "canceled":
            ended = day(subscription.ended_at)
            return Standing(f"Ended on {ended}", "Your notes are still here, for free.", "quiet")
        case "incomplete":
            return Standing("Waiting for the first payment", "Your bank may ask you.", "notice")
    return Standing("Not paid", "Please get in touch with us.", "bad")


def timeline_entry(entry: LedgerEntryView, names: Mapping[str, str]) -> TimelineEntry:
    """Return a ledger entry as a person would tell it."""
    kind, _, actor_id = entry.actor.partition(":")
    by = names.get(actor_id, "") if kind == "user" else ""
    source = "by webhook" if entry.cause.startswith("webhook") else "by Accrue"
    return TimelineEntry(entry.at, _sentence(entry), entry.type, by or source)


def _next_attempt(invoices: list[Invoice]) -> str:
    moments = [invoice.next_attempt_at for invoice in invoices if invoice.next_attempt_at]
    again = f" We try again on {day(min(moments))}." if moments else ""
    return f"The card was declined, so Pro is closed for now.{again}"


_SENTENCES = {
    "customer.created": "Became a customer",
    "customer.default_payment_method_changed": "Chose another card to be charged",
    "payment_method.attached": "Added a card",
    "payment_method.detached": "Removed a card",
    "subscription.activated": "Pro is paid for",
    "subscription.past_due": "Pro is past due",
    "subscription.ended": "Pro has ended",
    "subscription.cancellation_scheduled": "Set to end with the paid period",
    "subscription.cancellation_undone": "Kept after all",
    "invoice.voided": "An invoice was voided",
}


def _sentence(entry: LedgerEntryView) -> str:
    data = entry.data
    match entry.type:
        case "subscription.started":
            return "Pro began with a trial" if data["status"] == "trialing" else "Pro began"
        case "subscription.renewed":
            return f"A new period began, until {day(datetime.fromisoformat(data['period_end']))}"
        case "invoice.created":
            return f"Invoice drawn up for {_amount(data, 'total')}"
        case "invoice.finalized":
            return f"Invoice sent for {_amount(data, 'amount_due')}"
        case "invoice.paid":
            return f"{_amount(data, 'amount_paid')} paid"
        case "invoice.payment_failed":
            return f"Charge of {_amount(data, 'amount_remaining')} declined"
    return _SENTENCES.get(entry.type, entry.type.replace(".", " ").replace("_", " ").capitalize())


def _amount(data: Mapping[str, Any], name: str) -> str:
    return price(Money(data[name], data["currency"]))
