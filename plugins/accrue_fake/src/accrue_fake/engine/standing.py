"""Standing: how a subscription stands, given what became of its invoices.

Every status the engine gives a subscription after its creation is given here.
"""

from __future__ import annotations

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_fake.engine.books import Books
from accrue_fake.engine.copies import replace
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.records import InvoiceRecord, SubscriptionRecord
from accrue_fake.engine.reins import Reins

_OWES = frozenset(
    {SubscriptionStatus.INCOMPLETE, SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID}
)
_MAY_FALL_BEHIND = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING})


class Standing:
    """Moves subscriptions between statuses, and tells the world."""

    def __init__(self, books: Books, emitter: Emitter, credit: Credit) -> None:
        self._books = books
        self._emitter = emitter
        self._credit = credit
        self._reins = Reins(books, emitter)

    def becomes(self, record: SubscriptionRecord, status: SubscriptionStatus) -> None:
        """Change the status, once."""
        if record.snapshot.status == status:
            return
        record.snapshot = replace(record.snapshot, status=status)
        if status != SubscriptionStatus.PAUSED:
            record.rested_at = None
        self.announce(record)

    def pause(self, record: SubscriptionRecord) -> None:
        """Let it rest: nothing is asked for until somebody resumes it."""
        self.becomes(record, SubscriptionStatus.PAUSED)
        self._emitter.emit("customer.subscription.paused", "subscription", record.snapshot.ref)

    def resume(self, record: SubscriptionRecord) -> None:
        """Let it go on after a rest."""
        record.resuming, record.carried = None, ()
        self.becomes(record, SubscriptionStatus.ACTIVE)
        self._emitter.emit("customer.subscription.resumed", "subscription", record.snapshot.ref)

    def announce(self, record: SubscriptionRecord) -> None:
        """Owe the webhook that says something changed."""
        self._emitter.emit("customer.subscription.updated", "subscription", record.snapshot.ref)

    def paid(self, invoice: InvoiceRecord) -> None:
        """An invoice was paid: its subscription stands well again, if it was the newest.

        Stripe: a subscription is past due by its latest finalized invoice, and active once that
        one is paid; an older debt that is settled late changes nothing.
        """
        record = self._subscription(invoice)
        if record is None or record.collected != invoice.snapshot.ref:
            return
        is_paused = record.snapshot.status == SubscriptionStatus.PAUSED
        if is_paused and record.resuming == invoice.snapshot.ref:
            self.resume(record)
        elif record.snapshot.status in _OWES:
            self.becomes(record, SubscriptionStatus.ACTIVE)

    def failed(self, invoice: InvoiceRecord) -> None:
        """A due invoice was not paid. A first one leaves its subscription incomplete."""
        record = self._subscription(invoice)
        if record is not None and record.snapshot.status in _MAY_FALL_BEHIND:
            self.becomes(record, SubscriptionStatus.PAST_DUE)

    def forgiven(self, invoice: InvoiceRecord) -> None:
        """Nobody expects the newest invoice to be paid any more: what fell behind stands well.

        As at Stripe (docs.stripe.com/billing/subscriptions/overview, of ``past_due``).
        """
        record = self._subscription(invoice)
        if record is None or record.collected != invoice.snapshot.ref:
            return
        if record.snapshot.status == SubscriptionStatus.PAST_DUE:
            self.becomes(record, SubscriptionStatus.ACTIVE)

    def exhausted(self, invoice: InvoiceRecord) -> None:
        """The last retry failed: what the engine was told to do then."""
        record = self._subscription(invoice)
        if record is None or record.snapshot.status != SubscriptionStatus.PAST_DUE:
            return
        if self._books.final == "unpaid":
            self.becomes(record, SubscriptionStatus.UNPAID)
        else:
            self._reins.follow(record, is_delinquent=True)
            self.end(record)

    def end(self, record: SubscriptionRecord) -> None:
        """End a subscription now; its open invoices are no longer collected automatically."""
        if record.is_ended:
            return
        self._reins.follow(record, is_delinquent=False)
        now = self._books.now
        is_incomplete = record.snapshot.status == SubscriptionStatus.INCOMPLETE
        record.snapshot = replace(
            record.snapshot,
            status=SubscriptionStatus.CANCELED,
            canceled_at=record.snapshot.canceled_at or now,
            ended_at=now,
        )
        self._let_go(record, is_void=is_incomplete)
        self._emitter.emit("customer.subscription.deleted", "subscription", record.snapshot.ref)

    def expire(self, record: SubscriptionRecord) -> None:
        """Give up on a first payment that nobody completed; its invoice is void."""
        self._reins.follow(record, is_delinquent=True)
        record.snapshot = replace(
            record.snapshot,
            status=SubscriptionStatus.INCOMPLETE_EXPIRED,
            ended_at=self._books.now,
        )
        self._let_go(record, is_void=True)
        self.announce(record)

    def void(self, invoice: InvoiceRecord) -> None:
        """Ask nobody for an invoice any more; what paid for it in part goes back."""
        snapshot = invoice.snapshot
        invoice.is_waiting = False
        invoice.snapshot = replace(
            snapshot,
            status=InvoiceStatus.VOID,
            voided_at=self._books.now,
            next_attempt_at=None,
            payments=tuple(replace(payment, status="canceled") for payment in snapshot.payments),
        )
        self._emitter.emit("invoice.voided", "invoice", snapshot.ref)
        self._credit.give_back(snapshot)

    def give_up(self, invoice: InvoiceRecord) -> None:
        """Expect no money for an invoice any more; its customer can still pay it."""
        invoice.snapshot = replace(invoice.snapshot, status=InvoiceStatus.UNCOLLECTIBLE)
        ref = invoice.snapshot.ref
        self._emitter.emit("invoice.marked_uncollectible", "invoice", ref)

    def _let_go(self, record: SubscriptionRecord, *, is_void: bool) -> None:
        """Collect nothing more. A change that nobody has paid for is off, and so is its invoice."""
        pending, record.pending = record.pending, None
        if pending is not None:
            record.snapshot = replace(record.snapshot, pending_until=None)
        for ref in record.invoices:
            invoice = self._books.invoices[ref]
            if invoice.snapshot.status != InvoiceStatus.OPEN:
                continue
            invoice.is_waiting = False
            if is_void or ref in (record.resuming, pending and pending.invoice):
                self.void(invoice)
            elif invoice.snapshot.next_attempt_at is not None:
                invoice.snapshot = replace(invoice.snapshot, next_attempt_at=None)
                self._emitter.emit("invoice.updated", "invoice", ref)

    def _subscription(self, invoice: InvoiceRecord) -> SubscriptionRecord | None:
        return self._books.subscriptions.get(invoice.snapshot.subscription or "")
