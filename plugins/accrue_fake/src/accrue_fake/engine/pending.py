"""Pending changes: what a subscription becomes once somebody has paid for it, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoicing import Invoicing, Lines
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.records import Change, InvoiceRecord, PendingChange, SubscriptionRecord
from accrue_fake.engine.standing import Standing

PATIENCE = timedelta(hours=23)
"""How long a change waits for its money (Stripe's), if its period does not end before."""


class PendingChanges:
    """Keeps a change beside its open invoice until that is paid, refused by a bank, or too old.

    The subscription goes on as it was: its items, its status, its access.
    """

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        invoicing: Invoicing,
        periods: Periods,
        standing: Standing,
        discounts: Discounts,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._calendar = calendar
        self._invoicing = invoicing
        self._periods = periods
        self._standing = standing
        self._discounts = discounts

    def hold(
        self, record: SubscriptionRecord, change: Change, invoice: InvoiceRecord, carried: Lines
    ) -> None:
        """Let a change wait for its invoice."""
        until = min(self._books.now + PATIENCE, record.period_end)
        until = min(until, *(one.current_period_end or until for one in change.items))
        ref = invoice.snapshot.ref
        record.pending = PendingChange(change=change, invoice=ref, carried=carried)
        record.snapshot = replace(record.snapshot, pending_until=until)
        self._calendar.add(until, "drop", record.snapshot.ref)
        self._standing.announce(record)

    def paid(self, invoice: InvoiceRecord) -> None:
        """An invoice was paid: the change that waited for it, if any, is made."""
        record = self._waiting_for(invoice)
        if record is None or record.pending is None:
            return
        change = record.pending.change
        self._clear(record)
        record.collected = invoice.snapshot.ref
        self._periods.apply(record, change)
        self._announce(record, "applied")

    def failed(self, invoice: InvoiceRecord) -> None:
        """A bank has refused the payment of an invoice: the change that waited for it is off."""
        record = self._waiting_for(invoice)
        if record is not None:
            self.drop(record)

    def drop(self, record: SubscriptionRecord) -> None:
        """Give a change up; its invoice is void, and what was put onto it waits for the next."""
        pending = record.pending
        if pending is None:
            return
        self._clear(record)
        self._standing.void(self._books.invoices[pending.invoice])
        record.unbilled[:0] = self._invoicing.named(pending.carried)
        self._discounts.give_back(record, pending.invoice)
        self._announce(record, "expired")

    def lapse(self, ref: str, moment: datetime) -> None:
        """Give a change up for which nobody has paid in time."""
        record = self._books.subscriptions[ref]
        if record.snapshot.pending_until == moment:
            self.drop(record)

    def _clear(self, record: SubscriptionRecord) -> None:
        record.pending = None
        record.snapshot = replace(record.snapshot, pending_until=None)

    def _announce(self, record: SubscriptionRecord, what: str) -> None:
        type_ = f"customer.subscription.pending_update_{what}"
        self._emitter.emit(type_, "subscription", record.snapshot.ref)
        self._standing.announce(record)

    def _waiting_for(self, invoice: InvoiceRecord) -> SubscriptionRecord | None:
        record = self._books.subscriptions.get(invoice.snapshot.subscription or "")
        if record is None or record.pending is None:
            return None
        return record if record.pending.invoice == invoice.snapshot.ref else None
