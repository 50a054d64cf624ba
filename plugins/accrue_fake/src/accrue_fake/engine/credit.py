"""Credit: what customers have to their credit, and every movement that explains it."""

from __future__ import annotations

from typing import Literal

from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.money import Money
from accrue_fake.engine.books import Books
from accrue_fake.engine.copies import replace
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.records import CreditMovement, CustomerRecord


class Credit:
    """Keeps what is left over, and pays with it.

    As at Stripe: an invoice that comes to less than nothing leaves the rest to its customer's
    credit, and the next invoices that are finalized are paid with it first. It is never paid out.
    """

    def __init__(self, books: Books, emitter: Emitter) -> None:
        self._books = books
        self._emitter = emitter

    def due(self, customer: str, total: Money) -> Money:
        """Return what would be charged for such a total now."""
        moved = self._moved(self._books.customers[customer], total)
        return Money(total.minor + moved, total.currency)

    def settle(self, invoice: InvoiceSnapshot) -> InvoiceSnapshot:
        """Move what an invoice that is being finalized leaves over or uses up."""
        customer = self._books.customers[invoice.customer]
        moved = self._moved(customer, invoice.total)
        if not moved:
            return invoice
        self._move(customer, moved, "left_over" if moved > 0 else "applied", invoice)
        due = Money(invoice.total.minor + moved, invoice.currency)
        return replace(invoice, amount_due=due, amount_remaining=due)

    def give_back(self, invoice: InvoiceSnapshot) -> None:
        """Return what paid for an invoice that is now void."""
        customer = self._books.customers[invoice.customer]
        used = sum(one.amount.minor for one in customer.credit if one.invoice == invoice.ref)
        if used:
            self._move(customer, -used, "returned", invoice)

    def _moved(self, customer: CustomerRecord, total: Money) -> int:
        """Say by how much a total changes the balance: up when it is negative, else down."""
        if total.minor < 0:
            return -total.minor
        balance = customer.credit[-1].balance.minor if customer.credit else 0
        return -min(total.minor, balance)

    def _move(
        self,
        customer: CustomerRecord,
        minor: int,
        why: Literal["left_over", "applied", "returned"],
        invoice: InvoiceSnapshot,
    ) -> None:
        amount = Money(minor, invoice.currency)
        movement = CreditMovement(
            ref=self._books.new_ref("cbtxn"),
            amount=amount,
            balance=customer.credit[-1].balance + amount if customer.credit else amount,
            why=why,
            invoice=invoice.ref,
            at=self._books.now,
        )
        customer.credit = (*customer.credit, movement)
        self._emitter.emit("customer.updated", "customer", customer.snapshot.ref)
