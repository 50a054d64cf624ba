"""Subscriptions, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
)
from accrue_fake.backend import Backend


class FakeSubscriptions:
    """The engine's subscriptions."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, request: CreateSubscription, *, key: Key) -> Answer:
        """Start it; the customer, the first invoice and its payment method come along."""
        return await self._ask("create", request, key)

    async def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:
        """End it, now or later."""
        return await self._ask("cancel", request, key)

    async def keep(self, request: KeepSubscription, *, key: Key) -> Answer:
        """Undo a pending end."""
        return await self._ask("keep", request, key)

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; ``next_action`` is set while its payment waits for someone."""
        answer: Answer = await self._backend.call("subscriptions", "fetch", {"ref": ref})
        return answer

    async def _ask(
        self,
        method: str,
        request: CreateSubscription | CancelSubscription | KeepSubscription,
        key: Key,
    ) -> Answer:
        answer: Answer = await self._backend.call(
            "subscriptions", method, {"request": request, "key": key}
        )
        return answer
