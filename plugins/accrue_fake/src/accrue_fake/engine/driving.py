"""Driving: a subscription becomes what a phase of its schedule says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import cast

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget, Proration
from accrue_core.contracts.schedules import PhaseSnapshot
from accrue_core.contracts.subscriptions import NewItem, SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.bills import Lines
from accrue_fake.engine.books import Books
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.changing import Changing
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.planning import CHANGEABLE, Planning
from accrue_fake.engine.proration import Rest, in_seconds, prorations
from accrue_fake.engine.records import Change, SubscriptionRecord
from accrue_fake.engine.recurring import Items, Recurring, within
from accrue_fake.engine.standing import Standing


class Driving:
    """Moves subscriptions from one phase into the next.

    At a boundary nobody is there: what is due is collected like a renewal, and a refused card
    leaves the subscription past due in its new phase, as at Stripe. What owes money gets neither
    credit for time that nobody has paid nor a trial; it becomes the next phase all the same.
    """

    def __init__(
        self,
        books: Books,
        catalogue: Catalogue,
        recurring: Recurring,
        periods: Periods,
        planning: Planning,
        discounts: Discounts,
        invoicing: Invoicing,
        payments: Payments,
        pending: PendingChanges,
        standing: Standing,
        cycles: Cycles,
        changing: Changing,
    ) -> None:
        self._books = books
        self._catalogue = catalogue
        self._recurring = recurring
        self._periods = periods
        self._planning = planning
        self._discounts = discounts
        self._invoicing = invoicing
        self._payments = payments
        self._pending = pending
        self._standing = standing
        self._cycles = cycles
        self._changing = changing

    def enter(self, record: SubscriptionRecord, phase: PhaseSnapshot) -> None:
        """Let a subscription be for what a phase says, from now on.

        What ends a period at this very moment is not cut short: it renews with the new items, and
        draws no proration. Where no interval stays, new periods begin at once.
        """
        self._pending.drop(record)
        is_trial = record.snapshot.status == SubscriptionStatus.TRIALING
        items = self._items(record, phase.items)
        if phase.is_trial:
            lines = self._cut(record, phase, items)
            self._begin_trial(record, phase.ends_at)
            self._invoice(record, phase, lines)
        elif is_trial:
            self._cut(record, phase, items)
            self._end_trial(record)
        elif self._recurring.keeps_a_cycle(record.snapshot.items, items):
            self._go_on(record, phase, items)
        else:
            self._cut(record, phase, items)
            self._cycles.begin_anew(record)

    def become(self, record: SubscriptionRecord, was: PhaseSnapshot, phase: PhaseSnapshot) -> None:
        """Let the phase that runs be another one, or refuse.

        The rules of a direct change hold: what is invoiced at once is charged first. Items that
        were changed directly stay, unless the phase is given others than it had.
        """
        if was.is_trial != phase.is_trial:
            _require_good_standing(record)
            self.enter(record, phase)
            return
        if Counter(was.items) != Counter(phase.items):
            self._change(record, phase)
        if phase.coupon != was.coupon:
            lines = self._cut(record, phase, record.snapshot.items, goes_on=True)
            self._invoice(record, phase, lines)
        is_running = record.snapshot.status == SubscriptionStatus.TRIALING
        if phase.is_trial and is_running and record.snapshot.trial_end != phase.ends_at:
            self._cycles.move_trial_end(record, phase.ends_at)

    def end(self, record: SubscriptionRecord, phase: PhaseSnapshot) -> None:
        """End a subscription after its last phase; a period that is cut short is credited."""
        self._cut(record, phase, record.snapshot.items)
        record.snapshot = replace(record.snapshot, cancel_at=self._books.now)
        self._cycles.end(record.snapshot.ref, self._books.now)

    def _change(self, record: SubscriptionRecord, phase: PhaseSnapshot) -> None:
        """Change the items directly; what costs nothing until the next period is free."""
        was = record.snapshot.items
        invoice = self._changing.change(record, _change_to(record, phase))
        if phase.proration == "none" and invoice is None:
            record.free.extend(item.ref for item in record.snapshot.items if item not in was)

    def _go_on(self, record: SubscriptionRecord, phase: PhaseSnapshot, items: Items) -> None:
        """Go on in the periods that run; those that end now are followed by their next."""
        now = self._books.now
        placed = self._placed(record, items)
        lines = self._cut(record, phase, placed, goes_on=True)
        if record.period_end == now:
            self._cycles.turn(record.snapshot.ref, now)
        else:
            self._standing.announce(record)
            self._invoice(record, phase, lines)

    def _begin_trial(self, record: SubscriptionRecord, end: datetime) -> None:
        now, status = self._books.now, record.snapshot.status
        if status == SubscriptionStatus.TRIALING and record.period_end != now:
            self._cycles.move_trial_end(record, end)
            return
        self._periods.enter(record, now, end)
        record.anchor = end
        if status in CHANGEABLE:
            begun = record.snapshot.trial_start if status == SubscriptionStatus.TRIALING else now
            record.snapshot = replace(
                record.snapshot, status=SubscriptionStatus.TRIALING, trial_start=begun
            )
            self._cycles.move_trial_end(record, end)
        else:
            self._standing.announce(record)

    def _end_trial(self, record: SubscriptionRecord) -> None:
        if record.period_end == self._books.now:
            self._cycles.turn(record.snapshot.ref, self._books.now)
        else:
            self._cycles.end_trial(record)

    def _cut(
        self,
        record: SubscriptionRecord,
        phase: PhaseSnapshot,
        items: Items,
        *,
        goes_on: bool = False,
    ) -> Lines:
        """Let it have these items and the phase's coupon; return what that cuts short, as lines.

        They wait for the next invoice. Only what was paid for is given back; what goes on without
        being charged is marked as free, so that no later phase gives it back either.
        """
        was, coupons = record.snapshot.items, record.snapshot.coupons
        is_paid = record.snapshot.status == SubscriptionStatus.ACTIVE
        is_prorated = is_paid and phase.proration != "none"
        rest = Rest(
            start=record.period_start, end=record.period_end, at=in_seconds(self._books.now)
        )
        before = self._planning.bought(record, self._running(was))
        self._give(record, phase)
        self._periods.apply(record, Change(items=items))
        after = self._running(items) if goes_on else ()
        if is_prorated:
            lines = prorations(before, self._planning.bought(record, after), rest)
            named = self._invoicing.named(lines)
            record.unbilled.extend(named)
            return named
        same = was if coupons == record.snapshot.coupons else ()
        record.free.extend(item.ref for item in after if item not in same)
        return ()

    def _give(self, record: SubscriptionRecord, phase: PhaseSnapshot) -> None:
        """Let the phase's coupon count; one that cannot be redeemed any more is no coupon."""
        held = None if record.discount is None else record.discount.coupon
        if phase.coupon == held:
            return
        try:
            self._discounts.require(phase.coupon, currency=record.snapshot.currency or "")
        except ProcessorRejected:
            self._discounts.give(record, None)
        else:
            self._discounts.give(record, phase.coupon)

    def _invoice(self, record: SubscriptionRecord, phase: PhaseSnapshot, lines: Lines) -> None:
        """Invoice at once what was cut short, where that was asked and collection is not paused."""
        is_paused = record.snapshot.collection_paused is not None
        if phase.proration != "always_invoice" or not lines or is_paused:
            return
        carried = tuple(record.unbilled)
        record.unbilled.clear()
        invoice = self._invoicing.draw(
            record,
            (),
            carried=carried,
            reason="subscription_update",
            start=in_seconds(self._books.now),
            end=record.period_end,
        )
        self._invoicing.finalize(record, invoice)
        record.collected = invoice.snapshot.ref
        if invoice.snapshot.amount_remaining and record.snapshot.collection == "charge":
            self._payments.collect(invoice)

    def _items(self, record: SubscriptionRecord, wanted: Iterable[NewItem]) -> Items:
        """Return the items of a phase; one whose price stays keeps its ref."""
        there = {item.price: item for item in record.snapshot.items}
        first = record.snapshot.items[0]
        return tuple(
            replace(
                there.get(item.price) or replace(first, ref=self._books.new_ref("si")),
                price=item.price,
                quantity=item.quantity,
                product=self._catalogue.price(item.price).sold_as,
            )
            for item in wanted
        )

    def _placed(self, record: SubscriptionRecord, items: Items) -> Items:
        """Return items in the periods that run; a new one that would begin one now is due now."""
        now = self._books.now
        there = {item.ref for item in record.snapshot.items}
        return tuple(
            within(item, now, now)
            if item.current_period_start == now and item.ref not in there
            else item
            for item in self._recurring.placed(record, items, now)
        )

    def _running(self, items: Items) -> Items:
        """Return those whose period does not end now."""
        now = self._books.now
        return tuple(item for item in items if item.current_period_end != now)


def _change_to(record: SubscriptionRecord, phase: PhaseSnapshot) -> ChangeSubscription:
    """Return the direct change that makes a subscription's items those of a phase."""
    there = {item.price: item.ref for item in record.snapshot.items}
    wanted = {item.price for item in phase.items}
    return ChangeSubscription(
        ref=record.snapshot.ref,
        items=tuple(
            ItemTarget(ref=there.get(item.price), price=item.price, quantity=item.quantity)
            for item in phase.items
        ),
        removed=tuple(ref for price, ref in there.items() if price not in wanted),
        proration=cast("Proration", phase.proration),
    )


def _require_good_standing(record: SubscriptionRecord) -> None:
    status = record.snapshot.status
    if status not in CHANGEABLE:
        raise ProcessorRejected(
            f"a subscription that is {status} is not changed", reason=status.value
        )
