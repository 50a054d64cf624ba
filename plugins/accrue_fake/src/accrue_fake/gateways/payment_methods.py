"""Payment methods, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_fake.backend import Backend


class FakePaymentMethods:
    """The engine's payment methods."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def attach(self, request: AttachPaymentMethod, *, key: Key) -> Answer:
        """Attach one of the test tokens; the customer comes along."""
        answer: Answer = await self._backend.call(
            "payment_methods", "attach", {"request": request, "key": key}
        )
        return answer

    async def fetch(self, ref: str) -> Answer:
        """Return the payment method as it is now."""
        answer: Answer = await self._backend.call("payment_methods", "fetch", {"ref": ref})
        return answer
