"""Customers, as Stripe keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import ProcessorRejected, TaxLocationInvalid
from accrue_stripe.connection import Connection, Json, wire
from accrue_stripe.errors import FailureRemembered, halfway, translated
from accrue_stripe.listing import find_created
from accrue_stripe.params.customers import (
    READABLE,
    assigned_customer,
    changed_customer,
    new_customer,
    tax_location,
)
from accrue_stripe.translate.customers import customer

if TYPE_CHECKING:
    import stripe
    from stripe.params import CustomerUpdateParams

_NO_SUCH_PLACE = "customer_tax_location_invalid"
"""What Stripe calls a place that it cannot tax."""


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
        """Change how the customer is known; what is not said stays."""
        return await self._update(request.ref, changed_customer(request), key)

    async def set_tax_location(self, request: SetTaxLocation, *, key: Key) -> Answer:
        """Say where the customer is taxed; ``TaxLocationInvalid`` changes nothing.

        After a failure that Stripe remembers the address is read: it keeps none unchecked.
        """
        wanted = tax_location(request)
        try:
            return await self._update(request.ref, wanted, key)
        except FailureRemembered:
            with halfway():
                found = await self._read(request.ref)
            if not _is_at(found, wanted):
                raise
            return Answer(customer(found))
        except ProcessorRejected as error:
            if error.reason != _NO_SUCH_PLACE:
                raise
            raise TaxLocationInvalid(param=error.param) from None

    async def assign(self, request: AssignCustomer, *, key: Key) -> Answer:
        """Give the customer to another owner, and note under which operation."""
        return await self._update(request.ref, assigned_customer(request, key), key)

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now; Stripe answers for a deleted one and says so."""
        return Answer(customer(await self._read(ref)))

    async def find_created(
        self, request: CreateCustomer, *, key: Key, since: datetime
    ) -> Answer | None:
        """Look through all customers created since: they have no parent to be listed under."""

        async def page(asked: Any) -> stripe.StripeObject:
            return await self._connection.client.v1.customers.list_async(asked)

        with translated("customer", f"of {request.owner}"):
            found = await find_created("customers", key.operation_id, since, page)
        return None if found is None else await self.fetch(str(found.get("id")))

    async def _read(self, ref: str) -> Json:
        with translated("customer", ref):
            remote = await self._connection.client.v1.customers.retrieve_async(
                ref, {"expand": READABLE}
            )
        return wire(remote)

    async def _update(self, ref: str, params: CustomerUpdateParams, key: Key) -> Answer:
        options: stripe.RequestOptions = {"idempotency_key": key.idempotency_key}
        with translated("customer", ref):
            remote = await self._connection.client.v1.customers.update_async(ref, params, options)
        return Answer(customer(wire(remote)))


def _is_at(found: Json, wanted: CustomerUpdateParams) -> bool:
    """Whether a customer's address is the one that was sent; what is left empty is null there."""
    address: Any = found.get("address") or {}
    sent: Any = wanted["address"]
    return all((address.get(part) or "") == value for part, value in sent.items())
