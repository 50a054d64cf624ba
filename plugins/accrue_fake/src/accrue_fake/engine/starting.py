"""Starting: what a new subscription must satisfy, and how it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
from accrue_fake.engine.beginnings import MOST_LINES, Beginning, beginning
from accrue_fake.engine.bills import bill
from accrue_fake.engine.books import Books
from accrue_fake.engine.copies import replace
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoicing import Lines
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.records import CardRecord, CustomerRecord, Price, SubscriptionRecord
from accrue_fake.engine.recurring import Items, Recurring, within
from accrue_fake.engine.tax import Tax

DAYS_UNTIL_DUE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a request costs; ``total`` is for one period.

    ``due_today`` is what is charged at the start, after its coupon, with its tax and after what
    its customer has to their credit: nothing while a trial runs.
    """

    prices: tuple[Price, ...]
    total: Money
    due_today: Money
    beginning: Beginning

    @property
    def trial_end(self) -> datetime | None:
        """When its trial ends, if it begins with one."""
        return self.beginning.trial_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a request comes to for its customer, once it was found to be in order."""

    customer: CustomerRecord
    offer: Offer
    days_until_due: int | None


class Starting:
    """Checks everything, then does everything: a refusal leaves nothing behind."""

    def __init__(
        self,
        books: Books,
        emitter: Emitter,
        credit: Credit,
        pricing: Pricing,
        recurring: Recurring,
        cycles: Cycles,
        discounts: Discounts,
        tax: Tax,
    ) -> None:
        self._books = books
        self._emitter = emitter
        self._credit = credit
        self._pricing = pricing
        self._recurring = recurring
        self._cycles = cycles
        self._discounts = discounts
        self._tax = tax

    def offer(self, request: CreateSubscription) -> Offer:
        """Say what a request would cost now."""
        prices = self._pricing.prices_of(request.items)
        begins = beginning(request, prices, now=self._books.now)
        quantities = [item.quantity for item in request.items]
        amounts = (price.money.minor * n for price, n in zip(prices, quantities, strict=True))
        total = Money(sum(amounts), prices[0].money.currency)
        items = self._placed(_items(request, prices), begins)
        return Offer(
            prices=prices,
            total=total,
            due_today=self._due(request, self._lines(items, begins), total.currency),
            beginning=begins,
        )

    def terms(self, request: CreateSubscription) -> Terms:
        """Say what a request comes to, or refuse. It changes nothing."""
        customer, offer = self._customer(request), self.offer(request)
        if customer.snapshot.currency not in (None, offer.total.currency):
            raise ProcessorRejected(
                f"this customer is billed in {customer.snapshot.currency}", param="items.price"
            )
        if request.collection == "invoice" and not customer.snapshot.email:
            raise ProcessorRejected(
                "this customer has no address that invoices could be sent to", reason="no_email"
            )
        self._discounts.require(request.coupon, currency=offer.total.currency)
        if request.automatic_tax:
            self._tax.require_place(customer)
        return Terms(customer=customer, offer=offer, days_until_due=self._days_until_due(request))

    def start(
        self,
        request: CreateSubscription,
        key: Key,
        *,
        paid_with: CardRecord | None = None,
        on_session: bool = True,
        is_charged: bool = True,
    ) -> SubscriptionRecord:
        """Start a subscription, or refuse; the options are those of ``Cycles.begin``."""
        terms = self.terms(request)
        begins = terms.offer.beginning
        record = self._record(request, key, terms.offer)
        record.days_until_due = terms.days_until_due
        if request.coupon is not None:
            self._discounts.give(record, request.coupon)
        self._enroll(terms.customer, record, key)
        if begins.trial_end is None:
            items = self._placed(record.snapshot.items, begins)
            lines = self._lines(items, begins)
            self._cycles.begin(
                record,
                items,
                lines,
                paid_with=paid_with,
                on_session=on_session,
                is_charged=is_charged,
            )
        else:
            self._cycles.begin_trial(record, begins.trial_end)
        return record

    def _due(self, request: CreateSubscription, lines: Lines, currency: str) -> Money:
        """Return what the first invoice will ask for: after its coupon, with its tax."""
        coupon = None if request.coupon is None else self._discounts.coupon(request.coupon)
        said = bill(
            lines,
            currency=currency,
            coupon=coupon,
            rate=self._tax.rate_of(request.customer) if request.automatic_tax else None,
            rounding=self._tax.rounding,
            counts=[True] * len(lines),
        )
        return self._credit.due(request.customer, said.total)

    def _placed(self, items: Items, begins: Beginning) -> Items:
        """Return items in the periods in which they are now."""
        placed = []
        for item in items:
            start, end = self._recurring.whole(begins.anchor, item, self._books.now)
            placed.append(within(item, max(start, begins.since), end))
        return tuple(placed)

    def _lines(self, items: Items, begins: Beginning) -> Lines:
        """Return what is on the first invoice: all from the beginning to the next renewals."""
        if begins.trial_end is not None or begins.is_given:
            return ()
        lines = self._recurring.lines(items, begins.anchor, since=begins.since)
        if len(lines) > MOST_LINES:
            raise ProcessorRejected(f"an invoice has at most {MOST_LINES} lines", param="items")
        return lines

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
        offer: Offer,
    ) -> SubscriptionRecord:
        begins = offer.beginning
        items = tuple(
            replace(item, ref=self._books.new_ref("si")) for item in _items(request, offer.prices)
        )
        snapshot = SubscriptionSnapshot(
            ref=self._books.new_ref("sub"),
            customer=request.customer,
            status=SubscriptionStatus.INCOMPLETE,
            items=items,
            collection=request.collection,
            currency=offer.total.currency,
            started_at=begins.since,
            default_payment_method=request.payment_method,
            automatic_tax=request.automatic_tax,
            metadata={**request.metadata, OPERATION_METADATA: key.operation_id},
            created_at=self._books.now,
        )
        return SubscriptionRecord(
            snapshot=snapshot,
            anchor=begins.anchor,
            is_prorated=request.proration != "none",
            free=[item.ref for item in items] if begins.is_given else [],
            without_card=request.trial_without_card,
        )


def _items(request: CreateSubscription, prices: Sequence[Price]) -> Items:
    """Return the items that are asked for; they have no refs and no periods yet."""
    return tuple(
        SubscriptionItemSnapshot(
            ref="", price=price.ref, quantity=item.quantity, product=price.sold_as
        )
        for item, price in zip(request.items, prices, strict=True)
    )
