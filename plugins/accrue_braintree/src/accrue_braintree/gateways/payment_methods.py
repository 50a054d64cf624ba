"""Payment methods, as Braintree keeps them."""

from __future__ import annotations

from accrue_braintree.connection import Connection
from accrue_braintree.translate.payment_methods import payment_method
from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import UnsupportedCapability


class BraintreePaymentMethods:
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
        remote = await self._connection.ask(
            "payment_method", ref, lambda gateway: gateway.payment_method.find(ref)
        )
        return Answer(payment_method(remote))
