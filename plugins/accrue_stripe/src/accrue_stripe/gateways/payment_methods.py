"""Payment methods, as Stripe keeps them."""

from __future__ import annotations

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import UnsupportedCapability
from accrue_stripe.connection import Connection, wire
from accrue_stripe.errors import translated
from accrue_stripe.translate.payment_methods import payment_method


class StripePaymentMethods:
    """Operations on payment methods."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def attach(self, request: AttachPaymentMethod, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise UnsupportedCapability(
            processor=self._connection.name, capability=Capability.ATTACH_PAYMENT_METHOD
        )

    async def fetch(self, ref: str) -> Answer:
        """Return the payment method as it is now."""
        with translated("payment_method", ref):
            remote = await self._connection.client.v1.payment_methods.retrieve_async(ref)
        return Answer(payment_method(wire(remote)))
