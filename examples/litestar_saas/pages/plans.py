"""The plans, for members and strangers alike; choosing one leads to checkout."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from accrue_core import Money
from accrue_core.billing.subscriptions.models import Subscription
from examples.litestar_saas.billing import (
    begins_with_trial,
    may_choose,
    offer_of,
    seats_of,
    subscription_of,
)
from examples.litestar_saas.catalog import CATALOG, FEATURES, Offer, offers_in
from examples.litestar_saas.changes import may_change
from examples.litestar_saas.pages.visit import Asked, host_of, page, person_of
from examples.litestar_saas.words import plan_name, standing

FEWEST_SEATS, MOST_SEATS = 2, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One plan as it is sold to whoever looks."""

    key: str
    name: str
    features: tuple[str, ...]
    offers: tuple[Offer, ...]
    is_current: bool
    has_trial: bool


@get("/plans", name="plans")
async def plans(
    request: Asked, refused: FromQuery[str] = "", said: FromQuery[str] = ""
) -> Template:
    """Show all plans, and which one the organization has."""
    person, billing = person_of(request), host_of(request).accrue.billing
    if person is None or person.is_operator:
        nothing = Money(0, "usd")
        return page(request, "plans.html", cards=_cards("usd"), choice="stranger", nothing=nothing)
    organization = person.organization
    subscription = await subscription_of(billing, organization)
    is_open = await may_choose(billing, organization)
    offers = offers_in(organization.currency)
    choice = "open" if is_open else "change" if may_change(billing, subscription) else "closed"
    return page(
        request,
        "plans.html",
        cards=_cards(
            organization.currency,
            current=_current(subscription),
            trial=await begins_with_trial(billing, organization, offers[0]),
        ),
        choice=choice,
        nothing=Money(0, organization.currency),
        current_offer=None if subscription is None or is_open else offer_of(subscription),
        plan=plan_name(subscription),
        seats=None if subscription is None else seats_of(subscription),
        standing=standing(subscription),
        refused=bool(refused),
        said=said,
    )


def _current(subscription: Subscription | None) -> str:
    """Return the key of the plan that a subscription is for; the free one without any."""
    if subscription is None or subscription.is_ended or not subscription.items:
        return "free"
    plan = CATALOG.plan_of(subscription.processor, subscription.items[0].price)
    return plan.key if plan is not None else "free"


def _cards(currency: str, *, current: str | None = None, trial: bool = True) -> list[Card]:
    offers = offers_in(currency)
    return [
        Card(
            key=plan.key,
            name=plan.name,
            features=tuple(text for key, text in FEATURES.items() if key in plan.features),
            offers=(own := tuple(offer for offer in offers if offer.plan == plan.key)),
            is_current=plan.key == current,
            has_trial=trial and any(offer.has_trial for offer in own),
        )
        for plan in CATALOG.plans.values()
    ]
