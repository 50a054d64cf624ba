"""Invoices, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.results import Answer
from accrue_fake.backend import Backend
from accrue_fake.gateways.asking import fetch


class FakeInvoices:
    """The engine's invoices."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def fetch(self, ref: str) -> Answer:
        """Return the invoice as it is now, with all of its lines and payments."""
        return await fetch(self._backend, "invoices", ref)
