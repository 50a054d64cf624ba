"""The business: who comes, and what they are in the mood for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_core.owners import Owner
from accrue_core.testing.simulation.chance import Chance
from accrue_core.testing.simulation.desk import Customer, Desk
from accrue_core.testing.simulation.visit import Visit
from accrue_core.testing.simulation.world import Market

VISITS = 6
"""How often a month everybody looks in."""

BETWEEN = timedelta(days=5)
"""How much time passes between two visits: six make a month of thirty days."""

_ENDED = (SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED)
_RUNNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)

Mood = tuple[float, Callable[[Visit], Awaitable[None]]]

CALM: tuple[Mood, ...] = (
    (0.05, Visit.swap),
    (0.06, Visit.change_seats),
    (0.03, Visit.change_extra),
    (0.02, Visit.pause),
    (0.035, Visit.cancel),
)
"""What customers do of a month, and at which rate. One mood at a time."""


class Business:
    """All customers. A quarter is there in the first month, the others come as time goes by."""

    def __init__(self, desk: Desk, *, customers: int, months: int, seed: int) -> None:
        self._desk = desk
        self._now = 0
        self.customers = [
            _customer(number, months, desk.market, Chance(seed, f"customer {number}"))
            for number in range(customers)
        ]

    async def open_for_a_day(self) -> None:
        """Let everybody who has come look in, once."""
        for customer in self.customers:
            if customer.arrives <= self._now:
                await self._visit(customer)
        self._now += 1

    async def _visit(self, customer: Customer) -> None:
        visit, chance = Visit(self._desk, customer), customer.chance
        if customer.id is None:
            await visit.subscribe()
            return
        standing = self._desk.subscription(customer)
        if standing.status in _ENDED:
            if chance.happens(0.04 / VISITS):
                await visit.subscribe()
        elif standing.status not in _RUNNING:
            await self._mend(visit, chance, standing)
        elif standing.collection == "invoice" and chance.happens(0.6):
            visit.pay_by_hand()
        else:
            await self._follow(visit, chance, standing)

    async def _mend(self, visit: Visit, chance: Chance, standing: SubscriptionSnapshot) -> None:
        """Do something about what is owed, mostly."""
        if not chance.happens(0.5):
            return
        if standing.status == SubscriptionStatus.PAST_DUE and standing.collection == "charge":
            await visit.bring_a_good_card()
        elif standing.status == SubscriptionStatus.PAUSED:
            await visit.come_back()
        else:
            visit.pay_by_hand()

    async def _follow(self, visit: Visit, chance: Chance, standing: SubscriptionSnapshot) -> None:
        left = chance.number() * VISITS
        for rate, act in _moods(standing):
            left -= rate
            if left < 0:
                await act(visit)
                return


def _moods(standing: SubscriptionSnapshot) -> tuple[Mood, ...]:
    """Return what a customer whose subscription stands so may do."""
    if standing.pending_until is not None:
        return ()
    if standing.cancel_at is not None:
        return ((0.3, Visit.keep),)
    if standing.collection_paused is not None:
        return ((0.4, Visit.resume), (0.05, Visit.cancel), (0.05, Visit.swap))
    if standing.status == SubscriptionStatus.TRIALING:
        return ((0.2, Visit.move_trial), *CALM)
    return CALM


def _customer(number: int, months: int, market: Market, chance: Chance) -> Customer:
    is_early = chance.happens(0.25)
    arrives = chance.below(VISITS if is_early else VISITS * months)
    cards = (market.failing_card, market.asking_card, market.declined_card, market.good_card)
    card = cards[min(chance.below(18), 3)]
    owner = Owner("team", str(number))
    return Customer(owner=owner, chance=chance, arrives=arrives, card=card)
