"""Pure: what an action on a subscription will do, in money and dates, before it is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from accrue_core.billing.catalog import Catalog
from accrue_core.billing.entitlements.resolve import Access
from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, Support, SupportTable
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.pages.words import day, money

Action = Literal["now", "period_end", "at", "keep"]

CAPABILITIES: dict[Action, Capability] = {
    "now": Capability.CANCEL_NOW,
    "period_end": Capability.CANCEL_AT_PERIOD_END,
    "at": Capability.CANCEL_AT_DATE,
    "keep": Capability.KEEP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about a subscription when an operator thinks about ending or keeping it.

    ``at`` is the moment at which it is to end, where that is somebody's choice.
    """

    subscription: Subscription
    invoices: Sequence[Invoice]
    only_here: frozenset[str]
    now: datetime
    at: datetime | None = None

    @property
    def last_paid(self) -> Invoice | None:
        """The newest paid invoice: what the period under way has cost."""
        paid = (invoice for invoice in self.invoices if invoice.status == InvoiceStatus.PAID)
        return next((invoice for invoice in paid if invoice.total_minor > 0), None)

    @property
    def unpaid(self) -> list[Invoice]:
        """The invoices that are final and wait to be paid."""
        return [invoice for invoice in self.invoices if invoice.is_collectable]


def offered(subscription: Subscription) -> list[Action]:
    """Return which actions make sense from where a subscription stands."""
    if subscription.is_ended or subscription.gone_at is not None:
        return []
    if subscription.is_scheduled:
        return ["now"]
    if subscription.is_ending:
        return ["keep", "at", "now"]
    if subscription.status == SubscriptionStatus.INCOMPLETE:
        return ["now"]
    return ["period_end", "at", "now"]


def support_for(action: Action, table: SupportTable | None) -> Support:
    """Return how its processor supports an action; one that is not installed supports nothing."""
    return UNSUPPORTED if table is None else table.get(CAPABILITIES[action], UNSUPPORTED)


def only_granted_by(subscription_id: str, access: Access, catalog: Catalog) -> frozenset[str]:
    """Return the features that an owner has through this subscription and nothing else."""
    return access.features - granted_elsewhere(subscription_id, access, catalog)


def granted_elsewhere(subscription_id: str, access: Access, catalog: Catalog) -> frozenset[str]:
    """Return the features that an owner has through anything but this subscription."""
    granted = [grant for grant in access.grants if grant.is_granted and grant.plan]
    elsewhere = {grant.plan for grant in granted if grant.subscription_id != subscription_id}
    return frozenset().union(*(catalog.plans[key].features for key in elsewhere if key))


def consequences(action: Action, situation: Situation) -> list[str]:
    """Return what will happen, most important first, one sentence each."""
    match action:
        case "now":
            return [*_access_closes(situation), *_ends_now(situation), *_stays_open(situation)]
        case "period_end":
            return [*_ends_later(situation), *_stays_open(situation)]
        case "at":
            return [*_ends_on(situation), *_stays_open(situation)]
        case "keep":
            return _goes_on(situation)


def _access_closes(situation: Situation) -> list[str]:
    if not situation.subscription.is_entitling:
        return ["It grants nothing as it stands, so no access is lost."]
    if not situation.only_here:
        return ["No access is lost: everything it grants is granted elsewhere, too."]
    return [f"Access ends at once: {_listed(situation.only_here)}."]


def _ends_now(situation: Situation) -> list[str]:
    subscription, said = situation.subscription, []
    paid, until = situation.last_paid, subscription.renews_at
    if subscription.status == SubscriptionStatus.TRIALING:
        said.append(f"The trial until {day(subscription.trial_end)} is over; nothing is charged.")
    elif paid is not None and until is not None and until > situation.now:
        said.append(
            f"{money(paid.amount_paid)} was paid for the time until {day(until)}. "
            "Nothing of it is refunded."
        )
    said.append("It cannot be brought back: the owner would have to subscribe again.")
    return said


def _ends_later(situation: Situation) -> list[str]:
    subscription = situation.subscription
    until = day(subscription.renews_at) or "the end of the period"
    goes = "grants" if subscription.is_entitling else "stays"
    what = f" {_listed(situation.only_here)}" if goes == "grants" and situation.only_here else ""
    said = [f"It {goes}{what or ' as it is'} until {until}, and ends then."]
    if goes == "grants" and not what:
        said = [f"It goes on until {until}, and ends then."]
    paid = situation.last_paid
    if paid is not None:
        said.append(f"The renewal on that day, {money(paid.total)} last time, is not drawn.")
    elif subscription.status == SubscriptionStatus.TRIALING:
        said.append("The first payment, due on that day, is not taken.")
    said.append("Until then it can be kept.")
    return said


def _ends_on(situation: Situation) -> list[str]:
    subscription, at = situation.subscription, situation.at
    what = f" {_listed(situation.only_here)}" if situation.only_here else " what it grants"
    verb = f"grants{what}" if subscription.is_entitling else "stays as it is"
    said = [f"It {verb} until {day(at)}, and ends then."]
    paid, renews = situation.last_paid, subscription.renews_at
    if at is not None and renews is not None and at > renews:
        said.append(f"It renews before that, on {day(renews)} for the first time.")
    elif paid is not None and at is not None and renews is not None and at < renews:
        said.append(
            f"{money(paid.amount_paid)} was paid for the time until {day(renews)}. Nothing of it "
            "is refunded."
        )
    said.append("Until then it can be kept.")
    return said


def _goes_on(situation: Situation) -> list[str]:
    subscription, paid = situation.subscription, situation.last_paid
    when = day(subscription.renews_at)
    charged = "charged" if subscription.collection == "charge" else "invoiced"
    amount = f"{money(paid.total)}, as last time," if paid is not None else "The price of its items"
    said = ["The pending end is taken back."]
    said.append(f"{amount} will be {charged}{f' on {when}' if when else ' at the next renewal'}.")
    return said


def _stays_open(situation: Situation) -> list[str]:
    if situation.subscription.status == SubscriptionStatus.INCOMPLETE:
        return []
    return [
        f"Invoice {invoice.number or invoice.ref} stays open: {money(invoice.amount_remaining)} "
        "is still owed."
        for invoice in situation.unpaid
    ]


def _listed(features: frozenset[str]) -> str:
    return ", ".join(sorted(features))
