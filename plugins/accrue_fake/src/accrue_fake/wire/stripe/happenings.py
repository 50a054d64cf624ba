"""Happenings: what the engine announces, told as Stripe's events at the very moment.

An event holds its object as it was when it happened: an invoice is a draft when it is created and
paid a moment later, and both events must say so. The engine's emitter is listened to for that, and
its queue decides when a webhook leaves: lost, late, twice or out of order, as a scenario says.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.account import Account, Happened, Json
from accrue_fake.wire.stripe.shapes.facts import WebhookEndpointFacts

KINDS = {
    "checkout_session": "checkout.session",
    "schedule": "subscription_schedule",
    "test_clock": "test_helpers.test_clock",
}
"""The engine's words for things that Stripe calls otherwise."""

COMPANIONS = {
    "invoice.paid": ("invoice.payment_succeeded",),
}
"""What Stripe also tells, of the same object."""

ON_THE_PAYMENT = {
    "invoice.finalized": "payment_intent.created",
    "invoice.paid": "payment_intent.succeeded",
    "invoice.payment_failed": "payment_intent.payment_failed",
    "invoice.payment_action_required": "payment_intent.requires_action",
}
"""What Stripe also tells, of the payment intent of an invoice."""

Show = Callable[[str, str, str], Json]
"""Renders, for an event of a type, the thing of a kind that has an id."""

Prepare = Callable[[str, str, str], None]
"""Called with type, kind and id before an event is told: what is to be in it must be so then."""


class Happenings:
    """Writes down what happens, as it happens."""

    def __init__(self, engine: Engine, account: Account, show: Show, prepare: Prepare) -> None:
        self._engine = engine
        self._account = account
        self._show = show
        self._prepare = prepare
        self._started: list[tuple[Happened, str]] = []
        self.when_told: Callable[[str, str], None] = _nothing
        self.request: str | None = None
        self.key: str | None = None
        engine.emitter.listen(self._hear)

    def tell(self, type_: str, object_: str, ref: str) -> None:
        """Tell an event that the engine knows nothing of, as if it were one of its own."""
        self._engine.emitter.emit(type_, object_, ref)

    def hand_over(self) -> int:
        """Owe each endpoint what it wants of what the engine hands out; return how many events.

        The engine is told at once that it was delivered: from here on, what is tried again, and
        where, is between the account and its endpoints.
        """
        self._settle()
        taken = self._engine.emitter.take()
        for webhook in taken:
            self._engine.emitter.delivered(webhook.event_ref)
            event = self._account.events.get(webhook.event_ref)
            for endpoint in self._account.endpoints.values() if event else ():
                if event is not None and wants(endpoint, event.type):
                    self._account.owe(event.ref, endpoint.ref, due=self._engine.books.engine_time)
        return len(taken)

    def _settle(self) -> None:
        """Show a subscription that was started as it stands after its first invoice.

        The engine announces it first and then asks for its money; at Stripe both are one moment.
        """
        for event, ref in self._started:
            shown = self._show(event.type, "subscription", ref)
            event.object = json.dumps(shown)
            self._account.tell("subscription", ref, event.object)
        self._started.clear()

    def _hear(self, type_: str, object_: str, ref: str) -> None:
        """Write down an event, and tell what Stripe tells along with it."""
        self._note(type_, object_, ref)
        for companion in COMPANIONS.get(type_, ()):
            self.tell(companion, object_, ref)
        on_payment = ON_THE_PAYMENT.get(type_)
        if on_payment is not None and object_ == "invoice":
            invoice = self._engine.books.invoices[ref]
            if invoice.snapshot.payments:
                self.tell(on_payment, "payment_intent", invoice.payment)
            for payment in invoice.snapshot.payments if type_ == "invoice.paid" else ():
                self.tell("invoice_payment.paid", "invoice_payment", payment.ref)

    def _note(self, type_: str, object_: str, ref: str) -> None:
        name, kind = self._engine.emitter.newest or "", KINDS.get(object_, object_)
        self._prepare(type_, kind, ref)
        shown = self._show(type_, kind, ref)
        written = json.dumps(shown)
        event = Happened(
            ref=name,
            type=type_,
            created_at=self._engine.books.now,
            object=written,
            object_ref=ref,
            previous=self._previous(kind, ref, shown) if type_.endswith(".updated") else None,
            request=self.request,
            key=self.key,
        )
        if type_ == "customer.subscription.created":
            self._started.append((event, ref))
        self._account.tell(kind, ref, written)
        self.when_told(kind, ref)
        self._account.note_event(event)

    def _previous(self, kind: str, ref: str, shown: Json) -> Json:
        """Return what was different when this was last told."""
        written = self._account.last_told(kind, ref)
        if written is None:
            return {}
        before: Json = json.loads(written)
        return {key: before.get(key) for key in shown if before.get(key) != shown[key]}


def _nothing(_: str, __: str) -> None:
    """Stand in while nobody wants to hear of what a thing is told."""


def wants(endpoint: WebhookEndpointFacts, type_: str) -> bool:
    """Whether events of this type are sent to an endpoint."""
    chosen = endpoint.enabled_events
    return endpoint.is_enabled and ("*" in chosen or type_ in chosen)
