"""Cycles: what happens to a subscription as its time runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar, moment_after
from accrue_fake.engine.cards import Charge
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoicing import Invoicing, Reason
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.records import CardRecord, InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.standing import Standing

WARNING = timedelta(days=3)
PATIENCE = timedelta(hours=23)
"""How long a first payment may stay incomplete before the subscription expires (Stripe's)."""

_BILLED = frozenset(
    {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE}
)
"""From these statuses, what waits for an invoice is billed when a subscription ends in its time."""


class Cycles:
    """First periods, trial ends, renewals, pending ends."""

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        periods: Periods,
        pricing: Pricing,
        invoicing: Invoicing,
        payments: Payments,
        pending: PendingChanges,
        standing: Standing,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._calendar = calendar
        self._periods = periods
        self._pricing = pricing
        self._invoicing = invoicing
        self._payments = payments
        self._pending = pending
        self._standing = standing

    def begin(self, record: SubscriptionRecord, *, paid_with: CardRecord | None = None) -> None:
        """Draw the first invoice and ask for it; the customer is there.

        Not paid at once, the subscription stays ``incomplete`` with an open invoice, as with
        Stripe's ``payment_behavior=default_incomplete``. One collected by invoice starts active,
        and so does one that was ``paid_with`` a card on a page before it existed.
        """
        self._periods.begin(record, record.anchor)
        invoice = self._draw(record, reason="subscription_create")
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
        now = self._books.now
        record.snapshot = replace(
            record.snapshot, status=SubscriptionStatus.TRIALING, trial_start=now, trial_end=end
        )
        self._periods.enter(record, now, end)
        self._draw(record, reason="subscription_create", is_trial=True)
        self._foresee_end(record, end)

    def move_trial_end(self, record: SubscriptionRecord, end: datetime) -> None:
        """Let a trial end at another moment; the first paid period begins then."""
        start = record.period_start
        record.snapshot = replace(record.snapshot, trial_end=end)
        record.anchor = end
        self._periods.enter(record, start, end)
        self._standing.announce(record)
        self._foresee_end(record, end)

    def end_trial(self, record: SubscriptionRecord) -> None:
        """End a trial now: the first period begins and is collected like a renewal.

        Not paid, the invoice stays open and the subscription is past due, as at Stripe.
        """
        now = self._books.now
        record.snapshot = replace(record.snapshot, trial_end=now)
        record.anchor = now
        self._warn(record)
        self._turn(record, now)

    def warn(self, ref: str, moment: datetime) -> None:
        """Announce the end of a trial three days ahead, if it still ends then."""
        record = self._books.subscriptions[ref]
        if record.snapshot.trial_end == moment + WARNING:
            self._warn(record)

    def turn(self, ref: str, moment: datetime) -> None:
        """End one period and begin the next.

        A subscription that was to end with its period has ended before: the calendar does what
        ends first.
        """
        record = self._books.subscriptions[ref]
        if not record.is_ended and record.period_end == moment:
            self._turn(record, moment)

    def _turn(self, record: SubscriptionRecord, moment: datetime) -> None:
        record.period += 1
        count = record.interval_count * record.period
        self._periods.enter(record, moment, moment_after(record.anchor, record.interval, count))
        if record.snapshot.status == SubscriptionStatus.PAUSED:
            self._standing.announce(record)
            return
        self._renew(record)

    def end(self, ref: str, moment: datetime) -> None:
        """End a subscription at the date that was asked for, and bill what waits for an invoice.

        A subscription that is ended at once leaves that unbilled. Stripe does both.
        """
        record = self._books.subscriptions[ref]
        if record.is_ended or record.snapshot.cancel_at != moment:
            return
        self._pending.drop(record)
        is_billed = record.snapshot.status in _BILLED and not record.snapshot.collection_paused
        self._standing.end(record)
        if record.unbilled and is_billed:
            self._bill_rest(record)

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
        is_unpaid = record.snapshot.status == SubscriptionStatus.UNPAID
        pause = record.snapshot.collection_paused
        invoice = self._draw(record, is_collected=not is_unpaid and pause is None)
        if record.snapshot.status == SubscriptionStatus.TRIALING:
            record.snapshot = replace(record.snapshot, status=SubscriptionStatus.ACTIVE)
        self._standing.announce(record)
        if is_unpaid:
            return
        if pause is not None:
            self._set_aside(record, invoice, pause)
        elif not invoice.snapshot.amount_remaining:
            self._standing.paid(invoice)
        elif record.snapshot.collection == "charge":
            self._payments.collect(invoice)

    def _set_aside(self, record: SubscriptionRecord, invoice: InvoiceRecord, pause: str) -> None:
        """Do with an invoice of a pause what the pause says; the status stays, whatever it says."""
        if pause == "keep_as_draft":
            return
        self._invoicing.finalize(record, invoice, is_collected=False)
        if not invoice.snapshot.amount_remaining:
            return
        if pause == "void":
            self._standing.void(invoice)
        else:
            self._standing.give_up(invoice)

    def _bill_rest(self, record: SubscriptionRecord) -> None:
        """Draw a last invoice for the prorations of one that has ended, and ask for it once."""
        lines = tuple(record.unbilled)
        record.unbilled.clear()
        start, end = record.period_start, record.period_end
        invoice = self._invoicing.draw(
            record, lines, reason="subscription_cycle", start=start, end=end
        )
        self._invoicing.finalize(record, invoice)
        if invoice.snapshot.amount_remaining and record.snapshot.collection == "charge":
            self._payments.attempt(invoice, on_session=False)

    def _draw(
        self,
        record: SubscriptionRecord,
        *,
        reason: Reason = "subscription_cycle",
        is_trial: bool = False,
        is_collected: bool = True,
    ) -> InvoiceRecord:
        """Draw the invoice of a period; prorations that wait go onto one that is collected."""
        start, end = record.period_start, record.period_end
        lines = self._pricing.lines(record.snapshot.items, start=start, end=end, is_trial=is_trial)
        if is_collected and record.unbilled:
            lines = (*record.unbilled, *lines)
            record.unbilled.clear()
        invoice = self._invoicing.draw(record, lines, reason=reason, start=start, end=end)
        if is_collected:
            self._invoicing.finalize(record, invoice)
            record.collected = invoice.snapshot.ref
        return invoice

    def _foresee_end(self, record: SubscriptionRecord, end: datetime) -> None:
        """Have the end of a trial announced three days ahead, or at once when it is nearer."""
        if end - WARNING > self._books.now:
            self._calendar.add(end - WARNING, "warn", record.snapshot.ref)
        else:
            self._warn(record)

    def _warn(self, record: SubscriptionRecord) -> None:
        end = record.snapshot.trial_end
        if record.snapshot.status == SubscriptionStatus.TRIALING and record.warned_of != end:
            record.warned_of = end
            ref = record.snapshot.ref
            self._emitter.emit("customer.subscription.trial_will_end", "subscription", ref)
