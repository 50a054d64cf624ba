"""The sum over everything: what customers were asked for is what they paid, owe or have left."""

from __future__ import annotations

from collections import Counter

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_fake import Engine

ASKED = frozenset({InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE})
"""Drafts are not asked for yet, and void invoices not any more."""


def assert_no_money_is_lost(engine: Engine) -> None:
    """Fail unless, for each customer, every unit is accounted for and every credit explained."""
    books = engine.books
    for ref, customer in books.customers.items():
        invoices = [one.snapshot for one in books.invoices.values() if one.snapshot.customer == ref]
        asked = [invoice for invoice in invoices if invoice.status in ASKED]
        total = sum(invoice.total.minor for invoice in asked)
        paid = sum(invoice.amount_paid.minor for invoice in asked)
        owed = sum(invoice.amount_remaining.minor for invoice in asked)
        balance = 0
        for movement in customer.credit:
            balance += movement.amount.minor
            assert movement.balance.minor == balance >= 0
            assert movement.invoice in books.invoices
        assert total == paid + owed - balance
    _assert_every_line_is_in_one_place(engine)


def _assert_every_line_is_in_one_place(engine: Engine) -> None:
    """Each line that was ever written stands on one invoice, or waits for one."""
    books = engine.books
    seen = Counter(
        line.ref for invoice in books.invoices.values() for line in invoice.snapshot.lines
    )
    for record in books.subscriptions.values():
        seen.update(line.ref for line in record.unbilled)
    assert set(seen.values()) <= {1}
    assert len(seen) == books.counters.get("il", 0)
