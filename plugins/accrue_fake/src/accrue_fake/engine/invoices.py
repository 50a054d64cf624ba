"""Invoices: what can be asked about them."""

from __future__ import annotations

from accrue_core.contracts.results import Answer
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.payments import Payments


class Invoices:
    """Invoices are drawn by time, not by requests; they can be fetched and paid."""

    def __init__(self, books: Books, payments: Payments) -> None:
        self._books = books
        self._payments = payments

    def fetch(self, ref: str) -> Answer:
        """Return the invoice with all of its lines and payments."""
        return Answer(find(self._books.invoices, "invoice", ref).snapshot)

    def of_subscription(self, ref: str) -> tuple[str, ...]:
        """Return the refs of a subscription's invoices, oldest first."""
        return tuple(find(self._books.subscriptions, "subscription", ref).invoices)

    def pay(self, ref: str) -> Answer:
        """Pay an open invoice as its customer does on the processor's page."""
        self._payments.pay(ref)
        return self.fetch(ref)
