"""Schedules, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    ReleaseSchedule,
    UpdateSchedule,
)
from accrue_fake.backend import Backend
from accrue_fake.gateways.asking import ask, fetch


class FakeSchedules:
    """The engine's schedules."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, request: CreateSchedule, *, key: Key) -> Answer:
        """Schedule a subscription; one that starts now brings its first invoice along."""
        return await ask(self._backend, request, key)

    async def update(self, request: UpdateSchedule, *, key: Key) -> Answer:
        """Plan the current phase and those that follow anew."""
        return await ask(self._backend, request, key)

    async def release(self, request: ReleaseSchedule, *, key: Key) -> Answer:
        """Let the subscription go on without it."""
        return await ask(self._backend, request, key)

    async def cancel(self, request: CancelSchedule, *, key: Key) -> Answer:
        """End it and its subscription."""
        return await ask(self._backend, request, key)

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now, with its subscription."""
        return await fetch(self._backend, "schedules", ref)
