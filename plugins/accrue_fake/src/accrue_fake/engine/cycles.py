"""Cycles: what happens to a subscription as its time runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar, moment_after
from accrue_fake.engine.cards import Charge
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.records import CardRecord, InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.standing import Standing

WARNING = timedelta(days=3)
PATIENCE = timedelta(hours=23)
"""How long a first payment may stay incomplete before the subscription expires (Stripe's)."""


class Cycles:
    """First periods, trial ends, renewals, pending ends."""

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        invoicing: Invoicing,
        payments: Payments,
        standing: Standing,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._calendar = calendar
        self._invoicing = invoicing
        self._payments = payments
        self._standing = standing

    def begin(self, record: SubscriptionRecord, *, paid_with: CardRecord | None = None) -> None:
        """Draw the first invoice and ask for it; the customer is there.

        Not paid at once, the subscription stays ``incomplete`` with an open invoice, as with
        Stripe's ``payment_behavior=default_incomplete``. One collected by invoice starts active,
        and so does one that was ``paid_with`` a card on a page before it existed.
        """
        self._enter(
            record,
            record.anchor,
            moment_after(record.anchor, record.interval, record.interval_count),
        )
        record.period = 1
        invoice = self._draw(record, is_first=True)
        if paid_with is not None and invoice.snapshot.amount_remaining:
            self._payments.take(invoice, paid_with)
        is_free = not invoice.snapshot.amount_remaining
        if is_free or record.snapshot.collection == "invoice" or self._is_paid_at_once(invoice):
            status = SubscriptionStatus.ACTIVE
        else:
            status = SubscriptionStatus.INCOMPLETE
            self._calendar.add(self._books.now + PATIENCE, "expire", record.snapshot.ref)
        record.snapshot = replace(record.snapshot, status=status)

    def begin_trial(self, record: SubscriptionRecord, end: datetime) -> None:
        """Start with a trial: an invoice over nothing now, the first real one when it ends."""
        now, ref = self._books.now, record.snapshot.ref
        record.snapshot = replace(
            record.snapshot, status=SubscriptionStatus.TRIALING, trial_start=now, trial_end=end
        )
        self._enter(record, now, end)
        self._draw(record, is_first=True, is_trial=True)
        if end - WARNING > now:
            self._calendar.add(end - WARNING, "warn", ref)
        else:
            self.warn(ref, now)

    def warn(self, ref: str, _: datetime) -> None:
        """Announce the end of a trial three days ahead, or at once when it is shorter."""
        record = self._books.subscriptions[ref]
        if record.snapshot.status == SubscriptionStatus.TRIALING:
            self._emitter.emit("customer.subscription.trial_will_end", "subscription", ref)

    def turn(self, ref: str, moment: datetime) -> None:
        """End one period and begin the next.

        A subscription that was to end with its period has ended before: the calendar does what
        ends first.
        """
        record = self._books.subscriptions[ref]
        if record.is_ended or record.period_end != moment:
            return
        record.period += 1
        count = record.interval_count * record.period
        self._enter(record, moment, moment_after(record.anchor, record.interval, count))
        if record.snapshot.status == SubscriptionStatus.PAUSED:
            self._standing.announce(record)
            return
        self._renew(record)

    def end(self, ref: str, moment: datetime) -> None:
        """End a subscription at the date that was asked for."""
        record = self._books.subscriptions[ref]
        if record.snapshot.cancel_at == moment:
            self._standing.end(record)

    def expire(self, ref: str, moment: datetime) -> None:
        """Give up on a first payment after 23 hours."""
        record = self._books.subscriptions[ref]
        begun = record.snapshot.created_at
        is_incomplete = record.snapshot.status == SubscriptionStatus.INCOMPLETE
        if is_incomplete and begun is not None and begun + PATIENCE == moment:
            self._standing.expire(record)

    def _is_paid_at_once(self, invoice: InvoiceRecord) -> bool:
        return self._payments.attempt(invoice, on_session=True) == Charge.PAID

    def _renew(self, record: SubscriptionRecord) -> None:
        if record.snapshot.status == SubscriptionStatus.UNPAID:
            self._draw(record, is_draft=True)
            self._standing.announce(record)
            return
        invoice = self._draw(record)
        if record.snapshot.status == SubscriptionStatus.TRIALING:
            record.snapshot = replace(record.snapshot, status=SubscriptionStatus.ACTIVE)
        self._standing.announce(record)
        if not invoice.snapshot.amount_remaining:
            self._standing.paid(invoice)
        elif record.snapshot.collection == "charge":
            self._payments.collect(invoice)

    def _draw(
        self,
        record: SubscriptionRecord,
        *,
        is_first: bool = False,
        is_trial: bool = False,
        is_draft: bool = False,
    ) -> InvoiceRecord:
        first = record.snapshot.items[0]
        invoice = self._invoicing.draw(
            record,
            reason="subscription_create" if is_first else "subscription_cycle",
            start=first.current_period_start or record.anchor,
            end=record.period_end,
            is_trial=is_trial,
        )
        if not is_draft:
            self._invoicing.finalize(record, invoice)
        return invoice

    def _enter(self, record: SubscriptionRecord, start: datetime, end: datetime) -> None:
        items = tuple(
            replace(item, current_period_start=start, current_period_end=end)
            for item in record.snapshot.items
        )
        record.snapshot = replace(record.snapshot, items=items)
        self._calendar.add(end, "turn", record.snapshot.ref)
