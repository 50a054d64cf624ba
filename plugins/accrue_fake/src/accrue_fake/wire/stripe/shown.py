"""Shown: every kind of thing by its id, as the shapes render it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any

from accrue_core.errors import RemoteMissing
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import EventRecord
from accrue_fake.wire.stripe.account import Account, Json
from accrue_fake.wire.stripe.shapes.account import render_account
from accrue_fake.wire.stripe.shapes.before import Before
from accrue_fake.wire.stripe.shapes.coupons import render_discount
from accrue_fake.wire.stripe.shapes.customers import render_last_state
from accrue_fake.wire.stripe.shapes.events import render_event
from accrue_fake.wire.stripe.shapes.facts import ACCOUNT, THIN, EventFacts
from accrue_fake.wire.stripe.shapes.intents import render_payment_intent, render_setup_intent
from accrue_fake.wire.stripe.shapes.invoice_payments import render_invoice_payment
from accrue_fake.wire.stripe.shapes.invoices import render_invoice
from accrue_fake.wire.stripe.shapes.moves import Known
from accrue_fake.wire.stripe.shapes.notices import PING, NoticeFacts, render_notification
from accrue_fake.wire.stripe.shapes.previews import UPCOMING, render_upcoming
from accrue_fake.wire.stripe.shapes.products import known_product, product_of, render_product
from accrue_fake.wire.stripe.shapes.render import included, render
from accrue_fake.wire.stripe.shapes.subscription_items import render_subscription_item
from accrue_fake.wire.stripe.shapes.test_clocks import known_clock, render_test_clock
from accrue_fake.wire.stripe.shapes.versions import PRESENT, release_of
from accrue_fake.wire.stripe.shapes.webhook_endpoints import render_webhook_endpoint

_DISCOUNT = re.compile(r"di_(fake_[0-9]+)_")
"""How the id of a discount names its subscription."""

LINES_SHOWN = 10
"""How many lines an invoice shows; the rest is in its list of lines."""


class Shown:
    """Finds things and renders them. What only the account keeps is found there.

    It knows which invoice has a payment and which subscription an item, so that no request has to
    look through all of them.
    """

    def __init__(self, engine: Engine, account: Account) -> None:
        self._engine = engine
        self._account = account
        self.known = Known(show=self.of, payment_of=self.payment_of, invoice_of=self.invoice_of)
        self._paid_by: dict[str, str] = {}
        self._item_of: dict[str, str] = {}
        books = engine.books
        for ref in books.invoices:
            self.note_invoice(ref)
        for ref in books.subscriptions:
            self.note_items(ref)
        self._kinds: dict[str, Callable[[str], Json]] = {
            "account": lambda _: render_account(engine, replace(ACCOUNT, ref=account.ref)),
            "discount": self._discount,
            "event": lambda ref: self.event(ref, None),
            "invoice": self._invoice,
            "invoice_payment": self._payment,
            "payment_intent": self._intent,
            "product": self._product,
            "setup_intent": lambda ref: render_setup_intent(engine, account.setup_intents[ref]),
            "subscription_item": self._item,
            "test_helpers.test_clock": self._clock,
            "webhook_endpoint": self._endpoint,
        }

    def of(self, kind: str, ref: str) -> Json:
        """Render a thing; ``LookupError`` where there is none of that kind."""
        if kind in self._kinds:
            return self._kinds[kind](ref)
        try:
            return render(self._engine, kind, ref)
        except RemoteMissing:
            raise LookupError(ref) from None

    def told(self, type_: str, kind: str, ref: str) -> Json:
        """Render what an event is about: of a customer that is deleted, as it was."""
        if type_ == "customer.deleted":
            return render_last_state(self._engine, self._engine.books.customers[ref])
        if kind == UPCOMING:
            return render_upcoming(self._engine, ref)
        return self.of(kind, ref)

    def has(self, kind: str, ref: str) -> bool:
        """Whether there is such a thing; a customer that was deleted still answers to its id."""
        books, account = self._engine.books, self._account
        shelves: dict[str, Any] = {
            "billing_portal.session": books.portals,
            "checkout.session": books.sessions,
            "coupon": books.coupons,
            "customer": books.customers,
            "event": account.events,
            "invoice": books.invoices,
            "invoice_payment": self._paid_by,
            "payment_intent": books.invoice_of,
            "payment_method": books.cards,
            "price": books.prices,
            "setup_intent": account.setup_intents,
            "subscription": books.subscriptions,
            "subscription_item": self._item_of,
            "subscription_schedule": books.schedules,
            "test_helpers.test_clock": books.clocks,
            "webhook_endpoint": account.endpoints,
        }
        if kind == "product":
            return ref in account.products or known_product(self._engine, ref) is not None
        return ref in shelves.get(kind, ())

    def included(self, owner: Json, key: str) -> Any:
        """Render what an object has only when it is asked for; nothing where there is nothing."""
        try:
            return included(self._engine, str(owner.get("object")), str(owner.get("id")), key)
        except RemoteMissing:
            return None

    def note_invoice(self, ref: str) -> None:
        """Know which payments an invoice has."""
        for payment in self._engine.books.invoices[ref].snapshot.payments:
            self._paid_by[payment.ref] = ref

    def note_items(self, ref: str) -> None:
        """Know which items a subscription has."""
        for item in self._engine.books.subscriptions[ref].snapshot.items:
            self._item_of[item.ref] = ref

    def invoice_of(self, payment: str) -> str:
        """Return the invoice that a payment intent collects."""
        return self._engine.books.invoice_of[payment]

    def payment_of(self, invoice: str) -> str | None:
        """Return the payment intent that collects an invoice, if one does."""
        record = self._engine.books.invoices.get(invoice)
        return next((one.payment for one in record.snapshot.payments), None) if record else None

    def before(self, version: str) -> Before:
        """Return what tells things as a version did."""
        release = release_of(version)
        return Before(PRESENT if release is None else release, self.known)

    def subscription_of(self, item: str) -> str:
        """Return the subscription that an item stands on, or stood on."""
        return self._item_of[item]

    def owner_of(self, ref: str) -> str:
        """Return a thing that the engine knows by its own name: an item's subscription, say."""
        invoice_of = self._engine.books.invoice_of
        return self._item_of.get(ref) or invoice_of.get(ref) or self._paid_by.get(ref) or ref

    def products(self) -> list[str]:
        """Return the ids of all products, newest first."""
        sold = (product_of(price) for price in self._engine.books.prices.values())
        return list(dict.fromkeys(chain(reversed(self._account.products), sold)))

    def lines(self, ref: str) -> list[Json]:
        """Render all lines of an invoice."""
        shown = render_invoice(self._engine, self._engine.books.invoices[ref])
        lines: list[Json] = shown["lines"]["data"]
        return lines

    def _product(self, ref: str) -> Json:
        facts = self._account.products.get(ref) or known_product(self._engine, ref)
        if facts is None:
            raise LookupError(ref)
        return render_product(self._engine, facts)

    def _invoice(self, ref: str) -> Json:
        shown = render_invoice(self._engine, self._engine.books.invoices[ref])
        lines = shown["lines"]
        has_more = len(lines["data"]) > LINES_SHOWN
        lines |= {"data": lines["data"][:LINES_SHOWN], "has_more": has_more}
        return shown

    def _payment(self, ref: str) -> Json:
        invoice = self._engine.books.invoices[self._paid_by[ref]]
        payment = next(one for one in invoice.snapshot.payments if one.ref == ref)
        return render_invoice_payment(self._engine, invoice, payment)

    def _intent(self, ref: str) -> Json:
        return render_payment_intent(
            self._engine, self._engine.books.invoices[self.invoice_of(ref)]
        )

    def _item(self, ref: str) -> Json:
        record = self._engine.books.subscriptions[self._item_of[ref]]
        for item in record.snapshot.items:
            if item.ref == ref:
                return render_subscription_item(self._engine, record, item)
        raise LookupError(ref)

    def _discount(self, ref: str) -> Json:
        matched = _DISCOUNT.match(ref)
        record = self._engine.books.subscriptions[f"sub_{matched[1]}" if matched else ref]
        shown = render_discount(self._engine, record)
        if shown["id"] != ref:
            raise LookupError(ref)
        return shown

    def _clock(self, ref: str) -> Json:
        facts = known_clock(self._engine.books.clocks[ref])
        made = self._account.clocks.get(ref)
        return render_test_clock(
            self._engine,
            facts
            if made is None
            else replace(facts, created_at=made.created_at, target=made.target),
        )

    def _endpoint(self, ref: str) -> Json:
        facts = replace(self._account.endpoints[ref], secret=None)
        return render_webhook_endpoint(self._engine, facts)

    def notice(self, ref: str) -> NoticeFacts:
        """Return what happened, without how things were."""
        happened = self._account.events[ref]
        subject = json.loads(happened.object)
        return NoticeFacts(
            event=ref,
            type=happened.type,
            created_at=happened.created_at,
            kind=str(subject.get("object")),
            subject=str(subject.get("id")),
            request=happened.request,
            idempotency_key=happened.key,
        )

    def event(self, ref: str, version: str | None) -> Json:
        """Render an event, as an endpoint of some API version is told of it."""
        happened = self._account.events[ref]
        if version == THIN or happened.type == PING:
            return render_notification(self.notice(ref))
        record = EventRecord(
            ref=ref, type=happened.type, object="", object_ref="", created_at=happened.created_at
        )
        facts = EventFacts(
            object=json.loads(happened.object),
            previous=happened.previous,
            request=happened.request,
            idempotency_key=happened.key,
            pending_webhooks=sum(1 for owed in self._account.deliveries if owed.event == ref),
        )
        shown = render_event(self._engine, record, facts)
        return shown if version is None else self.before(version).event(shown, version)
