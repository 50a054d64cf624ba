"""Answers: what comes along with a thing, and what its customer has to do."""

from __future__ import annotations

from accrue_core.contracts.checkout import CheckoutStatus
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.results import Answer, GoneSnapshot, NextAction
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.settings import Secret
from accrue_fake.engine.addresses import Addresses
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import (
    CheckoutRecord,
    InvoiceRecord,
    ScheduleRecord,
    SubscriptionRecord,
)


class Answers:
    """Puts answers together. Links and secrets are derived from the seed, never stored."""

    def __init__(self, books: Books, addresses: Addresses) -> None:
        self._books = books
        self._addresses = addresses

    def created(self, record: SubscriptionRecord) -> Answer:
        """Return a new subscription with its customer, first invoice and payment method."""
        books, snapshot = self._books, record.snapshot
        customer = books.customers[snapshot.customer].snapshot
        card = snapshot.default_payment_method or customer.default_payment_method
        invoices = [books.invoices[ref].snapshot for ref in record.invoices[:1]]
        cards = [books.cards[card].snapshot] if card in books.cards else []
        return Answer(snapshot, (customer, *cards, *invoices), self._next_action(record))

    def fetched(self, record: SubscriptionRecord) -> Answer:
        """Return a subscription as it is now."""
        return Answer(record.snapshot, next_action=self._next_action(record))

    def changed(self, record: SubscriptionRecord, invoice: InvoiceRecord | None) -> Answer:
        """Return a subscription as it is now, with the invoice that was drawn for it."""
        others = () if invoice is None else (invoice.snapshot,)
        return Answer(record.snapshot, others, self._next_action(record))

    def schedule_created(self, record: ScheduleRecord) -> Answer:
        """Return a new schedule, with all that comes with its subscription if that has begun."""
        subscription = self._books.subscriptions.get(record.snapshot.subscription or "")
        if subscription is None:
            return Answer(record.snapshot, (self._customer(record.snapshot.customer),))
        begun = self.created(subscription)
        return Answer(record.snapshot, begun.snapshots, begun.next_action)

    def scheduled(self, record: ScheduleRecord, invoices: tuple[InvoiceRecord, ...] = ()) -> Answer:
        """Return a schedule as it is now, with its subscription and what was drawn for it."""
        subscription = self._books.subscriptions.get(record.snapshot.subscription or "")
        if subscription is None:
            return Answer(record.snapshot)
        others = (subscription.snapshot, *(invoice.snapshot for invoice in invoices))
        return Answer(record.snapshot, others, self._next_action(subscription))

    def session(self, record: CheckoutRecord) -> Answer:
        """Return a checkout session as it is now, with what came of it or the way to its page."""
        books, snapshot = self._books, record.snapshot
        if snapshot.status == CheckoutStatus.OPEN:
            url = self._addresses.of("checkout", snapshot.ref)
            return Answer(snapshot, next_action=NextAction("redirect", url=url))
        subscription = books.subscriptions.get(snapshot.subscription or "")
        if subscription is None:
            return Answer(snapshot)
        others = (
            subscription.snapshot,
            self._customer(subscription.snapshot.customer),
            *(books.cards[ref].snapshot for ref in (record.card,) if ref in books.cards),
            books.invoices[subscription.invoices[0]].snapshot,
        )
        return Answer(snapshot, others)

    def _customer(self, ref: str) -> CustomerSnapshot | GoneSnapshot:
        record = self._books.customers[ref]
        return GoneSnapshot("customer", ref) if record.is_deleted else record.snapshot

    def _next_action(self, record: SubscriptionRecord) -> NextAction | None:
        """Authenticate where the bank asks for it; else pay a first invoice on its page.

        It is about the invoice of a change that waits, if there is one, else about the newest.
        """
        newest = record.collected if record.pending is None else record.pending.invoice
        invoice = self._books.invoices.get(newest or "")
        if invoice is None:
            return None
        if invoice.is_waiting:
            return self._authentication(invoice)
        if record.snapshot.status == SubscriptionStatus.INCOMPLETE:
            url = self._addresses.of("invoices", invoice.snapshot.ref)
            return NextAction("redirect", url=url)
        return None

    def _authentication(self, invoice: InvoiceRecord) -> NextAction:
        payment = invoice.payment
        return NextAction(
            "authenticate",
            url=self._addresses.of("authenticate", payment),
            client_secret=Secret(self._addresses.token("authenticate", payment)),
        )
