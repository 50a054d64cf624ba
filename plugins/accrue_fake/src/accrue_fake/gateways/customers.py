"""Customers, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.customers import CreateCustomer, UpdateCustomer
from accrue_core.contracts.results import Answer, Key
from accrue_fake.backend import Backend


class FakeCustomers:
    """The engine's customers."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, request: CreateCustomer, *, key: Key) -> Answer:
        """Create the customer; asked twice under one key, create it once."""
        answer: Answer = await self._backend.call(
            "customers", "create", {"request": request, "key": key}
        )
        return answer

    async def update(self, request: UpdateCustomer, *, key: Key) -> Answer:
        """Change how the customer is reached."""
        answer: Answer = await self._backend.call(
            "customers", "update", {"request": request, "key": key}
        )
        return answer

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now, ``GoneSnapshot`` when it was deleted."""
        answer: Answer = await self._backend.call("customers", "fetch", {"ref": ref})
        return answer
