"""Planning: what a change of a running subscription comes to. It looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget, Proration
from accrue_core.contracts.subscriptions import SubscriptionItemSnapshot, SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import moment_after
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.invoicing import Lines
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.proration import Bought, Rest, in_seconds, prorations, unused
from accrue_fake.engine.records import Change, Price, SubscriptionRecord

CHANGEABLE = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A change, counted from ``at``, and the lines that come of it; they have no refs yet.

    ``is_invoiced`` when they are invoiced at once: as was asked, or because a period begins.
    """

    change: Change
    lines: Lines
    at: datetime
    is_invoiced: bool


class Planning:
    """Says what a request comes to, or refuses it.

    What owes money is not changed. Stripe would: it refuses for ``incomplete`` only. But there a
    credit is given for time that nobody has paid, and the paid invoice of a small change makes a
    subscription active whose period is still owed.
    """

    def __init__(self, books: Books, catalogue: Catalogue, pricing: Pricing) -> None:
        self._books = books
        self._catalogue = catalogue
        self._pricing = pricing

    def plan(self, record: SubscriptionRecord, request: ChangeSubscription) -> Plan:
        """Say what becomes of the items, and what that costs."""
        _require_changeable(record)
        _require_complete(record, request)
        if request.proration not in get_args(Proration):
            raise ProcessorRejected("no such way to prorate", param="proration_behavior")
        at = self._moment(record, request.proration_at)
        is_trial = record.snapshot.status == SubscriptionStatus.TRIALING
        targets = _in_order(record, request.items)
        change = self._change(record, targets, begins_at=None if is_trial else at)
        lines = () if is_trial else self._lines(record, request, change, at)
        is_new = change.begins_at is not None
        is_invoiced = is_new or (request.proration == "always_invoice" and bool(lines))
        if is_invoiced and record.snapshot.collection_paused is not None:
            raise ProcessorRejected(
                "nothing is collected while the subscription is paused", reason="paused"
            )
        return Plan(change=change, lines=lines, at=at, is_invoiced=is_invoiced)

    def renewal(self, record: SubscriptionRecord, change: Change) -> Lines:
        """Return what the next renewal asks for on top of what waits for it.

        That is nothing, if the subscription ends before. A pause is not foreseen.
        """
        start, ends = record.period_end, record.snapshot.cancel_at
        if ends is not None and ends <= start:
            return ()
        count = change.interval_count * (record.period + 1)
        end = moment_after(record.anchor, change.interval, count)
        return self._pricing.foreseen(change.items, start=start, end=end)

    def _prices(
        self, record: SubscriptionRecord, targets: Sequence[ItemTarget]
    ) -> tuple[Price, ...]:
        prices = self._pricing.prices_of(targets)
        if prices[0].money.currency != record.snapshot.currency:
            raise ProcessorRejected(
                f"this subscription is billed in {record.snapshot.currency}", param="items.price"
            )
        return prices

    def _moment(self, record: SubscriptionRecord, asked: datetime | None) -> datetime:
        """Return the moment from which the rest of the period counts: whole seconds, inside it."""
        if asked is None:
            return in_seconds(self._books.now)
        start = in_seconds(record.period_start)
        if asked.microsecond or not start <= asked < record.period_end:
            raise ProcessorRejected(
                "a proration counts from a whole second of the current period",
                reason="proration_date",
                param="proration_date",
            )
        return asked

    def _change(
        self,
        record: SubscriptionRecord,
        targets: Sequence[ItemTarget],
        *,
        begins_at: datetime | None,
    ) -> Change:
        """Say what the subscription becomes; another interval begins a new period at once."""
        prices = self._prices(record, targets)
        interval, count = prices[0].interval, prices[0].interval_count
        is_same = (interval, count) == (record.interval, record.interval_count)
        if is_same:
            begins_at = None
        elif begins_at is not None:
            now, end = self._books.now, moment_after(begins_at, interval, count)
            if not begins_at <= now < end:
                raise ProcessorRejected(
                    "a period that begins then does not run now",
                    reason="proration_date",
                    param="proration_date",
                )
        items = tuple(
            _item(record, target, price) for target, price in zip(targets, prices, strict=True)
        )
        return Change(items=items, interval=interval, interval_count=count, begins_at=begins_at)

    def _lines(
        self,
        record: SubscriptionRecord,
        request: ChangeSubscription,
        change: Change,
        at: datetime,
    ) -> Lines:
        is_prorated = request.proration != "none"
        rest = Rest(start=record.period_start, end=record.period_end, at=at)
        before = self._bought(record.snapshot.items)
        if change.begins_at is None:
            after = self._bought(change.items)
            return tuple(prorations(before, after, rest)) if is_prorated else ()
        end = moment_after(change.begins_at, change.interval, change.interval_count)
        full = self._pricing.foreseen(change.items, start=change.begins_at, end=end)
        return (*unused(before, rest), *full) if is_prorated else full

    def _bought(self, items: Iterable[SubscriptionItemSnapshot]) -> tuple[Bought, ...]:
        return tuple(
            Bought(
                price=self._catalogue.price(item.price),
                quantity=item.quantity or 0,
                item=item.ref or None,
            )
            for item in items
        )


def _in_order(record: SubscriptionRecord, targets: Sequence[ItemTarget]) -> tuple[ItemTarget, ...]:
    """Keep the items that stay in the order they have; new ones come after them."""
    places = {item.ref: place for place, item in enumerate(record.snapshot.items)}
    return tuple(sorted(targets, key=lambda target: places.get(target.ref or "", len(places))))


def _item(record: SubscriptionRecord, target: ItemTarget, price: Price) -> SubscriptionItemSnapshot:
    """Return an item as it is to be; a new one has no ref yet, and the period of the others."""
    items = {item.ref: item for item in record.snapshot.items}
    base = items.get(target.ref or "") or replace(record.snapshot.items[0], ref="")
    return replace(base, price=price.ref, quantity=target.quantity, product=price.product)


def _require_changeable(record: SubscriptionRecord) -> None:
    if record.pending is not None:
        raise ProcessorRejected(
            "another change of this subscription waits to be paid for", reason="pending_change"
        )
    status = record.snapshot.status
    if status not in CHANGEABLE:
        raise ProcessorRejected(
            f"a subscription that is {status} is not changed", reason=status.value
        )


def _require_complete(record: SubscriptionRecord, request: ChangeSubscription) -> None:
    """Refuse a request that was made for other items than there are."""
    named = [target.ref for target in request.items if target.ref is not None]
    there = sorted(item.ref for item in record.snapshot.items)
    if sorted((*named, *request.removed)) != there:
        raise ProcessorRejected(
            "the subscription has other items", reason="items_changed", param="items"
        )
