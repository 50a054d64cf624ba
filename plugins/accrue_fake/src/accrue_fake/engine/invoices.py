"""Invoices: what can be asked about them, and what is done on their pages."""

from __future__ import annotations

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.results import Answer
from accrue_fake.engine.addresses import Addresses
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.records import CustomerRecord, InvoiceRecord
from accrue_fake.engine.views import InvoiceView


@keeps_time
class Invoices:
    """Invoices are drawn by time, not by requests; they can be fetched and paid."""

    def __init__(self, books: Books, payments: Payments, addresses: Addresses) -> None:
        self._books = books
        self._payments = payments
        self._addresses = addresses

    def fetch(self, ref: str) -> Answer:
        """Return the invoice with all of its lines and payments."""
        return Answer(find(self._books.invoices, "invoice", ref).snapshot)

    def of_subscription(self, ref: str) -> tuple[str, ...]:
        """Return the refs of a subscription's invoices, oldest first."""
        return tuple(find(self._books.subscriptions, "subscription", ref).invoices)

    def pay(self, ref: str) -> Answer:
        """Pay an open invoice as its customer does on the processor's page."""
        self._payments.pay(find(self._books.invoices, "invoice", ref))
        return self.fetch(ref)

    def page(self, token: str) -> InvoiceView:
        """Return what the invoice's page shows."""
        return self._view(self._behind(token))

    def pay_on_page(self, token: str) -> None:
        """Pay it there, with other money than the customer's card."""
        self._payments.pay(self._behind(token))

    def bank_page(self, secret: str) -> InvoiceView:
        """Return what the page shows on which a bank asks for the customer."""
        return self._view(self._asked(secret))

    def authenticate(self, secret: str) -> None:
        """Let the customer pass the bank's check there; the waiting payment goes through."""
        self._payments.pass_check(self._asked(secret))

    def fail_authentication(self, secret: str) -> None:
        """Let the customer fail the bank's check there."""
        self._payments.fail_check(self._asked(secret))

    def views_of(self, customer: CustomerRecord) -> tuple[InvoiceView, ...]:
        """Return a customer's invoices, newest first, without drafts."""
        refs = (
            ref
            for subscription in customer.subscriptions
            for ref in self._books.subscriptions[subscription].invoices
        )
        newest = sorted(refs, key=lambda ref: (len(ref), ref), reverse=True)
        invoices = [self._books.invoices[ref] for ref in newest]
        return tuple(
            self._view(invoice)
            for invoice in invoices
            if invoice.snapshot.status != InvoiceStatus.DRAFT
        )

    def _view(self, invoice: InvoiceRecord) -> InvoiceView:
        books, snapshot = self._books, invoice.snapshot
        card = books.cards.get(invoice.card or "")
        is_waiting = invoice.is_waiting
        return InvoiceView(
            invoice=snapshot,
            customer=books.customers[snapshot.customer].snapshot,
            token=self._addresses.token("invoices", snapshot.ref),
            card=None if card is None else card.snapshot,
            bank=self._addresses.token("authenticate", invoice.payment) if is_waiting else None,
        )

    def _behind(self, token: str) -> InvoiceRecord:
        invoices = self._books.invoices
        return invoices[self._addresses.behind("invoices", token, invoices, noun="invoice")]

    def _asked(self, secret: str) -> InvoiceRecord:
        payments = {invoice.payment: invoice for invoice in self._books.invoices.values()}
        return payments[self._addresses.behind("authenticate", secret, payments, noun="payment")]
