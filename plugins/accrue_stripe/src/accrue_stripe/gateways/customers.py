"""Customers, as Stripe keeps them."""

from __future__ import annotations

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import UnsupportedCapability
from accrue_stripe.connection import Connection, wire
from accrue_stripe.errors import translated
from accrue_stripe.translate.customers import customer


class StripeCustomers:
    """Operations on customers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, request: CreateCustomer, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise UnsupportedCapability(
            processor=self._connection.name, capability=Capability.CREATE_CUSTOMER
        )

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now; Stripe answers for a deleted one and says so."""
        with translated("customer", ref):
            remote = await self._connection.client.v1.customers.retrieve_async(ref)
        return Answer(customer(wire(remote)))
