"""Customers, as Stripe keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.customers import CreateCustomer, UpdateCustomer
from accrue_core.contracts.results import Answer, Key
from accrue_stripe.connection import Connection, wire
from accrue_stripe.errors import translated
from accrue_stripe.listing import find_created
from accrue_stripe.params.customers import changed_customer, new_customer
from accrue_stripe.translate.customers import customer

if TYPE_CHECKING:
    import stripe


class StripeCustomers:
    """Operations on customers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, request: CreateCustomer, *, key: Key) -> Answer:
        """Create the customer; asked twice under one key, create it once."""
        with translated("customer", f"of {request.owner}"):
            remote = await self._connection.client.v1.customers.create_async(
                new_customer(request, key), {"idempotency_key": key.idempotency_key}
            )
        return Answer(customer(wire(remote)))

    async def update(self, request: UpdateCustomer, *, key: Key) -> Answer:
        """Change how the customer is reached; what is not said stays."""
        with translated("customer", request.ref):
            remote = await self._connection.client.v1.customers.update_async(
                request.ref, changed_customer(request), {"idempotency_key": key.idempotency_key}
            )
        return Answer(customer(wire(remote)))

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now; Stripe answers for a deleted one and says so."""
        with translated("customer", ref):
            remote = await self._connection.client.v1.customers.retrieve_async(ref)
        return Answer(customer(wire(remote)))

    async def find_created(
        self, request: CreateCustomer, *, key: Key, since: datetime
    ) -> Answer | None:
        """Look through all customers created since: they have no parent to be listed under."""

        async def page(asked: Any) -> stripe.StripeObject:
            return await self._connection.client.v1.customers.list_async(asked)

        with translated("customer", f"of {request.owner}"):
            found = await find_created("customers", key.operation_id, since, page)
        return None if found is None else Answer(customer(found))
