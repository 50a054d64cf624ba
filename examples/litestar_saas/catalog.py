"""What Fieldnotes sells: three plans, what each opens, and every price there is for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from accrue_core import Catalog, Money, Plan

FAKE, STRIPE = "fake", "stripe"
"""Where Fieldnotes can sell, one at a time; ``Settings.processor`` says where it does.

Accounts of other processors may stand beside it and grant, too.
"""

TRIAL = timedelta(days=14)
"""How long Pro is free for an organization that has never had a paid plan."""

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "notes": "Notes, shared with everybody in the organization",
        "reports": "Reports about what the notes say, every week",
        "export": "Export of everything, at any time",
        "review": "Review of notes by a second pair of eyes",
    }
)

Interval = Literal["month", "year"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to buy a plan; ``ref`` is what the processor calls the price."""

    plan: str
    interval: Interval
    price: Money
    ref: str
    has_seats: bool = False
    has_trial: bool = False


def _offers(currency: str, pro: int, yearly: int, team: int) -> tuple[Offer, ...]:
    tail = "" if currency == "usd" else f"_{currency}"
    return (
        Offer("pro", "month", Money(pro, currency), f"price_pro_monthly{tail}", has_trial=True),
        Offer("pro", "year", Money(yearly, currency), f"price_pro_yearly{tail}", has_trial=True),
        Offer("team", "month", Money(team, currency), f"price_team_seat{tail}", has_seats=True),
    )


OFFERS = (
    *_offers("usd", 1900, 19000, 1200),
    *_offers("eur", 1800, 18000, 1100),
    *_offers("jpy", 2800, 28000, 1800),
)
BY_REF: Mapping[str, Offer] = MappingProxyType({offer.ref: offer for offer in OFFERS})


def _prices(plan: str, *others_at_stripe: str) -> dict[str, tuple[str, ...]]:
    """Return the refs of a plan's prices: the same ones, wherever Fieldnotes sells."""
    refs = tuple(offer.ref for offer in OFFERS if offer.plan == plan)
    return {FAKE: refs, STRIPE: (*refs, *others_at_stripe)}


CATALOG = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(
        key="pro",
        features={"notes", "reports", "export"},
        prices=_prices("pro", "price_ProMonthly"),
    ),
    Plan(
        key="team",
        features={"notes", "reports", "export", "review"},
        prices=_prices("team"),
    ),
)


def offers_in(currency: str) -> tuple[Offer, ...]:
    """Return what can be bought in a currency."""
    return tuple(offer for offer in OFFERS if offer.price.currency == currency)
