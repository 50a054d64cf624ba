"""Checkout: sessions, and what a customer does on their page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from accrue_core.contracts.checkout import (
    SESSION_PLACEHOLDER,
    CheckoutSessionSnapshot,
    CheckoutStatus,
    CreateCheckoutSession,
)
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import CreateSubscription
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake.engine.addresses import Addresses, require_web_address
from accrue_fake.engine.answers import Answers
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.cards import Cards, Charge, card_of
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.payment_methods import PaymentMethods
from accrue_fake.engine.records import CheckoutRecord
from accrue_fake.engine.starting import Starting
from accrue_fake.engine.views import CheckoutView

LIFETIME = timedelta(hours=24)
"""How long a session stays open: what Stripe does unless told otherwise."""

NEAREST_TRIAL_END = timedelta(hours=48)
"""A trial's end is so far ahead, as at Stripe: it cannot pass while the page is open."""


@keeps_time
class Checkout:
    """What can be asked about checkout sessions, and what is done on their pages.

    The card is charged first. Only when that has worked, the card is kept and the subscription
    started, so that a declined card leaves nothing behind.
    """

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        calendar: Calendar,
        memory: Memory,
        cards: Cards,
        payment_methods: PaymentMethods,
        starting: Starting,
        answers: Answers,
        addresses: Addresses,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._calendar = calendar
        self._memory = memory
        self._cards = cards
        self._payment_methods = payment_methods
        self._starting = starting
        self._answers = answers
        self._addresses = addresses

    def create(self, request: CreateCheckoutSession, *, key: Key) -> Answer:
        """Open a session; what cannot be subscribed to now is refused now."""
        return self._memory.once(request, key, self._create)

    def fetch(self, ref: str) -> Answer:
        """Return it as it is now, with what came of it."""
        return self._answers.session(find(self._books.sessions, "checkout_session", ref))

    def find_created(self, key: Key, customer: str) -> Answer | None:
        """Return what ``create`` made under this operation, among the customer's own."""
        for ref in self._books.made_by.get(key.operation_id, ()):
            record = self._books.sessions.get(ref)
            if record is not None and record.snapshot.customer == customer:
                return self._answers.session(record)
        return None

    def of_customer(self, ref: str) -> tuple[str, ...]:
        """Return the refs of a customer's sessions, oldest first."""
        sessions = self._books.sessions.items()
        return tuple(name for name, record in sessions if record.request.customer == ref)

    def page(self, token: str) -> CheckoutView:
        """Return what the page shows."""
        record = self._behind(token)
        request, snapshot = record.request, record.snapshot
        offer = self._starting.offer(_subscription(record))
        return CheckoutView(
            session=snapshot,
            customer=self._books.customers[request.customer].snapshot,
            prices=offer.prices,
            quantities=tuple(item.quantity for item in request.items),
            total=offer.total,
            due_today=offer.due_today,
            trial_days=request.trial_days or None,
            trial_end=offer.trial_end,
            success_url=request.success_url.replace(SESSION_PLACEHOLDER, snapshot.ref),
            cancel_url=request.cancel_url,
            waiting=record.waiting,
        )

    def pay(self, token: str, card: str) -> Answer:
        """Pay with a test card, as the customer does on the page.

        ``CardDeclined`` leaves the session open and nothing behind. A card whose bank asks for
        the customer leaves it open and waiting for ``authenticate``.
        """
        record = self._open(token)
        terms = self._starting.terms(_subscription(record))
        charge = self._cards.present(
            card_of(card), customer=record.request.customer, is_charged=bool(terms.offer.due_today)
        )
        record.waiting = card if charge == Charge.WAITS else None
        if charge == Charge.DECLINED:
            raise CardDeclined(reason="card_declined")
        if charge == Charge.PAID:
            self._complete(record, card, is_authenticated=False)
        return self._answers.session(record)

    def authenticate(self, token: str) -> Answer:
        """Let the customer pass the bank's check; the session completes."""
        record = self._open(token)
        self._starting.terms(_subscription(record))
        self._complete(record, record.answered(), is_authenticated=True)
        return self._answers.session(record)

    def fail_authentication(self, token: str) -> Answer:
        """Let the customer fail the bank's check; the session stays open for another card."""
        record = self._open(token)
        record.answered()
        return self._answers.session(record)

    def lapse(self, ref: str, _: datetime) -> None:
        """Close a session that nobody completed."""
        record = self._books.sessions[ref]
        if record.snapshot.status == CheckoutStatus.OPEN:
            record.waiting = None
            self._becomes(record, CheckoutStatus.EXPIRED)
            self._emitter.emit("checkout.session.expired", "checkout_session", ref)

    def _create(self, request: CreateCheckoutSession, key: Key) -> Answer:
        for name in ("success_url", "cancel_url"):
            require_web_address(getattr(request, name), param=name)
        now = self._books.now
        if request.trial_end is not None and request.trial_end < now + NEAREST_TRIAL_END:
            raise ProcessorRejected("a trial ends 48 hours ahead or later", param="trial_end")
        snapshot = CheckoutSessionSnapshot(
            ref="",
            customer=request.customer,
            status=CheckoutStatus.OPEN,
            expires_at=now + LIFETIME,
            created_at=now,
        )
        record = CheckoutRecord(snapshot=snapshot, request=request, operation_id=key.operation_id)
        self._starting.terms(_subscription(record))
        ref = self._books.new_ref("cs")
        record.snapshot = replace(snapshot, ref=ref)
        self._books.sessions[ref] = record
        self._books.note_made(key.operation_id, ref)
        self._calendar.add(now + LIFETIME, "lapse", ref)
        return self._answers.session(record)

    def _complete(self, record: CheckoutRecord, card: str, *, is_authenticated: bool) -> None:
        """Keep the card, as the customer's default, and start what the session is for."""
        ref, key = record.snapshot.ref, Key("", record.operation_id)
        attach = AttachPaymentMethod(customer=record.request.customer, payment_method=card)
        kept = self._payment_methods.add(attach, key)
        kept.is_authenticated = is_authenticated
        subscription = self._starting.start(_subscription(record), key, paid_with=kept)
        record.card = kept.snapshot.ref
        record.snapshot = replace(record.snapshot, subscription=subscription.snapshot.ref)
        self._becomes(record, CheckoutStatus.COMPLETE)
        self._emitter.emit("checkout.session.completed", "checkout_session", ref)

    def _becomes(self, record: CheckoutRecord, status: CheckoutStatus) -> None:
        record.snapshot = replace(record.snapshot, status=status)

    def _behind(self, token: str) -> CheckoutRecord:
        sessions = self._books.sessions
        return sessions[
            self._addresses.behind("checkout", token, sessions, noun="checkout_session")
        ]

    def _open(self, token: str) -> CheckoutRecord:
        record = self._behind(token)
        status = record.snapshot.status
        if status != CheckoutStatus.OPEN:
            raise ProcessorRejected(
                f"this checkout session is {status}", reason=f"checkout_{status}"
            )
        return record


def _subscription(record: CheckoutRecord) -> CreateSubscription:
    """Return the request that the session will make when it completes."""
    request = record.request
    return CreateSubscription(
        customer=request.customer,
        items=request.items,
        trial_days=request.trial_days,
        trial_end=request.trial_end,
        metadata=request.metadata,
    )
