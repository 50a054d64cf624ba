"""Changing: a running subscription becomes one for something else, once that is paid for."""

from __future__ import annotations

from dataclasses import replace

from accrue_core.contracts.changes import ChangeSubscription, PreviewedChange
from accrue_core.errors import CardDeclined
from accrue_core.money import Money
from accrue_fake.engine.bills import Bill, Lines
from accrue_fake.engine.books import Books
from accrue_fake.engine.cards import Charge
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.planning import Plan, Planning
from accrue_fake.engine.records import Change, InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.standing import Standing


class Changing:
    """Charges first and changes afterwards.

    What is invoiced at once is charged before anything is written: a declined card leaves nothing
    behind that could be paid later. A bank that asks for the customer makes the change wait. Where
    invoices are sent, to be paid within days, nothing waits, as at Stripe: the change is made.
    """

    def __init__(
        self,
        books: Books,
        planning: Planning,
        credit: Credit,
        invoicing: Invoicing,
        payments: Payments,
        pending: PendingChanges,
        periods: Periods,
        standing: Standing,
    ) -> None:
        self._books = books
        self._planning = planning
        self._credit = credit
        self._invoicing = invoicing
        self._payments = payments
        self._pending = pending
        self._periods = periods
        self._standing = standing

    def preview(self, record: SubscriptionRecord, request: ChangeSubscription) -> PreviewedChange:
        """Say what a change would put on an invoice: the one of now, or else the next renewal's."""
        plan = self._planning.plan(record, request)
        said = self._foreseen(record, plan)
        return PreviewedChange(
            proration_at=plan.at,
            currency=said.total.currency,
            lines=tuple(
                replace(line, ref=f"il_tmp_{number:05d}")
                for number, line in enumerate(said.lines, 1)
            ),
            subtotal=said.subtotal,
            discount=said.discount,
            tax=said.tax,
            total=said.total,
            amount_due=self._credit.due(record.snapshot.customer, said.total),
            due_now=plan.is_invoiced,
        )

    def renewal(self, record: SubscriptionRecord) -> Money:
        """Say what its next renewal will charge: discounted, taxed, less what is to its credit."""
        change = Change(items=record.snapshot.items)
        said = self._invoicing.bill(
            record,
            self._planning.renewal(record, change),
            reason="subscription_cycle",
            carried=tuple(record.unbilled),
            at=self._planning.renews_at(record, change),
        )
        return self._credit.due(record.snapshot.customer, said.total)

    def change(
        self, record: SubscriptionRecord, request: ChangeSubscription
    ) -> InvoiceRecord | None:
        """Make a change, or let it wait; return its invoice if there is one already."""
        plan = self._planning.plan(record, request)
        if plan.is_invoiced:
            return self._invoice(record, plan)
        plan = self._named(plan)
        record.unbilled.extend(plan.lines)
        self._make(record, plan.change)
        return None

    def _invoice(self, record: SubscriptionRecord, plan: Plan) -> InvoiceRecord:
        total = self._foreseen(record, plan).total
        is_charged = record.snapshot.collection == "charge" and bool(
            self._credit.due(record.snapshot.customer, total)
        )
        charge, card = self._payments.ahead(record) if is_charged else (Charge.PAID, None)
        if charge == Charge.DECLINED:
            raise CardDeclined(reason="card_declined")
        plan, carried = self._named(plan), tuple(record.unbilled)
        invoice = self._drawn(record, plan, carried)
        if is_charged:
            self._payments.note(invoice, card, charge)
        if charge == Charge.WAITS:
            self._pending.hold(record, plan.change, invoice, carried)
            return invoice
        record.collected = invoice.snapshot.ref
        self._make(record, plan.change)
        return invoice

    def _foreseen(self, record: SubscriptionRecord, plan: Plan) -> Bill:
        """Say what the invoice on which a change stands will come to."""
        carried = tuple(record.unbilled)
        if plan.is_invoiced:
            return self._invoicing.bill(
                record, plan.lines, reason="subscription_update", carried=carried
            )
        return self._invoicing.bill(
            record,
            self._planning.renewal(record, plan.change),
            reason="subscription_cycle",
            carried=(*carried, *plan.lines),
            at=self._planning.renews_at(record, plan.change),
        )

    def _drawn(self, record: SubscriptionRecord, plan: Plan, carried: Lines) -> InvoiceRecord:
        record.unbilled.clear()
        own = plan.lines[-1]
        invoice = self._invoicing.draw(
            record,
            plan.lines,
            carried=carried,
            reason="subscription_update",
            start=plan.at,
            end=own.period_end or record.period_end,
        )
        self._invoicing.finalize(record, invoice)
        return invoice

    def _make(self, record: SubscriptionRecord, change: Change) -> None:
        if change.items != record.snapshot.items:
            self._periods.apply(record, change)
            self._standing.announce(record)

    def _named(self, plan: Plan) -> Plan:
        """Give refs to the items that are new, and to the lines."""
        items, refs = [], {}
        for item in plan.change.items:
            ref = item.ref or self._books.new_ref("si")
            items.append(replace(item, ref=ref))
            refs[item.price] = ref
        lines = (
            replace(line, subscription_item=line.subscription_item or refs[line.price or ""])
            for line in plan.lines
        )
        change = replace(plan.change, items=tuple(items))
        return replace(plan, change=change, lines=self._invoicing.named(lines))
