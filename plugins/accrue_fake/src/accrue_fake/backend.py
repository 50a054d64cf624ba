"""The seam between gateways and engine: one call, wherever the engine runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from accrue_core.clock import Clock
from accrue_fake.engine.door import Door
from accrue_fake.engine.engine import Engine
from accrue_fake.flights import Flights


class Backend(Protocol):
    """Carries calls to an engine and answers back; raises what the engine raises."""

    @property
    def calls(self) -> Counter[str]:
        """How often each ``noun.method`` was called through this backend."""
        ...

    @property
    def clock(self) -> Clock:
        """The engine's clock."""
        ...

    async def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine."""
        ...

    async def close(self) -> None:
        """Release what the backend holds."""
        ...


class EngineBackend:
    """An engine in this process.

    Each call gives way to the loop once before the engine acts, as any call to a processor would:
    tasks interleave here as they will in production.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._door = Door(engine)
        self._flights = Flights(engine)
        self._calls: Counter[str] = Counter()

    @property
    def calls(self) -> Counter[str]:
        """How often each ``noun.method`` was called through this backend."""
        return self._calls

    @property
    def clock(self) -> Clock:
        """The engine's clock."""
        return self.engine.clock

    async def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine."""
        self._calls[f"{noun}.{method}"] += 1
        await asyncio.sleep(0)
        if self._flights.is_calm:
            return self._door.call(noun, method, arguments)
        async with self._flights.of(noun, method, arguments):
            return self._door.call(noun, method, arguments)

    async def close(self) -> None:
        """Nothing is held."""
