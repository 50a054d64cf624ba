"""Customers, as Braintree keeps them."""

from __future__ import annotations

from accrue_braintree.connection import Connection
from accrue_braintree.translate.customers import customer
from accrue_braintree.translate.payment_methods import payment_method
from accrue_braintree.translate.reading import Reader
from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import UnsupportedCapability


class BraintreeCustomers:
    """Operations on customers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, request: CreateCustomer, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise UnsupportedCapability(
            processor=self._connection.name, capability=Capability.CREATE_CUSTOMER
        )

    async def update(self, request: UpdateCustomer, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise UnsupportedCapability(
            processor=self._connection.name, capability=Capability.UPDATE_CUSTOMER
        )

    async def set_tax_location(self, request: SetTaxLocation, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise UnsupportedCapability(
            processor=self._connection.name, capability=Capability.SET_TAX_LOCATION
        )

    async def assign(self, request: AssignCustomer, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise UnsupportedCapability(
            processor=self._connection.name, capability=Capability.ASSIGN_CUSTOMER
        )

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now, with its payment methods.

        No event announces a payment method, so they come along. A customer that was deleted is
        missing: Braintree does not say that it ever was.
        """
        remote = await self._connection.ask(
            "customer", ref, lambda gateway: gateway.customer.find(ref)
        )
        cards = Reader(remote, "customer").objects("payment_methods")
        return Answer(customer(remote), tuple(payment_method(card) for card in cards))
