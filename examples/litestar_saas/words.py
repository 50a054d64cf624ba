"""Billing in plain words: what a customer should read instead of a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accrue_core import Billing, Money
from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.pages.words import clock, day, money, short_day
from examples.litestar_saas.billing import offer_of, seats_of, subscription_of
from examples.litestar_saas.catalog import BY_REF, CATALOG, Offer
from examples.litestar_saas.people import Person

_EVERY = {"month": "a month", "year": "a year"}


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


def plan_name(subscription: Subscription | None) -> str:
    """Return the plan that a subscription is for, or the free one."""
    if subscription is None or subscription.is_ended or not subscription.items:
        return "Free"
    item = subscription.items[0]
    plan = CATALOG.plan_of(subscription.processor, item.price)
    seats = seats_of(subscription)
    name = plan.name if plan is not None else "Another"
    return f"{name}, {seats} seats" if seats is not None else name


def offer_name(offer: Offer, seats: int) -> str:
    """Return what is on offer, so that two offers of one plan are told apart."""
    name = CATALOG.plans[offer.plan].name
    if offer.has_seats:
        return f"{name}, {seats} seats"
    return f"{name} by the {offer.interval}"


def change_line(line: InvoiceLineSnapshot) -> str:
    """Return what a line of a change is for, and for how long."""
    offer = BY_REF.get(line.price or "")
    if offer is None:
        return line.description or "Another plan"
    name, end = offer_name(offer, line.quantity or 1), day(line.period_end)
    if line.amount.minor < 0:
        return f"{name}: what you do not use until {end}"
    if line.is_proration:
        return f"{name}: from today until {end}"
    return f"{name}: until {end}"


def rate(offer: Offer) -> str:
    """Return a price as it is spoken: ``$19.00 a month``."""
    seat = " for each seat" if offer.has_seats else ""
    return f"{money(offer.price)} {_EVERY[offer.interval]}{seat}"


def cost(subscription: Subscription) -> Money | None:
    """Return what a subscription costs for one period, where Fieldnotes sells it itself."""
    offer = offer_of(subscription)
    return None if offer is None else offer.price * (subscription.items[0].quantity or 1)


def invoice_status(invoice: Invoice) -> str:
    """Return where an invoice stands; "open" would mean something else to who has to pay it."""
    return "Unpaid" if invoice.is_collectable else invoice.status.value.capitalize()


def standing(subscription: Subscription | None, invoices: Sequence[Invoice] = ()) -> Standing:
    """Say how an organization's subscription stands."""
    if subscription is None:
        return Standing("Notes, for free", "As long as you like, for everybody here.", "quiet")
    if subscription.is_ending:
        return Standing(
            f"Ends on {day(subscription.ends_at)}",
            "Everything stays open until then, and nothing more is charged.",
            "notice",
        )
    if subscription.is_pending and not subscription.is_ended:
        return Standing(
            "A change waits for your bank",
            "Everything stays as it was until your bank agrees. If it has not by "
            f"{clock(subscription.pending_until)}, nothing changes and nothing is charged.",
            "notice",
        )
    if subscription.is_paused and not subscription.is_ended:
        return Standing(
            "Paused",
            "Nothing is charged, and nothing but notes is open, until you resume.",
            "notice",
        )
    name, amount = plan_name(subscription).partition(",")[0], cost(subscription)
    price = f" for {money(amount)}" if amount is not None else ""
    match subscription.status.value:
        case "trialing":
            until = day(subscription.trial_end)
            return Standing(f"Free until {until}", f"Then it goes on{price}.", "notice")
        case "active":
            renews = day(subscription.renews_at)
            return Standing(f"{name} is paid", f"It renews on {renews}{price}.", "good")
        case "past_due":
            return Standing("Payment failed", _next_attempt(name, invoices), "bad")
        case "canceled":
            ended = day(subscription.ended_at)
            return Standing(f"Ended on {ended}", "Your notes are still here, for free.", "quiet")
        case "incomplete":
            return Standing(
                "Waiting for the first payment", "Your bank wants you to confirm it.", "notice"
            )
        case "incomplete_expired":
            return Standing("Notes, for free", "The first payment was never confirmed.", "quiet")
    return Standing("Not paid", "Please get in touch with us.", "bad")


async def in_short(billing: Billing, person: Person) -> Standing:
    """Say in a few words how somebody's organization stands; an operator has none."""
    if person.is_operator:
        return Standing("Operator", "", "quiet")
    subscription = await subscription_of(billing, person.organization)
    whole = standing(subscription)
    if subscription is None or subscription.is_ended:
        return Standing("Free plan", "", "quiet")
    short = f"Ends {short_day(subscription.ends_at)}" if subscription.is_ending else whole.headline
    if subscription.status.value == "trialing" and not subscription.is_ending:
        short = f"Trial until {short_day(subscription.trial_end)}"
    return Standing(short, "", whole.tone)


def timeline_entry(entry: LedgerEntryView, names: Mapping[str, str]) -> TimelineEntry:
    """Return a ledger entry as a person would tell it."""
    kind, _, actor_id = entry.actor.partition(":")
    by = names.get(actor_id, "") if kind == "user" else ""
    source = "by webhook" if entry.cause.startswith("webhook") else "by Accrue"
    return TimelineEntry(entry.at, _sentence(entry), entry.type, by or source)


def _next_attempt(name: str, invoices: Sequence[Invoice]) -> str:
    moments = [invoice.next_attempt_at for invoice in invoices if invoice.next_attempt_at]
    again = f" We try again on {day(min(moments))}." if moments else ""
    return f"The card was declined, so {name} is closed for now.{again}"


_SENTENCES = {
    "checkout_session.opened": "Went to checkout",
    "checkout_session.completed": "Checkout completed",
    "checkout_session.expired": "Checkout was left and has expired",
    "customer.created": "Became a customer",
    "customer.default_payment_method_changed": "Another card is charged from now on",
    "payment_method.attached": "Added a card",
    "payment_method.detached": "Removed a card",
    "subscription.activated": "The plan is paid for",
    "subscription.past_due": "The plan is past due",
    "subscription.ended": "The plan has ended",
    "subscription.cancellation_scheduled": "Set to end with the paid period",
    "subscription.cancellation_undone": "Kept after all",
    "subscription.items_changed": "Changed the plan",
    "subscription.change_lapsed": "A change was never confirmed, so nothing changed",
    "invoice.voided": "An invoice was voided",
}


def _sentence(entry: LedgerEntryView) -> str:
    data = entry.data
    match entry.type:
        case "subscription.started":
            return _started(data)
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


def _started(data: Mapping[str, Any]) -> str:
    match data["status"]:
        case "trialing":
            return "A plan began with a trial"
        case "incomplete":
            return "A plan waits for its first payment"
    return "A plan began"


def _amount(data: Mapping[str, Any], name: str) -> str:
    return money(Money(data[name], data["currency"]))
