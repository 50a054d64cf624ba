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
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.invoicing import Lines
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.proration import Bought, Rest, in_seconds, prorations, unused
from accrue_fake.engine.records import Change, Price, SubscriptionRecord
from accrue_fake.engine.recurring import Recurring

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

    def __init__(
        self, books: Books, catalogue: Catalogue, pricing: Pricing, discounts: Discounts
    ) -> None:
        self._books = books
        self._catalogue = catalogue
        self._pricing = pricing
        self._discounts = discounts
        self._recurring = Recurring(catalogue, pricing)

    def plan(self, record: SubscriptionRecord, request: ChangeSubscription) -> Plan:
        """Say what becomes of the items, and what that costs."""
        _require_changeable(record)
        _require_complete(record, request)
        if request.proration not in get_args(Proration):
            raise ProcessorRejected("no such way to prorate", param="proration_behavior")
        at = self._moment(record, request.proration_at)
        is_trial = record.snapshot.status == SubscriptionStatus.TRIALING
        targets = _in_order(record, request.items)
        change = self._change(record, targets, at)
        lines = () if is_trial else self._lines(record, request, change, at)
        is_new = change.begins_at is not None
        is_invoiced = is_new or (request.proration == "always_invoice" and bool(lines))
        if is_invoiced and record.snapshot.collection_paused is not None:
            raise ProcessorRejected(
                "nothing is collected while the subscription is paused", reason="paused"
            )
        return Plan(change=change, lines=lines, at=at, is_invoiced=is_invoiced)

    def renews_at(self, record: SubscriptionRecord, change: Change) -> datetime:
        """Return when the first of the items renews that a change leaves."""
        return min(item.current_period_end or record.period_end for item in change.items)

    def renewal(self, record: SubscriptionRecord, change: Change) -> Lines:
        """Return what the next renewal asks for on top of what waits for it.

        That is nothing, if the subscription ends before. A pause is not foreseen.
        """
        start, ends = self.renews_at(record, change), record.snapshot.cancel_at
        if ends is not None and ends <= start:
            return ()
        due = [item for item in change.items if item.current_period_end == start]
        anchor = change.begins_at or record.anchor
        items = self._recurring.counted(due, anchor, start)
        return self._recurring.lines(items, anchor, is_prorated=record.is_prorated)

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
        at: datetime,
    ) -> Change:
        """Say what the subscription becomes.

        While an interval stays, so does the anchor, and what has another is counted from it, too.
        Where none stays, new periods begin at once, as at Stripe when the interval changes.
        """
        prices = self._prices(record, targets)
        items = tuple(
            _item(record, target, price) for target, price in zip(targets, prices, strict=True)
        )
        if record.snapshot.status == SubscriptionStatus.TRIALING:
            return Change(items=items)
        if self._recurring.keeps_a_cycle(record.snapshot.items, items):
            items = self._recurring.placed(record, items, self._books.now)
            if any(at < in_seconds(one.current_period_start or at) for one in items):
                raise _not_now()
            return Change(items=items)
        items = self._recurring.counted(items, at, at)
        if not all(at <= self._books.now < (one.current_period_end or at) for one in items):
            raise _not_now()
        return Change(items=items, begins_at=at)

    def _lines(
        self,
        record: SubscriptionRecord,
        request: ChangeSubscription,
        change: Change,
        at: datetime,
    ) -> Lines:
        is_prorated = request.proration != "none"
        rest = Rest(start=record.period_start, end=record.period_end, at=at)
        before = self.bought(record, record.snapshot.items)
        if change.begins_at is None:
            after = self.bought(record, change.items)
            return tuple(prorations(before, after, rest)) if is_prorated else ()
        full = self._recurring.lines(change.items, change.begins_at)
        return (*unused(before, rest), *full) if is_prorated else full

    def bought(
        self, record: SubscriptionRecord, items: Iterable[SubscriptionItemSnapshot]
    ) -> tuple[Bought, ...]:
        """Say what a whole period of these items costs, after the discount of the current one."""
        items = tuple(items)
        gross = tuple(
            Bought(
                price=self._catalogue.price(item.price),
                quantity=item.quantity or 0,
                item=item.ref or None,
                whole=self._recurring.whole(record.anchor, item),
                is_free=item.ref in record.free,
            )
            for item in items
        )
        off = self._discounts.off(record, items, [one.amount.minor for one in gross])
        return tuple(
            replace(one, off=less) if less else one for one, less in zip(gross, off, strict=True)
        )


def _not_now() -> ProcessorRejected:
    return ProcessorRejected(
        "a period that begins then does not run now",
        reason="proration_date",
        param="proration_date",
    )


def _in_order(record: SubscriptionRecord, targets: Sequence[ItemTarget]) -> tuple[ItemTarget, ...]:
    """Keep the items that stay in the order they have; new ones come after them."""
    places = {item.ref: place for place, item in enumerate(record.snapshot.items)}
    return tuple(sorted(targets, key=lambda target: places.get(target.ref or "", len(places))))


def _item(record: SubscriptionRecord, target: ItemTarget, price: Price) -> SubscriptionItemSnapshot:
    """Return an item as it is to be; a new one has no ref yet, and the period of the others."""
    items = {item.ref: item for item in record.snapshot.items}
    base = items.get(target.ref or "") or replace(record.snapshot.items[0], ref="")
    return replace(base, price=price.ref, quantity=target.quantity, product=price.sold_as)


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
