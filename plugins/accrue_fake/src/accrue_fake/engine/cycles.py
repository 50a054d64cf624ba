"""Cycles: what happens to a subscription as its time runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from accrue_core.contracts.subscriptions import SubscriptionItemSnapshot, SubscriptionStatus
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.cards import Charge
from accrue_fake.engine.copies import replace
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoicing import Invoicing, Lines, Reason
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.records import CardRecord, InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.recurring import Items, Recurring
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
        recurring: Recurring,
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
        self._recurring = recurring
        self._invoicing = invoicing
        self._payments = payments
        self._pending = pending
        self._standing = standing

    def begin(
        self,
        record: SubscriptionRecord,
        items: Items,
        lines: Lines,
        *,
        paid_with: CardRecord | None = None,
        on_session: bool = True,
        is_charged: bool = True,
    ) -> None:
        """Draw the first invoice and ask for it; the customer is there, if it is ``on_session``.

        Without lines there is none, and nothing to pay before the next period.

        Not paid at once, the subscription stays ``incomplete`` with an open invoice, as with
        Stripe's ``payment_behavior=default_incomplete``. One collected by invoice starts active,
        and so does one that was ``paid_with`` a card on a page before it existed. Where nobody is
        there it starts active, too, and is past due if its first payment fails. Unless it
        ``is_charged`` no card is asked, and the invoice waits for whoever pays it.
        """
        self._periods.run(record, items)
        if not lines:
            record.snapshot = replace(record.snapshot, status=SubscriptionStatus.ACTIVE)
            return
        invoice = self._draw(record, self._invoicing.named(lines), reason="subscription_create")
        if paid_with is not None and invoice.snapshot.amount_remaining:
            self._payments.take(invoice, paid_with)
        is_free = not invoice.snapshot.amount_remaining
        if not on_session and not is_free and record.snapshot.collection == "charge":
            record.snapshot = replace(record.snapshot, status=SubscriptionStatus.ACTIVE)
            self._payments.collect(invoice)
            return
        is_sent = record.snapshot.collection == "invoice"
        if is_free or is_sent or (is_charged and self._is_paid_at_once(invoice)):
            status = SubscriptionStatus.ACTIVE
        else:
            status = SubscriptionStatus.INCOMPLETE
            moment = min(self._books.now + PATIENCE, record.period_end)
            self._calendar.add(moment, "expire", record.snapshot.ref)
        record.snapshot = replace(record.snapshot, status=status)

    def begin_trial(self, record: SubscriptionRecord, end: datetime) -> None:
        """Start with a trial: an invoice over nothing now, the first real one when it ends."""
        start = record.snapshot.started_at or self._books.now
        record.snapshot = replace(
            record.snapshot, status=SubscriptionStatus.TRIALING, trial_start=start, trial_end=end
        )
        self._periods.enter(record, start, end)
        items = record.snapshot.items
        lines = self._pricing.lines(items, start=start, end=end, is_trial=True)
        self._draw(record, lines, reason="subscription_create")
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
        record.snapshot = replace(record.snapshot, trial_end=self._books.now)
        self._warn(record)
        if not self._ends_without_card(record):
            self.begin_anew(record)

    def begin_anew(self, record: SubscriptionRecord) -> None:
        """End the periods that run; the first ones of a new cycle begin, like a renewal."""
        self._renew(record, self._periods.begin(record, self._books.now))

    def warn(self, ref: str, moment: datetime) -> None:
        """Announce the end of a trial three days ahead, if it still ends then."""
        record = self._books.subscriptions[ref]
        if record.snapshot.trial_end == moment + WARNING:
            self._warn(record)

    def turn(self, ref: str, moment: datetime) -> None:
        """End the periods that end now and begin the next ones, on one invoice for all of them.

        A subscription that was to end with its period has ended before: the calendar does what
        ends first. Nothing begins while one rests that was asked to.
        """
        record = self._books.subscriptions[ref]
        if record.is_ended or record.period_end != moment or record.rested_at is not None:
            return
        if self._ends_without_card(record):
            return
        self._renew(record, self._periods.turn(record, moment))

    def end(self, ref: str, moment: datetime) -> None:
        """End a subscription at the date that was asked for, and bill what waits for an invoice.

        A subscription that is ended at once leaves that unbilled. Stripe does both.
        """
        record = self._books.subscriptions[ref]
        if record.is_ended or record.snapshot.cancel_at != moment:
            return
        self._pending.drop(record)
        is_billed = self.is_billed(record)
        self._standing.end(record)
        if record.unbilled and is_billed:
            self.bill_rest(record)

    def expire(self, ref: str, moment: datetime) -> None:
        """Give up on a first payment after 23 hours, or when what it was for is over."""
        record = self._books.subscriptions[ref]
        begun = record.snapshot.created_at
        is_incomplete = record.snapshot.status == SubscriptionStatus.INCOMPLETE
        if not is_incomplete or begun is None:
            return
        if moment == min(begun + PATIENCE, record.period_end):
            self._standing.expire(record)

    def _is_paid_at_once(self, invoice: InvoiceRecord) -> bool:
        return self._payments.attempt(invoice, on_session=True) == Charge.PAID

    def _ends_without_card(self, record: SubscriptionRecord) -> bool:
        """End a trial that nobody has a card for, if something else than an invoice comes of it."""
        status, then = record.snapshot.status, record.without_card
        is_charged = record.snapshot.collection == "charge"
        if status != SubscriptionStatus.TRIALING or then == "invoice" or not is_charged:
            return False
        if self._payments.has_card(record):
            return False
        if then == "cancel":
            self._standing.end(record)
        else:
            self._periods.begin(record, self._books.now)
            self._standing.pause(record)
        return True

    def _renew(self, record: SubscriptionRecord, items: Items) -> None:
        status, pause = record.snapshot.status, record.snapshot.collection_paused
        is_unpaid = status == SubscriptionStatus.UNPAID
        invoice = None
        if status != SubscriptionStatus.PAUSED:
            invoice = self._bill(record, items, is_collected=not is_unpaid and pause is None)
        if status == SubscriptionStatus.TRIALING:
            record.snapshot = replace(record.snapshot, status=SubscriptionStatus.ACTIVE)
        self._standing.announce(record)
        if is_unpaid or invoice is None:
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

    def is_billed(self, record: SubscriptionRecord) -> bool:
        """Whether what waits for an invoice would be billed if it ended now."""
        return record.snapshot.status in _BILLED and not record.snapshot.collection_paused

    def bill_rest(self, record: SubscriptionRecord) -> InvoiceRecord:
        """Draw a last invoice for the prorations of one that has ended, and ask for it once."""
        lines = tuple(record.unbilled)
        record.unbilled.clear()
        start, end = record.period_start, record.period_end
        invoice = self._invoicing.draw(
            record, (), carried=lines, reason="subscription_cycle", start=start, end=end
        )
        self._invoicing.finalize(record, invoice)
        if invoice.snapshot.amount_remaining and record.snapshot.collection == "charge":
            self._payments.attempt(invoice, on_session=False)
        return invoice

    def _bill(
        self, record: SubscriptionRecord, items: Items, *, is_collected: bool
    ) -> InvoiceRecord | None:
        """Draw the invoice of items that begin a period; prorations that wait go onto it.

        They do so only if it is collected. Nothing to put onto one is no invoice.
        """
        lines = self._recurring.lines(items, record.anchor, is_prorated=record.is_prorated)
        record.free += [item.ref for item in items if not _has_line(item, lines)]
        if not lines and not (is_collected and record.unbilled):
            return None
        return self._draw(record, self._invoicing.named(lines), is_collected=is_collected)

    def _draw(
        self,
        record: SubscriptionRecord,
        lines: Lines,
        *,
        reason: Reason = "subscription_cycle",
        is_collected: bool = True,
    ) -> InvoiceRecord:
        carried = tuple(record.unbilled) if is_collected else ()
        starts = (line.period_start for line in lines if line.period_start)
        ends = {line.subscription_item: line.period_end for line in lines}
        invoice = self._invoicing.draw(
            record,
            lines,
            carried=carried,
            reason=reason,
            start=min(starts, default=record.period_start),
            end=min((end for end in ends.values() if end), default=record.period_end),
        )
        if is_collected:
            record.unbilled.clear()
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


def _has_line(item: SubscriptionItemSnapshot, lines: Lines) -> bool:
    return any(line.subscription_item == item.ref for line in lines)
