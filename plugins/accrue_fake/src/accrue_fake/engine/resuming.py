"""Resuming: a subscription that rests goes on, with a period that begins now and is paid for."""

from __future__ import annotations

from datetime import datetime, timedelta

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.cards import Charge
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.records import InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.recurring import Recurring
from accrue_fake.engine.standing import Standing

PATIENCE = timedelta(hours=23)
"""How long an invoice that would end the rest waits for its money (Stripe's)."""


class Resuming:
    """Ends the rest of a subscription: of one that was asked to, or whose trial had no card.

    As at Stripe, the anchor is moved to now, and the subscription goes on once its invoice is
    paid: at once, or when its customer has answered the bank. What waits for an invoice, such as
    the credit for what a rest cut short, goes onto it, and waits on when nobody pays. Other than
    there, a declined card leaves no invoice behind, as with changes.
    """

    def __init__(
        self,
        books: Books,
        calendar: Calendar,
        recurring: Recurring,
        periods: Periods,
        credit: Credit,
        invoicing: Invoicing,
        payments: Payments,
        standing: Standing,
    ) -> None:
        self._books = books
        self._calendar = calendar
        self._recurring = recurring
        self._periods = periods
        self._credit = credit
        self._invoicing = invoicing
        self._payments = payments
        self._standing = standing

    def resume(self, record: SubscriptionRecord) -> InvoiceRecord:
        """Begin a period and ask for it; ``CardDeclined`` changes nothing."""
        if record.resuming is not None:
            raise ProcessorRejected(
                "the invoice that resumes it waits to be paid for", reason="resuming"
            )
        now, customer = self._books.now, record.snapshot.customer
        items = self._recurring.counted(record.snapshot.items, now, now)
        lines, carried = self._recurring.lines(items, now), tuple(record.unbilled)
        total = self._invoicing.bill(
            record, lines, reason="subscription_cycle", carried=carried
        ).total
        is_charged = record.snapshot.collection == "charge" and bool(
            self._credit.due(customer, total)
        )
        charge, card = self._payments.ahead(record) if is_charged else (Charge.PAID, None)
        if charge == Charge.DECLINED:
            raise CardDeclined(reason="card_declined")
        invoice = self._draw(record)
        if is_charged:
            self._payments.note(invoice, card, charge)
        if charge == Charge.WAITS:
            record.resuming, record.carried = invoice.snapshot.ref, carried
            self._calendar.add(now + PATIENCE, "forgo", record.snapshot.ref)
            self._standing.announce(record)
        else:
            self._standing.resume(record)
        return invoice

    def lapse(self, ref: str, moment: datetime) -> None:
        """Give up on an invoice that nobody has paid: the subscription rests on."""
        record = self._books.subscriptions[ref]
        invoice = self._books.invoices.get(record.resuming or "")
        if invoice is None or invoice.snapshot.created_at != moment - PATIENCE:
            return
        if invoice.snapshot.status != InvoiceStatus.OPEN:
            record.resuming, record.carried = None, ()
        else:
            forgo(record, self._invoicing)
            self._standing.void(invoice)
            self._standing.announce(record)

    def _draw(self, record: SubscriptionRecord) -> InvoiceRecord:
        items = self._periods.begin(record, self._books.now)
        carried = tuple(record.unbilled)
        record.unbilled.clear()
        invoice = self._invoicing.draw(
            record,
            self._invoicing.named(self._recurring.lines(items, record.anchor)),
            carried=carried,
            reason="subscription_cycle",
            start=record.period_start,
            end=record.period_end,
        )
        self._invoicing.finalize(record, invoice)
        record.collected = invoice.snapshot.ref
        return invoice


def forgo(record: SubscriptionRecord, invoicing: Invoicing) -> None:
    """Let it rest on without the invoice that would end that; what that carried waits on."""
    carried, record.resuming, record.carried = record.carried, None, ()
    record.unbilled[:0] = invoicing.named(carried)
