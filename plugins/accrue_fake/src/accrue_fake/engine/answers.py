"""Answers: what comes along with a subscription, and what its customer has to do."""

from __future__ import annotations

from accrue_core.contracts.results import Answer, NextAction
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.settings import Secret
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import InvoiceRecord, SubscriptionRecord

PAGES = "https://fake.invalid"
"""Where the engine's pages would be. The name is reserved never to exist (RFC 2606)."""


class Answers:
    """Puts answers together. Links and secrets are derived from the seed, never stored."""

    def __init__(self, books: Books) -> None:
        self._books = books

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

    def _next_action(self, record: SubscriptionRecord) -> NextAction | None:
        """Authenticate where the bank asks for it; else pay a first invoice on its page."""
        invoice = self._books.invoices.get(record.collected or "")
        if invoice is None:
            return None
        if invoice.is_waiting:
            return self._authentication(invoice)
        if record.snapshot.status == SubscriptionStatus.INCOMPLETE:
            token = self._books.token("page", invoice.snapshot.ref)
            return NextAction("redirect", url=Secret(f"{PAGES}/invoices/{token}"))
        return None

    def _authentication(self, invoice: InvoiceRecord) -> NextAction:
        payment = invoice.snapshot.payments[0].payment or invoice.snapshot.ref
        secret = self._books.token("secret", payment)
        return NextAction(
            "authenticate",
            url=Secret(f"{PAGES}/authenticate/{secret}"),
            client_secret=Secret(f"{payment}_secret_{secret}"),
        )
