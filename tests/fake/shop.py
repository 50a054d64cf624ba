"""A small shop on an engine: what most tests of the fake start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    NewItem,
    SubscriptionSnapshot,
)
from accrue_core.money import Money
from accrue_core.owners import Owner
from accrue_fake import Engine

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MONTHLY = Money(1900, "usd")
WEEKLY = Money(500, "usd")


class Shop:
    """One engine with two prices, and short ways to say what customers do."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or Engine()
        self.engine.catalogue.add_price("price_monthly", MONTHLY)
        self.engine.catalogue.add_price("price_weekly", WEEKLY, "week", product="Weekly")
        self._keys = count(1)

    def key(self) -> Key:
        number = next(self._keys)
        return Key(f"key-{number}", f"operation-{number}")

    def customer(self, card: str | None = None) -> str:
        owner = Owner("team", str(next(self._keys)))
        made = self.engine.customers.create(CreateCustomer(owner=owner), key=self.key())
        ref = str(made.main.ref)
        if card is not None:
            self.attach(ref, card)
        return ref

    def attach(self, customer: str, card: str, *, make_default: bool = True) -> str:
        request = AttachPaymentMethod(
            customer=customer, payment_method=card, make_default=make_default
        )
        return str(self.engine.payment_methods.attach(request, key=self.key()).main.ref)

    def subscribe(
        self,
        customer: str,
        price: str = "price_monthly",
        *,
        quantity: int = 1,
        key: Key | None = None,
        **options: Any,
    ) -> Answer:
        items = (NewItem(price=price, quantity=quantity),)
        request = CreateSubscription(customer=customer, items=items, **options)
        return self.engine.subscriptions.create(request, key=key or self.key())

    def checkout(self, customer: str, *, key: Key | None = None, **options: Any) -> Answer:
        """Open a checkout session for one month at a time."""
        options.setdefault("items", (NewItem(price="price_monthly"),))
        options.setdefault("success_url", "https://shop.example/thanks?of={CHECKOUT_SESSION_ID}")
        options.setdefault("cancel_url", "https://shop.example/prices")
        request = CreateCheckoutSession(customer=customer, **options)
        return self.engine.checkout.create(request, key=key or self.key())

    def session(self, ref: str) -> CheckoutSessionSnapshot:
        snapshot: CheckoutSessionSnapshot = self.engine.checkout.fetch(ref).main
        return snapshot

    def subscribed(self, card: str | None = "pm_card_visa", **options: Any) -> str:
        """Return the ref of a new subscription of a new customer."""
        return str(self.subscribe(self.customer(card), **options).main.ref)

    def cancel(self, ref: str, when: Any, at: datetime | None = None) -> SubscriptionSnapshot:
        request = CancelSubscription(ref=ref, when=when, at=at)
        cancelled: SubscriptionSnapshot = self.engine.subscriptions.cancel(
            request, key=self.key()
        ).main
        return cancelled

    def keep(self, ref: str) -> SubscriptionSnapshot:
        kept: SubscriptionSnapshot = self.engine.subscriptions.keep(
            KeepSubscription(ref=ref), key=self.key()
        ).main
        return kept

    def subscription(self, ref: str) -> SubscriptionSnapshot:
        snapshot: SubscriptionSnapshot = self.engine.subscriptions.fetch(ref).main
        return snapshot

    def invoices(self, subscription: str) -> list[InvoiceSnapshot]:
        refs = self.engine.invoices.of_subscription(subscription)
        return [self.engine.invoices.fetch(ref).main for ref in refs]

    def events(self) -> list[str]:
        """Return the types of the events since the last time, in order, as delivered."""
        happened = [(event.ref, event.type) for event in self.engine.emitter.pending()]
        for webhook in self.engine.emitter.take():
            self.engine.emitter.delivered(webhook.event_ref)
        return [type_ for _, type_ in happened]

    def pass_days(self, days: float) -> datetime:
        return self.engine.advance(days * DAY)


def token_of(answer: Answer) -> str:
    """Return the last part of the address to which an answer sends its customer."""
    assert answer.next_action is not None
    assert answer.next_action.url is not None
    return answer.next_action.url.reveal().rpartition("/")[2]
