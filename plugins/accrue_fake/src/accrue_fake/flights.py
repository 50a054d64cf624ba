"""Flights: calls that take their time, and the keys that are in flight meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from accrue_core.contracts.results import Key
from accrue_core.errors import OperationInProgress
from accrue_fake.engine.engine import Engine


class Flights:
    """Holds up the calls that a scenario makes slow, before the engine acts.

    A key whose first request is under way is refused, as Stripe refuses it (409,
    ``idempotency_key_in_use``); other keys pass by. Waiting is done by the wall clock: the engine's
    time stands still. ``note`` is told of every call that is held up, so that it can be replayed.
    """

    def __init__(self, engine: Engine, note: Callable[[str], None] | None = None) -> None:
        self._engine = engine
        self._note = note
        self._keys: set[str] = set()

    @property
    def is_calm(self) -> bool:
        """Whether nothing is held up, and nothing will be."""
        return not self._keys and self._engine.scenarios.is_quiet

    @asynccontextmanager
    async def of(self, noun: str, method: str, arguments: Mapping[str, Any]) -> AsyncIterator[None]:
        """Let a call land when its time has come; ``OperationInProgress`` if its key is up."""
        key = arguments.get("key")
        name = key.idempotency_key if isinstance(key, Key) else None
        if name is None or method == "find_created":
            yield
            return
        if name in self._keys:
            raise OperationInProgress(f"{noun} under this idempotency key")
        seconds = self._seconds(f"{noun}.{method}")
        if not seconds:
            yield
            return
        self._keys.add(name)
        try:
            await asyncio.sleep(seconds)
            yield
        finally:
            self._keys.discard(name)

    def _seconds(self, call: str) -> float:
        if self._engine.scenarios.is_quiet:
            return 0.0
        seconds = self._engine.scenarios.held(call)
        if seconds and self._note is not None:
            self._note(call)
        return seconds
