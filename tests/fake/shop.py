"""A small shop on an engine: what most tests of the fake start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
    PauseBehavior,
    PauseSubscription,
    PreviewedChange,
    ResumeSubscription,
    SetTrialEnd,
)
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
FEBRUARY = START + 31 * DAY
HALF = 15.5
"""Half of January, in days."""
MONTHLY = Money(1900, "usd")
WEEKLY = Money(500, "usd")
YEARLY = Money(19000, "usd")


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
        request = CreateCustomer(owner=owner, email=f"{owner.id}@shop.example")
        made = self.engine.customers.create(request, key=self.key())
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

    def halfway(self, card: str = "pm_card_visa", **options: Any) -> str:
        """Return one half of whose first month is over, and forget what happened so far."""
        ref = self.subscribed(card, **options)
        self.pass_days(HALF)
        self.events()
        return ref

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

    def target(self, ref: str, price: str, quantity: int = 1) -> ItemTarget:
        """Say what the first item of a subscription is to be."""
        item = self.subscription(ref).items[0]
        return ItemTarget(ref=item.ref, price=price, quantity=quantity)

    def added(self, price: str, quantity: int = 1) -> ItemTarget:
        """Say what a new item is to be."""
        return ItemTarget(price=price, quantity=quantity)

    def asked(
        self, ref: str, *items: ItemTarget, proration: Any = "always_invoice", **options: Any
    ) -> ChangeSubscription:
        """Ask for exactly these items, and name those that are left out."""
        named = {item.ref for item in items}
        there = [item.ref for item in self.subscription(ref).items]
        options.setdefault("removed", tuple(one for one in there if one not in named))
        return ChangeSubscription(ref=ref, items=items, proration=proration, **options)

    def change(self, request: ChangeSubscription, *, key: Key | None = None) -> Answer:
        return self.engine.subscriptions.change(request, key=key or self.key())

    def preview(self, request: ChangeSubscription) -> PreviewedChange:
        return self.engine.subscriptions.preview(request)

    def swap(self, ref: str, price: str, quantity: int = 1, **options: Any) -> Answer:
        """Let the first item be for another price."""
        return self.change(self.asked(ref, self.target(ref, price, quantity), **options))

    def end_trial(self, ref: str, at: datetime | None = None) -> Answer:
        request = SetTrialEnd(ref=ref, trial_end=at)
        return self.engine.subscriptions.set_trial_end(request, key=self.key())

    def pause(self, ref: str, how: PauseBehavior, until: datetime | None = None) -> Answer:
        request = PauseSubscription(ref=ref, behavior=how, resumes_at=until)
        return self.engine.subscriptions.pause(request, key=self.key())

    def resume(self, ref: str) -> Answer:
        return self.engine.subscriptions.resume(ResumeSubscription(ref=ref), key=self.key())

    def credit(self, ref: str) -> Money:
        """Return what the customer of a subscription has to their credit."""
        movements = self.engine.customers.credit(self.subscription(ref).customer)
        return movements[-1].balance if movements else Money(0, "usd")

    def stock_up(self) -> None:
        """Offer more than two prices."""
        for name, price in (("pro", 4900), ("seat", 700), ("free", 0)):
            self.engine.catalogue.add_price(
                f"price_{name}", Money(price, "usd"), product=name.capitalize()
            )
        self.engine.catalogue.add_price("price_yearly", YEARLY, "year", product="Year")
        self.engine.catalogue.add_price("price_euro", Money(1900, "eur"))

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
