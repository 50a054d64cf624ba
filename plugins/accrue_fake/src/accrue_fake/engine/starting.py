"""Starting: what a new subscription must satisfy, and how it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from accrue_fake.engine.books import Books
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.records import CustomerRecord, Price, SubscriptionRecord

LONGEST_TRIAL = timedelta(days=730)
DAYS_UNTIL_DUE = 30


class Starting:
    """Checks everything, then does everything: a refusal leaves nothing behind."""

    def __init__(self, books: Books, emitter: Emitter, pricing: Pricing, cycles: Cycles) -> None:
        self._books = books
        self._emitter = emitter
        self._pricing = pricing
        self._cycles = cycles

    def start(self, request: CreateSubscription, key: Key) -> SubscriptionRecord:
        """Start a subscription, or refuse."""
        customer = self._customer(request)
        prices = self._pricing.prices_of(request.items)
        currency = prices[0].money.currency
        if customer.snapshot.currency not in (None, currency):
            raise ProcessorRejected(
                f"this customer is billed in {customer.snapshot.currency}", param="items.price"
            )
        trial_end = self._trial_end(request)
        days = self._days_until_due(request)
        record = self._record(request, key, prices, anchor=trial_end or self._books.now)
        record.days_until_due = days
        self._enroll(customer, record, key)
        if trial_end is None:
            self._cycles.begin(record)
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
        if end is not None and not now < end <= now + LONGEST_TRIAL:
            raise ProcessorRejected(
                "a trial ends in the future, within two years", param="trial_end"
            )
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
