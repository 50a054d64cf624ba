"""Invoicing: an invoice is drawn, finalized and numbered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from accrue_core.contracts.invoices import (
    InvoiceLineSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
)
from accrue_fake.engine.bills import Bill, bill, nothing_in
from accrue_fake.engine.bills import Lines as Lines
from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.copies import replace
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.records import InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.tax import Tax

Reason = Literal["subscription_create", "subscription_cycle", "subscription_update"]


class Invoicing:
    """Draws the invoices of subscriptions.

    Stripe leaves a renewal's invoice a draft for about an hour; here it is finalized at once, so
    that a period's end is one moment.
    """

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        credit: Credit,
        discounts: Discounts,
        tax: Tax,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._calendar = calendar
        self._credit = credit
        self._discounts = discounts
        self._tax = tax

    def named(self, lines: Iterable[InvoiceLineSnapshot]) -> Lines:
        """Give lines refs of their own."""
        return tuple(replace(line, ref=self._books.new_ref("il")) for line in lines)

    def bill(
        self,
        record: SubscriptionRecord,
        lines: Lines,
        *,
        reason: Reason,
        carried: Lines = (),
        at: datetime | None = None,
    ) -> Bill:
        """Say what lines come to on an invoice of now, or of a moment ahead.

        ``carried`` are the prorations that waited for it; they stand first.
        """
        moment, snapshot = self._books.now if at is None else at, record.snapshot
        is_change = reason == "subscription_update"
        new = (not (is_change and line.is_proration) for line in lines)
        counts = [*(False for _ in carried), *new]
        lines = (*carried, *lines)
        return bill(
            lines,
            currency=snapshot.currency or lines[0].amount.currency,
            coupon=self._discounts.counting(record, moment),
            rate=self._tax.rate_of(snapshot.customer) if snapshot.automatic_tax else None,
            rounding=self._tax.rounding,
            counts=counts,
        )

    def draw(
        self,
        record: SubscriptionRecord,
        lines: Lines,
        *,
        reason: Reason,
        start: datetime,
        end: datetime,
        carried: Lines = (),
    ) -> InvoiceRecord:
        """Draw a draft with these lines, and before them what waited for it."""
        ref = self._books.new_ref("in")
        said = self.bill(record, lines, reason=reason, carried=carried)
        invoice = InvoiceRecord(
            snapshot=self._draft(ref, record, said, reason=reason, start=start, end=end),
            discounts=said.discounts,
            taxes=said.taxes,
        )
        self._books.invoices[ref] = invoice
        record.invoices.append(ref)
        record.snapshot = replace(record.snapshot, latest_invoice=ref)
        self._emitter.emit("invoice.created", "invoice", ref)
        return invoice

    def finalize(
        self, record: SubscriptionRecord, invoice: InvoiceRecord, *, is_collected: bool = True
    ) -> None:
        """Number the invoice and open it; one that asks for nothing is paid thereby.

        What the customer has to their credit pays first, unless the invoice is not collected.
        """
        books, snapshot = self._books, invoice.snapshot
        if is_collected:
            snapshot = self._credit.settle(snapshot)
        customer = books.customers[snapshot.customer]
        customer.invoices += 1
        days = record.days_until_due
        is_free = not snapshot.amount_due
        due_at = None if days is None else books.now + timedelta(days=days)
        invoice.snapshot = replace(
            snapshot,
            status=InvoiceStatus.PAID if is_free else InvoiceStatus.OPEN,
            number=f"F{snapshot.customer.rpartition('_')[2]}-{customer.invoices:04d}",
            payments=() if is_free else (self._payment(snapshot),),
            finalized_at=books.now,
            due_at=due_at,
            paid_at=books.now if is_free else None,
        )
        self._emitter.emit("invoice.finalized", "invoice", snapshot.ref)
        if is_collected:
            self._discounts.spend(record, invoice)
        if is_free:
            self._emitter.emit("invoice.paid", "invoice", snapshot.ref)
        elif due_at is not None:
            self._calendar.add(due_at, "overdue", snapshot.ref)

    def _draft(
        self,
        ref: str,
        record: SubscriptionRecord,
        said: Bill,
        *,
        reason: Reason,
        start: datetime,
        end: datetime,
    ) -> InvoiceSnapshot:
        snapshot, total = record.snapshot, said.total
        nothing = nothing_in(total.currency)
        due = total if total.minor > 0 else nothing
        return InvoiceSnapshot(
            ref=ref,
            customer=snapshot.customer,
            subscription=snapshot.ref,
            status=InvoiceStatus.DRAFT,
            currency=total.currency,
            subtotal=said.subtotal,
            discount=said.discount,
            tax=said.tax,
            total=total,
            amount_due=due,
            amount_paid=nothing,
            amount_remaining=due,
            lines=said.lines,
            billing_reason=reason,
            collection=snapshot.collection,
            period_start=start,
            period_end=end,
            created_at=self._books.now,
        )

    def _payment(self, snapshot: InvoiceSnapshot) -> InvoicePaymentSnapshot:
        """Stripe gives a finalized invoice one payment, which every attempt then tries to make."""
        ref, payment = self._books.new_ref("inpay"), self._books.new_ref("pi")
        self._books.invoice_of[payment] = snapshot.ref
        return InvoicePaymentSnapshot(
            ref=ref, amount=snapshot.amount_due, status="open", payment=payment
        )
