"""Stripe as a processor: what it supports, and where everything is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from accrue_core.clock import Clock, SystemClock
from accrue_core.contracts.capabilities import SupportTable
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.events import ListedEvent, ProcessorEvent
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.processor import Recovery
from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import CreateSchedule
from accrue_core.contracts.subscriptions import CreateSubscription
from accrue_core.errors import InvalidRequest, UnknownVocabulary
from accrue_stripe import webhooks
from accrue_stripe.connection import Connection
from accrue_stripe.gateways.checkout import StripeCheckout
from accrue_stripe.gateways.customers import StripeCustomers
from accrue_stripe.gateways.events import StripeEvents
from accrue_stripe.gateways.invoices import StripeInvoices
from accrue_stripe.gateways.payment_methods import StripePaymentMethods
from accrue_stripe.gateways.portal import StripePortal
from accrue_stripe.gateways.schedules import StripeSchedules
from accrue_stripe.gateways.subscriptions import StripeSubscriptions
from accrue_stripe.settings import StripeSettings
from accrue_stripe.support import RECOVERY, SUPPORT

if TYPE_CHECKING:
    import httpx


class StripeProcessor:
    """One Stripe account. Building one imports no SDK and opens no connection.

    ``http_client`` replaces the connection to Stripe, for tests that answer in process; ``clock``
    is the world's, which says how far a list of events goes.
    """

    def __init__(
        self,
        settings: StripeSettings,
        http_client: httpx.AsyncClient | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._connection = Connection(settings, http_client)
        self._customers = StripeCustomers(self._connection)
        self._payment_methods = StripePaymentMethods(self._connection)
        self._subscriptions = StripeSubscriptions(self._connection)
        self._schedules = StripeSchedules(self._connection, self._subscriptions)
        self._invoices = StripeInvoices(self._connection)
        self._checkout = StripeCheckout(self._connection, self._subscriptions)
        self._portal = StripePortal(self._connection)
        self._events = StripeEvents(self._connection)
        self._now = (clock or SystemClock()).now

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
        """For how long keys are remembered, and that what was created can be found."""
        return RECOVERY

    @property
    def clock(self) -> Clock | None:
        """None: Stripe dates its webhooks by the world's clock."""
        return None

    @property
    def fetch_limit(self) -> int:
        """How many fetches may run at once against this account."""
        return self._settings.fetch_limit

    @property
    def customers(self) -> StripeCustomers:
        """Operations on customers."""
        return self._customers

    @property
    def payment_methods(self) -> StripePaymentMethods:
        """Operations on payment methods."""
        return self._payment_methods

    @property
    def subscriptions(self) -> StripeSubscriptions:
        """Operations on subscriptions."""
        return self._subscriptions

    @property
    def schedules(self) -> StripeSchedules:
        """Operations on schedules of subscriptions."""
        return self._schedules

    @property
    def invoices(self) -> StripeInvoices:
        """Operations on invoices."""
        return self._invoices

    @property
    def checkout(self) -> StripeCheckout:
        """Operations on checkout sessions."""
        return self._checkout

    @property
    def portal(self) -> StripePortal:
        """The operation on portal sessions."""
        return self._portal

    def verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> ProcessorEvent:
        """Check a webhook's signature over the raw bytes and say where it points."""
        return webhooks.verify(body, headers, self._settings, now=now)

    def events(self, *, since: datetime) -> AsyncIterator[Sequence[ListedEvent]]:
        """Yield what has happened since then, the oldest first: Stripe lists 30 days."""
        return self._events.since(since, now=self._now())

    async def fetch(self, noun: str, ref: str) -> Answer:
        """Return one thing as it is now; an answer about another thing is refused."""
        fetches = {
            "customer": self._customers.fetch,
            "payment_method": self._payment_methods.fetch,
            "subscription": self._subscriptions.fetch,
            "schedule": self._schedules.fetch,
            "invoice": self._invoices.fetch,
            "checkout_session": self._checkout.fetch,
        }
        if noun not in fetches:
            raise InvalidRequest(f"nothing called {noun!r} is mirrored from Stripe")
        if not ref or ref.strip(".") == "":
            raise InvalidRequest(f"not a ref of Stripe's: {ref!r}")
        answer = await fetches[noun](ref)
        if answer.main.ref != ref:
            raise UnknownVocabulary(where=f"{noun}.id", word="another one than was asked for")
        return answer

    async def find_created(self, request: Request, *, key: Key, since: datetime) -> Answer | None:
        """Return what a create request under this key has created since then, if anything."""
        match request:
            case CreateCustomer():
                return await self._customers.find_created(request, key=key, since=since)
            case AttachPaymentMethod():
                return await self._payment_methods.find_created(request)
            case CreateSubscription():
                return await self._subscriptions.find_created(request, key=key, since=since)
            case CreateSchedule():
                return await self._schedules.find_created(request, key=key, since=since)
            case CreateCheckoutSession():
                return await self._checkout.find_created(request, key=key, since=since)
        return None

    async def close(self) -> None:
        """Release the connections of the running loop."""
        await self._connection.close()
