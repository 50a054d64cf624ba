"""Payment methods, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_fake.backend import Backend
from accrue_fake.gateways.asking import ask, fetch


class FakePaymentMethods:
    """The engine's payment methods."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def attach(self, request: AttachPaymentMethod, *, key: Key) -> Answer:
        """Attach one of the test tokens; the customer comes along."""
        return await ask(self._backend, request, key)

    async def fetch(self, ref: str) -> Answer:
        """Return the payment method as it is now."""
        return await fetch(self._backend, "payment_methods", ref)
