"""What a payment processor's plugin implements."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from accrue_core.clock import Clock
from accrue_core.contracts.capabilities import SupportTable
from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.checkout import CheckoutGateway, CreateCheckoutSession
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    CustomerGateway,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.events import ListedEvent, ProcessorEvent
from accrue_core.contracts.invoices import InvoiceGateway
from accrue_core.contracts.payment_methods import AttachPaymentMethod, PaymentMethodGateway
from accrue_core.contracts.portal import PortalGateway
from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    ReleaseSchedule,
    ScheduleGateway,
    UpdateSchedule,
)
from accrue_core.contracts.subscription_gateway import SubscriptionGateway
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
)

REQUESTS: Mapping[str, type[Request]] = {
    f"{request.gateway}.{request.method}": request
    for request in (
        CreateCustomer,
        UpdateCustomer,
        SetTaxLocation,
        AssignCustomer,
        AttachPaymentMethod,
        CreateSubscription,
        CancelSubscription,
        KeepSubscription,
        ChangeSubscription,
        SetTrialEnd,
        PauseSubscription,
        ResumeSubscription,
        CreateSchedule,
        UpdateSchedule,
        ReleaseSchedule,
        CancelSchedule,
        CreateCheckoutSession,
    )
}
"""Every request there is, by ``gateway.method``: what a stored operation is read back with."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a processor promises about one kind of request whose outcome was lost.

    ``key_lifetime``: for how long asking again under the same key is certainly asking once.
    ``is_findable``: whether ``find_created`` sees everything the request may have created,
    consistently (a list under the parent, never a search).
    """

    key_lifetime: timedelta
    is_findable: bool = True


class Processor(Protocol):
    """One account at one payment processor.

    Built once, before any event loop runs: construct clients in the factory, connect on first
    use. Methods translate the processor's own exceptions into ``accrue_core.errors`` and its
    answers into snapshots; nothing of an SDK crosses this border.
    """

    @property
    def name(self) -> str:
        """The unique name of this account, as in ``/billing/webhooks/<name>``."""
        ...

    @property
    def support(self) -> SupportTable:
        """How each capability is supported; every capability is named."""
        ...

    @property
    def recovery(self) -> Mapping[str, Recovery]:
        """For each ``gateway.method`` that changes something, how a lost outcome is found."""
        ...

    @property
    def clock(self) -> Clock | None:
        """The clock its webhooks are dated by, when it is not the world's: only a Fake has one."""
        ...

    @property
    def fetch_limit(self) -> int:
        """How many fetches may run at once against this account."""
        ...

    @property
    def customers(self) -> CustomerGateway:
        """Operations on customers."""
        ...

    @property
    def payment_methods(self) -> PaymentMethodGateway:
        """Operations on payment methods."""
        ...

    @property
    def subscriptions(self) -> SubscriptionGateway:
        """Operations on subscriptions."""
        ...

    @property
    def schedules(self) -> ScheduleGateway:
        """Operations on schedules of subscriptions."""
        ...

    @property
    def invoices(self) -> InvoiceGateway:
        """Operations on invoices."""
        ...

    @property
    def checkout(self) -> CheckoutGateway:
        """Operations on checkout sessions."""
        ...

    @property
    def portal(self) -> PortalGateway:
        """The operation on portal sessions."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> ProcessorEvent:
        """Check a webhook's signature over the raw bytes and say where it points.

        ``headers`` has lower-case names; ``now`` is the world's time, or that of ``clock``. It
        does no I/O. Raises ``SignatureInvalid`` when no active secret signed these bytes
        recently, ``WebhookUnreadable`` when they are signed but not an event for this account.
        """
        ...

    def events(self, *, since: datetime) -> AsyncIterator[Sequence[ListedEvent]]:
        """Yield what has happened since then about things that we mirror, the oldest first.

        It reaches back as far as the processor keeps its events (Stripe: 30 days), and is read in
        parts, so that no list is too long. Raises ``UnsupportedCapability`` where none are kept.
        """
        ...

    async def fetch(self, noun: str, ref: str) -> Answer:
        """Return one thing as it is now.

        Raises ``RemoteMissing`` on a bare 404, ``UnknownVocabulary`` on a shape it does not
        know; a deleted thing is answered with ``GoneSnapshot``, an unknown status with
        ``UnreadableSnapshot``.
        """
        ...

    async def find_created(self, request: Request, *, key: Key, since: datetime) -> Answer | None:
        """Return what a create request under this key has created since then, if anything."""
        ...

    async def close(self) -> None:
        """Release connections. Called when the host's lifespan ends."""
        ...
