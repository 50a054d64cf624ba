"""What organizations do over a year: who signs up when, who pays, who fails to, who leaves.

A plot is what happens to one kind of customer, in days since they came. Which organization has
which plot, and on which day it comes, is drawn from one seed: the same business every time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from examples.litestar_saas.catalog import Offer, offers_in
from examples.litestar_saas.demo.cast import CAST
from examples.litestar_saas.people import AMARA, INES, LUCAS, TOMASZ, Person

FIRST_DAY = datetime(2025, 11, 17, 8, tzinfo=UTC)
LAST_DAY = datetime(2026, 11, 21, 9, tzinfo=UTC)
FEATURED = 5
"""The organizations one can sign in to, Harbor Lights among them, who have done nothing yet."""

VISA, MASTERCARD = "pm_card_visa", "pm_card_mastercard"
FAILS_LATER, DECLINED = "pm_card_failsAtRenewal", "pm_card_chargeDeclined"
ASKS_FIRST = "pm_card_authenticationRequired"
_SEED = 20261121


@dataclass(frozen=True, slots=True)
class Act:
    """Something that an organization does so many days after it came."""

    day: float
    deed: str
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """An act that has its date, in the order of the year."""

    at: datetime
    number: int
    person: Person = field(compare=False)
    offer: Offer = field(compare=False)
    act: Act = field(compare=False)


Plot = tuple[Act, ...]


def _act(day: float, deed: str, **how: Any) -> Act:
    return Act(day, deed, MappingProxyType(how))


_PLOTS: tuple[tuple[str, int, Plot], ...] = (
    # Which offer, since how many days at least, and what happens.
    ("pro", 0, (_act(0, "buys"),)),
    ("pro", 20, (_act(0, "buys", card=MASTERCARD),)),
    ("year", 30, (_act(0, "buys"),)),
    ("team", 10, (_act(0, "buys", seats=4),)),
    ("pro", 100, (_act(0, "buys"), _act(58, "cancels"), _act(60.3, "keeps"))),
    ("pro", 75, (_act(0, "buys", card=FAILS_LATER), _act(47.3, "adds_card"))),
    ("pro", 0, (_act(0, "leaves_checkout"),)),
    ("pro", 80, (_act(0, "buys"), _act(61, "cancels"))),
    ("team", 40, (_act(0, "subscribes", seats=9),)),
    ("pro", 40, (_act(0, "buys"), _act(9, "cancels"))),
    ("pro", 90, (_act(0, "buys", card=FAILS_LATER),)),
    ("pro", 15, (_act(0, "leaves_checkout"), _act(3.2, "buys"))),
    ("team", 20, (_act(0, "subscribes", seats=3, card=ASKS_FIRST), _act(0.05, "confirms"))),
    ("pro", 30, (_act(0, "is_declined"),)),
    ("team", 5, (_act(0, "subscribes", seats=5, card=ASKS_FIRST),)),
    ("year", 60, (_act(0, "subscribes", card=MASTERCARD),)),
    ("pro", 170, (_act(0, "buys"), _act(40, "cancels"), _act(130, "buys"))),
    ("team", 70, (_act(0, "asks_for_invoices", seats=12), _act(11, "pays_invoice"))),
    ("pro", 25, (_act(0, "buys"), _act(18, "cancels_on_portal"))),
)
_FEATURED: tuple[tuple[Person, str, datetime, Plot], ...] = (
    (
        INES,
        "pro",
        # A trial of 14 days ends on the 31st, so that the year shows what short months do.
        datetime(2026, 1, 17, 9, 12, tzinfo=UTC),
        (
            _act(0, "subscribes"),
            _act(122.9, "adds_card", card=DECLINED),
            _act(145.2, "adds_card", card=MASTERCARD),
            _act(266.1, "cancels"),
            _act(268.3, "keeps"),
        ),
    ),
    (TOMASZ, "pro", datetime(2026, 11, 12, 14, 5, tzinfo=UTC), (_act(0, "buys"),)),
    (
        AMARA,
        "team",
        datetime(2026, 5, 17, 8, 10, tzinfo=UTC),
        (_act(0, "buys", seats=6), _act(166, "adds_card", card=DECLINED)),
    ),
    (
        LUCAS,
        "pro",
        datetime(2026, 3, 3, 16, 20, tzinfo=UTC),
        (_act(0, "buys"), _act(261, "cancels")),
    ),
)


def the_year(organizations: int) -> list[Turn]:
    """Return everything that so many organizations do, in order."""
    # Chance here decides who forgets to pay, and no more.
    chance = random.Random(_SEED)  # noqa: S311
    turns: list[Turn] = []
    for person, kind, came, plot in _FEATURED:
        turns += _turns(person, kind, came, plot)
    for number, person in enumerate(CAST[: max(0, organizations - FEATURED)]):
        kind, least, plot = _PLOTS[number % len(_PLOTS)]
        turns += _turns(person, kind, _came(chance, least), plot)
    return sorted(turn for turn in turns if FIRST_DAY <= turn.at < LAST_DAY)


def _came(chance: random.Random, least: int) -> datetime:
    """Return when an organization comes, in office hours; more of them the later it is."""
    longest = (LAST_DAY - FIRST_DAY).days - 3
    days = least + 2 + int((longest - least) * (1 - chance.random() ** 0.7))
    at = LAST_DAY - timedelta(days=days)
    return at.replace(hour=chance.randrange(8, 19), minute=chance.randrange(60))


def _turns(person: Person, kind: str, came: datetime, plot: Plot) -> list[Turn]:
    offer = _offer(person, kind)
    return [
        Turn(came + timedelta(days=act.day), number, person, offer, act)
        for number, act in enumerate(plot)
    ]


_KINDS: Mapping[str, Callable[[Offer], bool]] = MappingProxyType(
    {
        "pro": lambda offer: (offer.plan, offer.interval) == ("pro", "month"),
        "year": lambda offer: (offer.plan, offer.interval) == ("pro", "year"),
        "team": lambda offer: offer.plan == "team",
    }
)


def _offer(person: Person, kind: str) -> Offer:
    return next(o for o in offers_in(person.organization.currency) if _KINDS[kind](o))
