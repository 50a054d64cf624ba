"""Checkout sessions, which Braintree does not have."""

from __future__ import annotations

from accrue_braintree.connection import Connection
from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import RemoteMissing, UnsupportedCapability


class BraintreeCheckout:
    """Operations on checkout sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, request: CreateCheckoutSession, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: Braintree has no page of its own to send a customer to."""
        raise UnsupportedCapability(processor=self._connection.name, capability=Capability.CHECKOUT)

    async def fetch(self, ref: str) -> Answer:
        """Find nothing, without asking."""
        raise RemoteMissing(noun="checkout_session", ref=ref)
