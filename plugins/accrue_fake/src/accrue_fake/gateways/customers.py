"""Customers, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.results import Answer, Key
from accrue_fake.backend import Backend
from accrue_fake.gateways.asking import ask, fetch


class FakeCustomers:
    """The engine's customers."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, request: CreateCustomer, *, key: Key) -> Answer:
        """Create the customer; asked twice under one key, create it once."""
        return await ask(self._backend, request, key)

    async def update(self, request: UpdateCustomer, *, key: Key) -> Answer:
        """Change how the customer is known."""
        return await ask(self._backend, request, key)

    async def set_tax_location(self, request: SetTaxLocation, *, key: Key) -> Answer:
        """Say where the customer is taxed."""
        return await ask(self._backend, request, key)

    async def assign(self, request: AssignCustomer, *, key: Key) -> Answer:
        """Give the customer to another owner."""
        return await ask(self._backend, request, key)

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now, ``GoneSnapshot`` when it was deleted."""
        return await fetch(self._backend, "customers", ref)
