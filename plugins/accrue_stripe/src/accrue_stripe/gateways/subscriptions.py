"""Subscriptions, as Stripe keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
)
from accrue_core.errors import UnsupportedCapability
from accrue_stripe.connection import Connection, complete, wire
from accrue_stripe.errors import translated
from accrue_stripe.translate.subscriptions import subscription

if TYPE_CHECKING:
    import stripe

_CANCELS = {
    "now": Capability.CANCEL_NOW,
    "period_end": Capability.CANCEL_AT_PERIOD_END,
    "at": Capability.CANCEL_AT_DATE,
}


class StripeSubscriptions:
    """Operations on subscriptions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, request: CreateSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._unsupported(Capability.SUBSCRIBE)

    async def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._unsupported(_CANCELS[request.when])

    async def keep(self, request: KeepSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._unsupported(Capability.KEEP)

    async def fetch(self, ref: str) -> Answer:
        """Return the subscription as it is now, with all of its items.

        It does not say yet what a customer has to do about a payment that waits for them: that
        comes with ``create``. Its invoices arrive by their own events.
        """
        client = self._connection.client

        async def items(paging: Any) -> stripe.StripeObject:
            asked: Any = {"subscription": ref, **paging}
            return await client.v1.subscription_items.list_async(asked)

        with translated("subscription", ref):
            whole = wire(await client.v1.subscriptions.retrieve_async(ref))
            await complete(whole, "items", items)
        return Answer(subscription(whole))

    def _unsupported(self, capability: Capability) -> UnsupportedCapability:
        return UnsupportedCapability(processor=self._connection.name, capability=capability)
