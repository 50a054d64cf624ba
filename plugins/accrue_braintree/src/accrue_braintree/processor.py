"""Braintree as a processor: what it supports, and where everything is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from accrue_braintree import webhooks
from accrue_braintree.connection import Connection
from accrue_braintree.gateways.checkout import BraintreeCheckout
from accrue_braintree.gateways.customers import BraintreeCustomers
from accrue_braintree.gateways.invoices import BraintreeInvoices
from accrue_braintree.gateways.payment_methods import BraintreePaymentMethods
from accrue_braintree.gateways.portal import BraintreePortal
from accrue_braintree.gateways.subscriptions import BraintreeSubscriptions
from accrue_braintree.settings import BraintreeSettings
from accrue_core.clock import Clock
from accrue_core.contracts.capabilities import (
    NATIVE,
    UNSUPPORTED,
    Capability,
    SupportTable,
    bounded,
)
from accrue_core.contracts.events import ListedEvent, ProcessorEvent
from accrue_core.contracts.processor import REQUESTS, Recovery
from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import RefusedSchedules
from accrue_core.errors import InvalidRequest, UnknownVocabulary, UnsupportedCapability

SUPPORT: SupportTable = MappingProxyType(
    dict.fromkeys(Capability, UNSUPPORTED)
    | {
        Capability.INVOICES: bounded("built from the subscription's transactions"),
        Capability.WEBHOOKS: NATIVE,
    }
)
"""This version follows what happens at Braintree. It changes nothing there yet."""

RECOVERY: Mapping[str, Recovery] = MappingProxyType(
    {name: Recovery(key_lifetime=timedelta(0)) for name in REQUESTS}
)
"""Looking is enough: nothing can have been asked for, and ``find_created`` finds nothing."""


class BraintreeProcessor:
    """One Braintree gateway. Building one imports no SDK, starts no thread and connects nowhere."""

    def __init__(self, settings: BraintreeSettings) -> None:
        self._settings = settings
        self._connection = Connection(settings)
        self._customers = BraintreeCustomers(self._connection)
        self._payment_methods = BraintreePaymentMethods(self._connection)
        self._subscriptions = BraintreeSubscriptions(self._connection, self._payment_methods)
        self._schedules = RefusedSchedules(self._connection.name)
        self._invoices = BraintreeInvoices(self._subscriptions)
        self._checkout = BraintreeCheckout(self._connection)
        self._portal = BraintreePortal(self._connection)

    @property
    def name(self) -> str:
        """The unique name of this account, as in ``/billing/webhooks/<name>``."""
        return self._settings.name

    @property
    def support(self) -> SupportTable:
        """How each capability is supported."""
        return SUPPORT

    @property
    def recovery(self) -> Mapping[str, Recovery]:
        """How a lost outcome is found."""
        return RECOVERY

    @property
    def clock(self) -> Clock | None:
        """None: Braintree dates its notifications by the world's clock."""
        return None

    @property
    def fetch_limit(self) -> int:
        """How many fetches may run at once against this account."""
        return self._settings.fetch_limit

    @property
    def customers(self) -> BraintreeCustomers:
        """Operations on customers."""
        return self._customers

    @property
    def payment_methods(self) -> BraintreePaymentMethods:
        """Operations on payment methods."""
        return self._payment_methods

    @property
    def subscriptions(self) -> BraintreeSubscriptions:
        """Operations on subscriptions."""
        return self._subscriptions

    @property
    def schedules(self) -> RefusedSchedules:
        """Schedules of subscriptions; each operation is refused."""
        return self._schedules

    @property
    def invoices(self) -> BraintreeInvoices:
        """The operation on invoices."""
        return self._invoices

    @property
    def checkout(self) -> BraintreeCheckout:
        """Operations on checkout sessions."""
        return self._checkout

    @property
    def portal(self) -> BraintreePortal:
        """The operation on portal sessions."""
        return self._portal

    def verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> ProcessorEvent:
        """Check a notification's signature and say where it points."""
        return webhooks.verify(body, headers, self._settings, now=now)

    def events(self, *, since: datetime) -> AsyncIterator[Sequence[ListedEvent]]:  # noqa: ARG002
        """Raise ``UnsupportedCapability``: Braintree keeps no list of what it has notified."""
        raise UnsupportedCapability(processor=self.name, capability=Capability.LIST_EVENTS)

    async def fetch(self, noun: str, ref: str) -> Answer:
        """Return one thing as it is now; an answer about another thing is refused."""
        fetches = {
            "customer": self._customers.fetch,
            "payment_method": self._payment_methods.fetch,
            "subscription": self._subscriptions.fetch,
            "invoice": self._invoices.fetch,
            "checkout_session": self._checkout.fetch,
        }
        if noun not in fetches:
            raise InvalidRequest(f"nothing called {noun!r} is mirrored from Braintree")
        answer = await fetches[noun](ref)
        if answer.main.ref != ref:
            raise UnknownVocabulary(where=f"{noun}.id", word="another one than was asked for")
        return answer

    async def find_created(
        self,
        request: Request,  # noqa: ARG002
        *,
        key: Key,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
    ) -> Answer | None:
        """Return nothing: nothing can have been created through this processor."""
        return None

    async def close(self) -> None:
        """Release threads and connections."""
        await self._connection.close()
