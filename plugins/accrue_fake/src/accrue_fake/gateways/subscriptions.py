"""Subscriptions, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    PreviewedChange,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
)
from accrue_fake.backend import Backend
from accrue_fake.gateways.asking import ask, fetch


class FakeSubscriptions:
    """The engine's subscriptions."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, request: CreateSubscription, *, key: Key) -> Answer:
        """Start it; the customer, the first invoice and its payment method come along."""
        return await ask(self._backend, request, key)

    async def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:
        """End it, now or later."""
        return await ask(self._backend, request, key)

    async def keep(self, request: KeepSubscription, *, key: Key) -> Answer:
        """Undo a pending end."""
        return await ask(self._backend, request, key)

    async def change(self, request: ChangeSubscription, *, key: Key) -> Answer:
        """Make its items be these; ``next_action`` is set when a bank asks for the customer."""
        return await ask(self._backend, request, key)

    async def preview(self, request: ChangeSubscription) -> PreviewedChange:
        """Say what ``change`` would cost, and change nothing."""
        said: PreviewedChange = await self._backend.call(
            "subscriptions", "preview", {"request": request}
        )
        return said

    async def set_trial_end(self, request: SetTrialEnd, *, key: Key) -> Answer:
        """Let its trial end at another moment, or now."""
        return await ask(self._backend, request, key)

    async def pause(self, request: PauseSubscription, *, key: Key) -> Answer:
        """Stop collecting, or let the whole subscription rest."""
        return await ask(self._backend, request, key)

    async def resume(self, request: ResumeSubscription, *, key: Key) -> Answer:
        """End a pause."""
        return await ask(self._backend, request, key)

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; ``next_action`` is set while its payment waits for someone."""
        return await fetch(self._backend, "subscriptions", ref)
