"""Checkout sessions, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.results import Answer, Key
from accrue_fake.backend import Backend
from accrue_fake.gateways.asking import ask, fetch


class FakeCheckout:
    """The engine's checkout sessions."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, request: CreateCheckoutSession, *, key: Key) -> Answer:
        """Open the page; ``next_action`` leads there."""
        return await ask(self._backend, request, key)

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; a completed one brings what came of it."""
        return await fetch(self._backend, "checkout", ref)
