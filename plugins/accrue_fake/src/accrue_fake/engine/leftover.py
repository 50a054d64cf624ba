"""Leftover: the unused rest of what was paid for is credited with the next invoice."""

from __future__ import annotations

from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_fake.engine.books import Books
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.planning import Planning
from accrue_fake.engine.proration import Rest, in_seconds, unused
from accrue_fake.engine.records import SubscriptionRecord


class Leftover:
    """Gives back what is left of periods that end before their time."""

    def __init__(self, books: Books, planning: Planning, invoicing: Invoicing) -> None:
        self._books = books
        self._planning = planning
        self._invoicing = invoicing

    def credit(self, record: SubscriptionRecord) -> None:
        """Give back what is left of every item's period, unless it is owed or was free.

        Stripe credits it in any case; but there is then money to the credit of somebody who has
        paid nothing.
        """
        if record.snapshot.status != SubscriptionStatus.ACTIVE:
            return
        at = in_seconds(self._books.now)
        rest = Rest(start=record.period_start, end=record.period_end, at=at)
        bought = self._planning.bought(record, record.snapshot.items)
        record.unbilled.extend(self._invoicing.named(unused(bought, rest)))
