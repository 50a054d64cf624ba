"""The fake processor's engine in this process, kept on the disk as it changes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from accrue_core.clock import Clock
from accrue_fake import Engine
from accrue_fake.engine.door import Door
from accrue_fake.hosting.journal import Journal

_COMPACTED_EVERY = 5_000


class KeptEngine:
    """An engine whose changes are written down before anybody hears of them.

    Implements ``accrue_fake.Backend``, so that the processor's gateways and its own pages reach
    the engine through here, too. A process that is killed at any moment has told nobody of
    anything that is not written down. Without a journal nothing is kept.
    """

    def __init__(self, engine: Engine, journal: Journal | None = None) -> None:
        self.engine = engine
        self.is_kept = False
        self.when_changed: Callable[[], None] = _nothing
        self._journal = journal
        self._door = Door(engine)
        self._calls: Counter[str] = Counter()
        self._written = 0

    @property
    def calls(self) -> Counter[str]:
        """How often each ``noun.method`` was called."""
        return self._calls

    @property
    def clock(self) -> Clock:
        """The engine's clock."""
        return self.engine.clock

    @property
    def next_due(self) -> datetime | None:
        """When time will do something next."""
        due = self.engine.books.due
        return due[0].moment if due else None

    async def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine, and write the question down when it may have changed something."""
        self._calls[f"{noun}.{method}"] += 1
        await asyncio.sleep(0)
        is_change = self._door.changes(method)
        try:
            return self._door.call(noun, method, arguments)
        finally:
            if is_change:
                self._write(noun, method, arguments)

    async def close(self) -> None:
        """Nothing is held open between calls."""

    def keep(self) -> None:
        """Write down everything there is, and from now on every change."""
        self.is_kept = True
        self.compact()

    def compact(self) -> None:
        """Write the books down as a whole, so that the next start has nothing to replay."""
        if self.is_kept and self._journal is not None:
            self._journal.compact(self.engine)
            self._written = 0

    def _write(self, noun: str, method: str, arguments: Mapping[str, Any]) -> None:
        if self.is_kept and self._journal is not None:
            self._journal.write(noun, method, arguments)
            self._written += 1
            if self._written >= _COMPACTED_EVERY:
                self.compact()
        self.when_changed()


def _nothing() -> None:
    """Stand in while nobody wants to hear of changes."""
