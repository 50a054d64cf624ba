"""Invoices: what can be asked about them, and what is done on their pages."""

from __future__ import annotations

from accrue_core.contracts.checkout import SESSION_PLACEHOLDER
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.results import Answer
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.addresses import Addresses
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.cards import Charge
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.copies import replace
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.payments import PAYABLE, Payments
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.records import CustomerRecord, InvoiceRecord
from accrue_fake.engine.resuming import forgo
from accrue_fake.engine.standing import Standing
from accrue_fake.engine.views import InvoiceView


@keeps_time
class Invoices:
    """Invoices are drawn by time, not by requests; they can be fetched, paid and given up.

    An invoice's life is Stripe's (docs.stripe.com/invoicing/overview): a draft is finalized or
    deleted, an open one is paid, voided or marked uncollectible, and one that is uncollectible can
    still be paid or voided. What is paid, void or gone stays that.
    """

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        invoicing: Invoicing,
        payments: Payments,
        pending: PendingChanges,
        standing: Standing,
        addresses: Addresses,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._invoicing = invoicing
        self._payments = payments
        self._pending = pending
        self._standing = standing
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

    def charge(self, ref: str, card: str | None = None, *, on_session: bool = False) -> Charge:
        """Charge an open invoice once: to a card of its customer's, by default the one on file.

        With ``on_session`` the customer is there, for a bank that asks. What is declined or waits
        leaves it open, and a retry that is planned stays planned.
        """
        invoice = self._in(ref, *PAYABLE)
        chosen = None if card is None else find(self._books.cards, "payment_method", card)
        if chosen is not None and chosen.snapshot.customer != invoice.snapshot.customer:
            raise ProcessorRejected(
                "this payment method is not attached to the customer", param="payment_method"
            )
        return self._payments.charge(invoice, chosen, on_session=on_session)

    def finalize(self, ref: str) -> Answer:
        """Number a draft and open it; one that asks for nothing is paid thereby.

        It is the newest of its subscription from then on, whose payment decides the status. It is
        not charged.
        """
        invoice = self._in(ref, InvoiceStatus.DRAFT)
        record = self._books.subscriptions[invoice.snapshot.subscription or ""]
        self._invoicing.finalize(record, invoice)
        if invoice.snapshot.amount_remaining:
            record.collected = ref
        return self.fetch(ref)

    def void(self, ref: str) -> Answer:
        """Ask nobody for an invoice any more; what paid for it in part goes back.

        A change that waits for it to be paid is off.
        """
        invoice = self._in(ref, *PAYABLE)
        record = self._books.subscriptions.get(invoice.snapshot.subscription or "")
        if record is not None and record.resuming == ref:
            forgo(record, self._invoicing)
        if record is not None and record.pending is not None and record.pending.invoice == ref:
            self._pending.drop(record)
        else:
            self._standing.void(invoice)
        return self.fetch(ref)

    def mark_uncollectible(self, ref: str) -> Answer:
        """Expect no money for an open invoice any more; its customer can still pay it.

        A subscription that is past due by it is active again.
        """
        invoice = self._in(ref, InvoiceStatus.OPEN)
        self._standing.give_up(invoice)
        self._standing.forgiven(invoice)
        return self.fetch(ref)

    def delete_draft(self, ref: str) -> None:
        """Forget a draft; it had no number yet. It is told while it can still be looked at."""
        invoice = self._in(ref, InvoiceStatus.DRAFT)
        self._emitter.emit("invoice.deleted", "invoice", ref)
        record = self._books.subscriptions[invoice.snapshot.subscription or ""]
        record.invoices.remove(ref)
        if record.snapshot.latest_invoice == ref:
            newest = record.invoices[-1] if record.invoices else None
            record.snapshot = replace(record.snapshot, latest_invoice=newest)
        del self._books.invoices[ref]

    def page(self, token: str) -> InvoiceView:
        """Return what the invoice's page shows."""
        return self._view(self._behind(token))

    def pay_on_page(self, token: str) -> None:
        """Pay it there, with other money than the customer's card."""
        self._payments.pay(self._behind(token))

    def bank_page(self, secret: str) -> InvoiceView:
        """Return what the page shows on which a bank asks for the customer."""
        invoice = self._asked(secret)
        customer = invoice.snapshot.customer
        return replace(
            self._view(invoice), back=self._shop_of(invoice), portal=self._open_portal(customer)
        )

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

    def _in(self, ref: str, *statuses: InvoiceStatus) -> InvoiceRecord:
        """Return an invoice that is in one of these statuses, or refuse."""
        invoice = find(self._books.invoices, "invoice", ref)
        status = invoice.snapshot.status
        if status not in statuses:
            raise ProcessorRejected(
                f"this invoice is {status}; it must be {' or '.join(sorted(statuses))}",
                reason="invoice_not_open",
            )
        return invoice

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

    def _shop_of(self, invoice: InvoiceRecord) -> str | None:
        """Return where a checkout sends its customer who has paid, or who has not."""
        subscription = invoice.snapshot.subscription
        for ref, session in self._books.sessions.items():
            if subscription is not None and session.snapshot.subscription == subscription:
                if invoice.snapshot.status == InvoiceStatus.PAID:
                    return session.request.success_url.replace(SESSION_PLACEHOLDER, ref)
                return session.request.cancel_url
        return None

    def _open_portal(self, customer: str) -> str | None:
        """Return the token of the newest portal session that a customer has open."""
        for ref, portal in reversed(self._books.portals.items()):
            if portal.request.customer == customer and self._books.now < portal.expires_at:
                return self._addresses.token("portal", ref)
        return None

    def _behind(self, token: str) -> InvoiceRecord:
        invoices = self._books.invoices
        return invoices[self._addresses.behind("invoices", token, invoices, noun="invoice")]

    def _asked(self, secret: str) -> InvoiceRecord:
        invoice_of = self._books.invoice_of
        payment = self._addresses.behind("authenticate", secret, invoice_of, noun="payment")
        return self._books.invoices[invoice_of[payment]]
