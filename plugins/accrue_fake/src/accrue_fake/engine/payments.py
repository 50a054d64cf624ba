"""Payments: an open invoice is charged, retried, paid by hand or authenticated."""

from __future__ import annotations

from datetime import datetime, timedelta

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.cards import Cards, Charge, card_on_file
from accrue_fake.engine.copies import replace
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.records import CardRecord, InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.standing import Standing

PAYABLE = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})
"""In these statuses an invoice asks for its money, or would still take it."""


class Payments:
    """Collects what is due."""

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        cards: Cards,
        standing: Standing,
        pending: PendingChanges,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._calendar = calendar
        self._cards = cards
        self._standing = standing
        self._pending = pending

    def attempt(self, invoice: InvoiceRecord, *, on_session: bool) -> Charge:
        """Charge the card on file once, and write down what became of it."""
        charge = self._charge_on_file(invoice, on_session=on_session)
        if charge == Charge.DECLINED or (charge == Charge.WAITS and not on_session):
            self._emitter.emit("invoice.payment_failed", "invoice", invoice.snapshot.ref)
        return charge

    def charge(
        self, invoice: InvoiceRecord, card: CardRecord | None = None, *, on_session: bool
    ) -> Charge:
        """Charge a card for an invoice because somebody asks for it, by default the one on file.

        What it was for stands well again when that works. A retry that is planned stays planned
        when it does not.
        """
        snapshot = invoice.snapshot
        chosen = card or card_on_file(self._books, snapshot.customer, snapshot.subscription)
        charge = self._cards.charge(chosen, customer=snapshot.customer, on_session=on_session)
        self.note(invoice, chosen, charge)
        if charge == Charge.PAID:
            self._paid_by_customer(invoice)
            return charge
        planned = snapshot.next_attempt_at
        invoice.snapshot = replace(invoice.snapshot, next_attempt_at=planned)
        if charge == Charge.DECLINED or not on_session:
            self._emitter.emit("invoice.payment_failed", "invoice", snapshot.ref)
        return charge

    def ahead(self, record: SubscriptionRecord) -> tuple[Charge, CardRecord | None]:
        """Charge the card on file for an invoice that is not drawn yet; the customer is there.

        What became of it is for ``note``, once there is an invoice; a declined card has left no
        trace.
        """
        customer = record.snapshot.customer
        card = card_on_file(self._books, customer, record.snapshot.ref)
        return self._cards.charge(card, customer=customer, on_session=True), card

    def has_card(self, record: SubscriptionRecord) -> bool:
        """Whether there is a card that its invoices would be charged to."""
        return card_on_file(self._books, record.snapshot.customer, record.snapshot.ref) is not None

    def note(self, invoice: InvoiceRecord, card: CardRecord | None, charge: Charge) -> None:
        """Write down what became of one attempt."""
        invoice.card = None if card is None else card.snapshot.ref
        invoice.snapshot = replace(
            invoice.snapshot, attempts=invoice.snapshot.attempts + 1, next_attempt_at=None
        )
        invoice.is_waiting = charge == Charge.WAITS
        if charge == Charge.PAID:
            self._pay(invoice)
        elif charge == Charge.WAITS:
            ref = invoice.snapshot.ref
            self._emitter.emit("invoice.payment_action_required", "invoice", ref)

    def take(self, invoice: InvoiceRecord, card: CardRecord) -> None:
        """Write down that this card has paid before the invoice was drawn, on a page."""
        card.fails_now()
        card.charges += 1
        self.note(invoice, card, Charge.PAID)

    def collect(self, invoice: InvoiceRecord) -> Charge:
        """Charge for a renewal: nobody is there, and what fails is tried again.

        Each retry counts its days from the attempt before it, as Stripe's custom schedules do. When
        the failure is told, the next attempt is planned already.
        """
        charge = self._charge_on_file(invoice, on_session=False)
        if charge == Charge.PAID:
            self._standing.paid(invoice)
            return charge
        is_last = invoice.retries >= len(self._books.retry_days)
        if not is_last:
            self._plan_retry(invoice)
        self._emitter.emit("invoice.payment_failed", "invoice", invoice.snapshot.ref)
        self._standing.failed(invoice)
        if is_last:
            self._standing.exhausted(invoice)
        return charge

    def retry(self, ref: str, moment: datetime) -> None:
        """Try an open invoice again, with whatever card the customer has by now."""
        invoice = self._books.invoices[ref]
        is_open = invoice.snapshot.status == InvoiceStatus.OPEN
        if is_open and invoice.snapshot.next_attempt_at == moment:
            self.collect(invoice)

    def overdue(self, ref: str, _: datetime) -> None:
        """A sent invoice was not paid by its day."""
        invoice = self._books.invoices[ref]
        if invoice.snapshot.status == InvoiceStatus.OPEN:
            self._standing.failed(invoice)

    def pay(self, invoice: InvoiceRecord) -> None:
        """Pay an open invoice as its customer does on the processor's page: with other money."""
        snapshot = invoice.snapshot
        if snapshot.status not in PAYABLE:
            raise ProcessorRejected(
                f"invoice {snapshot.ref} is {snapshot.status} and cannot be paid",
                reason="invoice_not_open",
            )
        self._pay(invoice)
        self._paid_by_customer(invoice)

    def authenticate(self, subscription_ref: str) -> None:
        """Let the customer of a subscription pass the bank's check."""
        self.pass_check(self._waiting(subscription_ref))

    def fail_authentication(self, subscription_ref: str) -> None:
        """Let the customer of a subscription fail the bank's check."""
        self.fail_check(self._waiting(subscription_ref))

    def pass_check(self, invoice: InvoiceRecord) -> None:
        """The customer has passed the bank's check: the waiting payment goes through."""
        self._require_waiting(invoice)
        card = self._books.cards.get(invoice.card or "")
        if card is not None:
            card.is_authenticated = True
            card.charges += 1
        self._pay(invoice)
        self._paid_by_customer(invoice)

    def fail_check(self, invoice: InvoiceRecord) -> None:
        """The customer has failed the bank's check: the payment failed, and waits no longer."""
        self._require_waiting(invoice)
        invoice.is_waiting = False
        self._emitter.emit("invoice.payment_failed", "invoice", invoice.snapshot.ref)
        self._pending.failed(invoice)

    def _charge_on_file(self, invoice: InvoiceRecord, *, on_session: bool) -> Charge:
        customer = invoice.snapshot.customer
        card = card_on_file(self._books, customer, invoice.snapshot.subscription)
        charge = self._cards.charge(card, customer=customer, on_session=on_session)
        self.note(invoice, card, charge)
        return charge

    def _plan_retry(self, invoice: InvoiceRecord) -> None:
        moment = self._books.now + timedelta(days=self._books.retry_days[invoice.retries])
        invoice.retries += 1
        invoice.snapshot = replace(invoice.snapshot, next_attempt_at=moment)
        self._calendar.add(moment, "retry", invoice.snapshot.ref)

    def _paid_by_customer(self, invoice: InvoiceRecord) -> None:
        self._pending.paid(invoice)
        self._standing.paid(invoice)

    def _pay(self, invoice: InvoiceRecord) -> None:
        snapshot, now = invoice.snapshot, self._books.now
        invoice.is_waiting = False
        invoice.snapshot = replace(
            snapshot,
            status=InvoiceStatus.PAID,
            amount_paid=snapshot.amount_due,
            amount_remaining=snapshot.amount_due - snapshot.amount_due,
            next_attempt_at=None,
            paid_at=now,
            payments=tuple(
                replace(payment, status="paid", paid_at=now) for payment in snapshot.payments
            ),
        )
        self._emitter.emit("invoice.paid", "invoice", snapshot.ref)

    def _require_waiting(self, invoice: InvoiceRecord) -> None:
        if not invoice.is_waiting:
            raise ProcessorRejected("no bank asks for the customer", reason="not_waiting")

    def _waiting(self, subscription_ref: str) -> InvoiceRecord:
        subscription = find(self._books.subscriptions, "subscription", subscription_ref)
        for ref in reversed(subscription.invoices):
            if self._books.invoices[ref].is_waiting:
                return self._books.invoices[ref]
        raise InvalidRequest(f"no payment of {subscription_ref} waits for its customer")
