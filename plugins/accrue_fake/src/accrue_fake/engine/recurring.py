"""Recurring: which periods items are in, and what those cost, whole or in part. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from accrue_core.contracts.subscriptions import SubscriptionItemSnapshot
from accrue_fake.engine.calendar import around
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.copies import replace
from accrue_fake.engine.invoicing import Lines
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.proration import Bought, Rest, in_seconds, prorations
from accrue_fake.engine.records import Interval, SubscriptionRecord

Items = tuple[SubscriptionItemSnapshot, ...]
Cycle = tuple[Interval, int]


class Recurring:
    """Counts the periods of items, and turns them into lines.

    Every item of a subscription is counted from the one anchor of that, each in its own interval,
    as in Stripe's mixed intervals: 31 January, 28 February, 31 March. Where an item's time does not
    begin with a whole period (before an anchor that was asked for, or because it came later than
    the others) it pays for the part, counted to the second.
    """

    def __init__(self, catalogue: Catalogue, pricing: Pricing) -> None:
        self._catalogue = catalogue
        self._pricing = pricing

    def cycle(self, item: SubscriptionItemSnapshot) -> Cycle:
        """Return how an item recurs."""
        price = self._catalogue.price(item.price)
        return price.interval, price.interval_count

    def keeps_a_cycle(
        self,
        before: Iterable[SubscriptionItemSnapshot],
        after: Iterable[SubscriptionItemSnapshot],
    ) -> bool:
        """Whether some interval stays, and with it the anchor."""
        return not {self.cycle(item) for item in before}.isdisjoint(map(self.cycle, after))

    def whole(
        self, anchor: datetime, item: SubscriptionItemSnapshot, at: datetime | None = None
    ) -> tuple[datetime, datetime]:
        """Return the whole period in which an item is at a moment, by default where it is now."""
        return around(anchor, *self.cycle(item), at or item.current_period_start or anchor)

    def counted(
        self, items: Iterable[SubscriptionItemSnapshot], anchor: datetime, start: datetime
    ) -> Items:
        """Return items in periods that begin at a moment and end where the anchor has them end."""
        return tuple(within(item, start, self.whole(anchor, item, start)[1]) for item in items)

    def placed(self, record: SubscriptionRecord, items: Items, at: datetime) -> Items:
        """Return items in the periods that run at a moment.

        What recurs like an item that is there shares its period; an interval that is new begins
        with the part that is left of a period.
        """
        known = {
            self.cycle(item): (item.current_period_start, item.current_period_end)
            for item in record.snapshot.items
        }
        placed = []
        for item in items:
            start, end = known.get(self.cycle(item)) or self.whole(record.anchor, item, at)
            placed.append(within(item, max(start or at, _since(record)), end or at))
        return tuple(placed)

    def lines(
        self,
        items: Iterable[SubscriptionItemSnapshot],
        anchor: datetime,
        *,
        since: datetime | None = None,
        is_prorated: bool = True,
    ) -> Lines:
        """Return the lines of the items' periods, without refs.

        With ``since``, an earlier moment, there is a line for each whole period from there to the
        end of the present one, as in Stripe's flexible billing mode.
        """
        return tuple(
            line
            for item in items
            for rest in self._stretches(item, anchor, since)
            for line in self._line(item, rest, is_prorated=is_prorated)
        )

    def _stretches(
        self, item: SubscriptionItemSnapshot, anchor: datetime, since: datetime | None
    ) -> Iterator[Rest]:
        moment = since or item.current_period_start or anchor
        while moment < (item.current_period_end or anchor):
            start, end = self.whole(anchor, item, moment)
            yield Rest(start=start, end=end, at=in_seconds(moment))
            moment = end

    def _line(self, item: SubscriptionItemSnapshot, rest: Rest, *, is_prorated: bool) -> Lines:
        if rest.at == in_seconds(rest.start):
            return self._pricing.foreseen((item,), start=rest.start, end=rest.end)
        if not is_prorated:
            return ()
        price, quantity = self._catalogue.price(item.price), item.quantity or 0
        bought = Bought(price=price, quantity=quantity, item=item.ref or None)
        return tuple(prorations((), (bought,), rest))


def within(
    item: SubscriptionItemSnapshot, start: datetime, end: datetime
) -> SubscriptionItemSnapshot:
    """Return an item in a period."""
    return replace(item, current_period_start=start, current_period_end=end)


def _since(record: SubscriptionRecord) -> datetime:
    """Return when a subscription began to be paid for."""
    snapshot = record.snapshot
    return snapshot.trial_end or snapshot.started_at or record.anchor
