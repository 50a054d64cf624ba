"""Starting: what a new subscription must satisfy, and how it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import (
    CreateSubscription,
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from accrue_fake.engine.books import Books
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.records import CardRecord, CustomerRecord, Price, SubscriptionRecord
from accrue_fake.engine.trials import require_trial_end

DAYS_UNTIL_DUE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a request costs; ``total`` is for one period.

    ``due_today`` is what is charged at the start, after what its customer has to their credit:
    nothing while a trial runs.
    """

    prices: tuple[Price, ...]
    total: Money
    due_today: Money
    trial_end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a request comes to for its customer, once it was found to be in order."""

    customer: CustomerRecord
    offer: Offer
    days_until_due: int | None


class Starting:
    """Checks everything, then does everything: a refusal leaves nothing behind."""

    def __init__(
        self, books: Books, emitter: Emitter, credit: Credit, pricing: Pricing, cycles: Cycles
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._credit = credit
        self._pricing = pricing
        self._cycles = cycles

    def offer(self, request: CreateSubscription) -> Offer:
        """Say what a request would cost now."""
        prices = self._pricing.prices_of(request.items)
        quantities = [item.quantity for item in request.items]
        amounts = (price.money.minor * n for price, n in zip(prices, quantities, strict=True))
        total = Money(sum(amounts), prices[0].money.currency)
        trial_end = self._trial_end(request)
        return Offer(
            prices=prices,
            total=total,
            due_today=self._credit.due(request.customer, total if trial_end is None else total * 0),
            trial_end=trial_end,
        )

    def terms(self, request: CreateSubscription) -> Terms:
        """Say what a request comes to, or refuse. It changes nothing."""
        customer, offer = self._customer(request), self.offer(request)
        if customer.snapshot.currency not in (None, offer.total.currency):
            raise ProcessorRejected(
                f"this customer is billed in {customer.snapshot.currency}", param="items.price"
            )
        return Terms(customer=customer, offer=offer, days_until_due=self._days_until_due(request))

    def start(
        self, request: CreateSubscription, key: Key, *, paid_with: CardRecord | None = None
    ) -> SubscriptionRecord:
        """Start a subscription, or refuse; ``paid_with`` as of ``Cycles.begin``."""
        terms = self.terms(request)
        trial_end = terms.offer.trial_end
        anchor = trial_end or self._books.now
        record = self._record(request, key, terms.offer.prices, anchor=anchor)
        record.days_until_due = terms.days_until_due
        self._enroll(terms.customer, record, key)
        if trial_end is None:
            self._cycles.begin(record, paid_with=paid_with)
        else:
            self._cycles.begin_trial(record, trial_end)
        return record

    def _enroll(self, customer: CustomerRecord, record: SubscriptionRecord, key: Key) -> None:
        ref = record.snapshot.ref
        self._books.subscriptions[ref] = record
        self._books.note_made(key.operation_id, ref)
        customer.subscriptions.append(ref)
        self._emitter.emit("customer.subscription.created", "subscription", ref)
        if customer.snapshot.currency is None:
            customer.snapshot = replace(customer.snapshot, currency=record.snapshot.currency)
            self._emitter.emit("customer.updated", "customer", customer.snapshot.ref)

    def _customer(self, request: CreateSubscription) -> CustomerRecord:
        customer = self._books.customers.get(request.customer)
        if customer is None or customer.is_deleted:
            raise ProcessorRejected("no such customer", reason="missing", param="customer")
        card = request.payment_method
        if card is not None and card not in customer.payment_methods:
            raise ProcessorRejected(
                "this payment method is not attached to the customer",
                param="default_payment_method",
            )
        return customer

    def _trial_end(self, request: CreateSubscription) -> datetime | None:
        now, end = self._books.now, request.trial_end
        if request.trial_days is not None:
            if end is not None or request.trial_days < 0:
                raise ProcessorRejected("a trial has days or an end, not both", param="trial_end")
            if request.trial_days == 0:
                return None
            end = now + timedelta(days=request.trial_days)
        if end is not None:
            require_trial_end(end, now=now)
        return end

    def _days_until_due(self, request: CreateSubscription) -> int | None:
        days = request.days_until_due
        if request.collection == "charge":
            if days is not None:
                raise ProcessorRejected(
                    "days_until_due goes with collection by invoice", param="days_until_due"
                )
            return None
        if days is not None and days < 0:
            raise ProcessorRejected("days_until_due is not negative", param="days_until_due")
        return DAYS_UNTIL_DUE if days is None else days

    def _record(
        self,
        request: CreateSubscription,
        key: Key,
        prices: Sequence[Price],
        *,
        anchor: datetime,
    ) -> SubscriptionRecord:
        first, now = prices[0], self._books.now
        items = tuple(
            SubscriptionItemSnapshot(
                ref=self._books.new_ref("si"),
                price=price.ref,
                quantity=item.quantity,
                product=price.product,
            )
            for item, price in zip(request.items, prices, strict=True)
        )
        snapshot = SubscriptionSnapshot(
            ref=self._books.new_ref("sub"),
            customer=request.customer,
            status=SubscriptionStatus.INCOMPLETE,
            items=items,
            collection=request.collection,
            currency=first.money.currency,
            started_at=now,
            default_payment_method=request.payment_method,
            metadata={**request.metadata, OPERATION_METADATA: key.operation_id},
            created_at=now,
        )
        return SubscriptionRecord(
            snapshot=snapshot,
            interval=first.interval,
            interval_count=first.interval_count,
            anchor=anchor,
        )
