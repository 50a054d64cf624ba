"""The host's side of every visit: who the customer is, and what becomes of a call that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.errors import (
    CardDeclined,
    Conflict,
    NotAsked,
    OperationInProgress,
    ProcessorRejected,
    ProcessorUnavailable,
)
from accrue_core.facade import Billing
from accrue_core.owners import BillingContact, Owner
from accrue_core.testing.simulation import queries
from accrue_core.testing.simulation.chance import Chance
from accrue_core.testing.simulation.world import Engine, Faults, Market

T = TypeVar("T")
PATIENCE = 6
"""How often a host calls again under one operation id while nobody knows what became of it."""


@dataclass(slots=True, kw_only=True)
class Customer:
    """One owner: a character, and the subscription they have at the moment, by our id and ref.

    The billable of the host: invoices are sent to its address.
    """

    owner: Owner
    chance: Chance
    arrives: int
    card: str
    id: str | None = None
    ref: str = ""
    calls: int = 0

    def billing_owner(self) -> Owner:
        """Return the owner."""
        return self.owner

    def billing_contact(self) -> BillingContact:
        """Return an address."""
        return BillingContact(email=f"{self.owner.id}@customers.example")


class Desk:
    """The host's side of every visit: the verbs, and what the host does when one fails."""

    def __init__(self, billing: Billing, engine: Engine, market: Market, faults: Faults) -> None:
        self.billing, self.engine = billing, engine
        self.market, self.faults = market, faults
        self.verbs: Counter[str] = Counter()

    def subscription(self, customer: Customer) -> SubscriptionSnapshot:
        """Return how a customer's subscription stands, as their processor's mail tells them."""
        snapshot: SubscriptionSnapshot = self.engine.books.subscriptions[customer.ref].snapshot
        return snapshot

    async def call(
        self, customer: Customer, verb: str, call: Callable[[str], Awaitable[T]]
    ) -> T | None:
        """Call a verb until it is known what became of it; ``None`` when it had no effect.

        On a good line nothing may fail but a card.
        """
        customer.calls += 1
        operation_id = f"{customer.owner.id}-{customer.calls}"
        for _ in range(PATIENCE):
            try:
                answer = await call(operation_id)
            except CardDeclined:
                self.verbs[f"{verb}: declined"] += 1
                return None
            except (OperationInProgress, NotAsked, ProcessorUnavailable):
                if self.faults.is_none:
                    raise
                # A host that calls again at once: nobody waits for the lease of the first call.
                async with self.billing.transaction("simulation.hurry") as tx:
                    await queries.let_leases_end(tx)
            except (Conflict, ProcessorRejected):
                if self.faults.is_none:
                    raise
                return None
            else:
                self.verbs[verb] += 1
                return answer
        return None
