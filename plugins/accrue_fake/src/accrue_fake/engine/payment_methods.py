"""Payment methods: made and attached from test tokens, and detached."""

from __future__ import annotations

from accrue_core.contracts.payment_methods import AttachPaymentMethod, PaymentMethodSnapshot
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.cards import TestCard, card_of, card_on_file
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.copies import replace
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.records import CardRecord, CustomerRecord


@keeps_time
class PaymentMethods:
    """What can be asked about payment methods."""

    def __init__(self, books: Books, emitter: Emitter, memory: Memory) -> None:
        self._books = books
        self._emitter = emitter
        self._memory = memory

    def attach(self, request: AttachPaymentMethod, *, key: Key) -> Answer:
        """Give a customer a card. Each use of a test token makes a card of its own."""
        return self._memory.once(request, key, self._attach)

    def fetch(self, ref: str) -> Answer:
        """Return the payment method; a detached one has no customer."""
        return Answer(find(self._books.cards, "payment_method", ref).snapshot)

    def find_created(self, key: Key, customer: str) -> Answer | None:
        """Return what ``attach`` made under this operation, among the customer's own."""
        record = self._books.customers.get(customer)
        for ref in self._books.made_by.get(key.operation_id, ()):
            if record is not None and ref in record.payment_methods:
                return Answer(self._books.cards[ref].snapshot, (record.snapshot,))
        return None

    def of_customer(self, ref: str) -> tuple[str, ...]:
        """Return the refs of a customer's payment methods, oldest first."""
        return tuple(find(self._books.customers, "customer", ref).payment_methods)

    def detach(self, ref: str) -> Answer:
        """Take a card from its customer; subscriptions that named it fall back to the default."""
        card = find(self._books.cards, "payment_method", ref)
        owner = self._books.customers.get(card.snapshot.customer or "")
        card.snapshot = replace(card.snapshot, customer=None)
        self._emitter.emit("payment_method.detached", "payment_method", ref)
        if owner is not None:
            owner.payment_methods.remove(ref)
            if owner.snapshot.default_payment_method == ref:
                self._make_default(owner, None)
        return Answer(card.snapshot)

    def make(self, token: str, card: TestCard | None = None) -> Answer:
        """Make a card that is nobody's yet, as a browser's form does at Stripe. No event tells it.

        It is the one that the test token stands for, or ``card`` where the caller knows more of
        them; ``token`` is what it has its fingerprint from.
        """
        return Answer(self._books.cards[self._make(token, card or card_of(token), None)].snapshot)

    def give(self, ref: str, customer: str) -> Answer:
        """Give a customer a card that is nobody's. It is not the default thereby."""
        card = find(self._books.cards, "payment_method", ref)
        record = self._customer(customer)
        if card.snapshot.customer is not None:
            raise ProcessorRejected("this card is attached already", param="payment_method")
        card.snapshot = replace(card.snapshot, customer=customer)
        record.payment_methods.append(ref)
        self._emitter.emit("payment_method.attached", "payment_method", ref)
        return Answer(card.snapshot, (record.snapshot,))

    def clear_default(self, customer: str) -> Answer:
        """Leave a customer without a default card; the cards stay."""
        record = self._customer(customer)
        self._make_default(record, None)
        return Answer(record.snapshot)

    def on_file(self, customer: str, *, subscription: str | None = None) -> str | None:
        """Return the card that a payment of theirs would be charged to, if they have any."""
        find(self._books.customers, "customer", customer)
        card = card_on_file(self._books, customer, subscription)
        return None if card is None else card.snapshot.ref

    def same_as(self, token: str, customer: str) -> str | None:
        """Return which of a customer's cards is printed with the same number, if any is."""
        for ref in self._books.customers[customer].payment_methods:
            if self._books.cards[ref].snapshot.fingerprint == self._fingerprint(token):
                return ref
        return None

    def add(self, request: AttachPaymentMethod, key: Key) -> CardRecord:
        """Give a customer a card, whether it was asked through the API or on a page."""
        customer, ref = self._customer(request.customer), request.payment_method
        if ref not in customer.payment_methods:
            ref = self._make(ref, card_of(ref), request.customer)
            customer.payment_methods.append(ref)
            self._emitter.emit("payment_method.attached", "payment_method", ref)
        self._books.note_made(key.operation_id, ref)
        if request.make_default:
            self._make_default(customer, ref)
        return self._books.cards[ref]

    def _attach(self, request: AttachPaymentMethod, key: Key) -> Answer:
        card = self.add(request, key)
        return Answer(card.snapshot, (self._books.customers[request.customer].snapshot,))

    def _customer(self, ref: str) -> CustomerRecord:
        customer = self._books.customers.get(ref)
        if customer is None or customer.is_deleted:
            raise ProcessorRejected("no such customer", reason="missing", param="customer")
        return customer

    def _make(self, token: str, card: TestCard, customer: str | None) -> str:
        ref = self._books.new_ref("pm")
        snapshot = PaymentMethodSnapshot(
            ref=ref,
            customer=customer,
            type="card",
            brand=card.brand,
            last4=card.last4,
            exp_month=12,
            exp_year=self._books.now.year + 8,
            fingerprint=self._fingerprint(token),
            created_at=self._books.now,
        )
        self._books.cards[ref] = CardRecord(
            snapshot=snapshot, behavior=card.behavior, fails_on=card.fails_on
        )
        return ref

    def _fingerprint(self, token: str) -> str:
        return self._books.token("fingerprint", token)[:16]

    def _make_default(self, customer: CustomerRecord, ref: str | None) -> None:
        if customer.snapshot.default_payment_method == ref:
            return
        customer.snapshot = replace(customer.snapshot, default_payment_method=ref)
        self._emitter.emit("customer.updated", "customer", customer.snapshot.ref)
