"""The fake processor, as core sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from accrue_core.clock import Clock
from accrue_core.contracts.capabilities import (
    NATIVE,
    TEST_ONLY,
    Capability,
    SupportTable,
    bounded,
)
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.events import ListedEvent, ProcessorEvent
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.processor import REQUESTS, Recovery
from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import CreateSchedule
from accrue_core.contracts.subscriptions import CreateSubscription
from accrue_core.errors import UnknownVocabulary
from accrue_core.settings import Secret
from accrue_fake.backend import Backend, EngineBackend
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.memory import LIFETIME
from accrue_fake.engine.signing import DEFAULT_SECRET
from accrue_fake.gateways.checkout import FakeCheckout
from accrue_fake.gateways.customers import FakeCustomers
from accrue_fake.gateways.invoices import FakeInvoices
from accrue_fake.gateways.payment_methods import FakePaymentMethods
from accrue_fake.gateways.portal import FakePortal
from accrue_fake.gateways.schedules import FakeSchedules
from accrue_fake.gateways.subscriptions import FakeSubscriptions
from accrue_fake.webhooks import announced, read

SUPPORT: SupportTable = MappingProxyType(
    {
        **dict.fromkeys(Capability, NATIVE),
        Capability.SET_TAX_LOCATION: bounded("places of a declared table"),
        Capability.AUTOMATIC_TAX: bounded("at the rates of a declared table"),
        Capability.ATTACH_PAYMENT_METHOD: TEST_ONLY,
        Capability.CANCEL_AT_DATE: bounded("the last period is billed in full"),
        Capability.CHANGE_ITEMS: bounded("not while a payment is owed or another change waits"),
        Capability.CHANGE_WITH_INVOICE: bounded("not while collection is paused"),
        Capability.SEVERAL_ITEMS: bounded("of one currency"),
        Capability.SET_TRIAL_END: bounded("while the trial runs"),
        Capability.PAUSE_WHOLE: bounded("what is paid for and charged, and nothing else pending"),
        Capability.CHECKOUT_WITH_TRIAL: bounded("a trial with a date ends 48 hours ahead or later"),
    }
)
RECOVERY: Mapping[str, Recovery] = MappingProxyType(
    dict.fromkeys(REQUESTS, Recovery(key_lifetime=LIFETIME, is_findable=True))
)


class FakeProcessor:
    """One account at the fake processor, over an engine here or a backend that reaches one.

    Given an engine and a secret, it has the engine sign with that secret, so that both sides
    agree. An engine elsewhere is told its secret where it is started.
    """

    def __init__(
        self,
        engine: Engine | Backend,
        *,
        name: str = "fake",
        webhook_secret: Secret | None = None,
    ) -> None:
        self._name = name
        self.engine = engine if isinstance(engine, Engine) else None
        self.backend: Backend = EngineBackend(engine) if isinstance(engine, Engine) else engine
        self._secret = webhook_secret or (
            DEFAULT_SECRET if self.engine is None else self.engine.emitter.secret
        )
        if self.engine is not None:
            self.engine.emitter.sign_with(self._secret)
        self._customers = FakeCustomers(self.backend)
        self._payment_methods = FakePaymentMethods(self.backend)
        self._subscriptions = FakeSubscriptions(self.backend)
        self._schedules = FakeSchedules(self.backend)
        self._invoices = FakeInvoices(self.backend)
        self._checkout = FakeCheckout(self.backend)
        self._portal = FakePortal(self.backend)

    @property
    def name(self) -> str:
        """The unique name of this account."""
        return self._name

    @property
    def support(self) -> SupportTable:
        """How each capability is supported."""
        return SUPPORT

    @property
    def recovery(self) -> Mapping[str, Recovery]:
        """Keys are honored for a day, and everything created can be found by its metadata."""
        return RECOVERY

    @property
    def clock(self) -> Clock | None:
        """The engine's clock, which dates and signs its webhooks."""
        return self.backend.clock

    @property
    def fetch_limit(self) -> int:
        """How many fetches may run at once."""
        return 16

    @property
    def customers(self) -> FakeCustomers:
        """Operations on customers."""
        return self._customers

    @property
    def payment_methods(self) -> FakePaymentMethods:
        """Operations on payment methods."""
        return self._payment_methods

    @property
    def subscriptions(self) -> FakeSubscriptions:
        """Operations on subscriptions."""
        return self._subscriptions

    @property
    def schedules(self) -> FakeSchedules:
        """Operations on schedules of subscriptions."""
        return self._schedules

    @property
    def invoices(self) -> FakeInvoices:
        """Operations on invoices."""
        return self._invoices

    @property
    def checkout(self) -> FakeCheckout:
        """Operations on checkout sessions."""
        return self._checkout

    @property
    def portal(self) -> FakePortal:
        """The operation on portal sessions."""
        return self._portal

    def verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> ProcessorEvent:
        """Check the signature over the raw bytes and say where the event points."""
        return read(body, headers, secret=self._secret, now=now)

    async def events(self, *, since: datetime) -> AsyncIterator[Sequence[ListedEvent]]:
        """Yield what has happened since then, the oldest first: as far as the engine remembers."""
        bodies: Sequence[bytes] = await self.backend.call("events", "since", {"moment": since})
        yield [ListedEvent(event=announced(body), body=body) for body in bodies]

    async def fetch(self, noun: str, ref: str) -> Answer:
        """Return one thing as it is now."""
        match noun:
            case "customer":
                return await self._customers.fetch(ref)
            case "payment_method":
                return await self._payment_methods.fetch(ref)
            case "subscription":
                return await self._subscriptions.fetch(ref)
            case "schedule":
                return await self._schedules.fetch(ref)
            case "invoice":
                return await self._invoices.fetch(ref)
            case "checkout_session":
                return await self._checkout.fetch(ref)
        raise UnknownVocabulary(where="noun", word=noun)

    async def find_created(
        self,
        request: Request,
        *,
        key: Key,
        since: datetime,  # noqa: ARG002
    ) -> Answer | None:
        """Return what a create request under this key has created, if anything.

        ``since`` is not used: the engine's time may be years from the asker's, and the operation
        id alone is exact.
        """
        arguments: dict[str, Any] = {"key": key}
        match request:
            case CreateCustomer():
                noun = "customers"
            case AttachPaymentMethod():
                noun, arguments["customer"] = "payment_methods", request.customer
            case CreateSubscription():
                noun, arguments["customer"] = "subscriptions", request.customer
            case CreateSchedule():
                noun, arguments["customer"] = "schedules", request.customer
            case CreateCheckoutSession():
                noun, arguments["customer"] = "checkout", request.customer
            case _:
                return None
        found: Answer | None = await self.backend.call(noun, "find_created", arguments)
        return found

    async def close(self) -> None:
        """Release connections."""
        await self.backend.close()
