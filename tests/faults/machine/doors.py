"""The engine's own door: every call of Accrue's is one call there, of the same name."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.faults.machine.ways import Way
from tests.faults.meddling import Meddle, MeddlingBackend
from tests.stage import Stage, post, staged


@dataclass(slots=True)
class Effects:
    """What each operation did at the engine: how many calls of it made anything happen there."""

    of: Counter[str] = field(default_factory=Counter)
    methods: dict[str, str] = field(default_factory=dict)

    def note(self, operation: str, method: str) -> None:
        self.of[operation] += 1
        self.methods[operation] = method

    def doubled(self) -> dict[str, str]:
        """Return the operations that had more than one effect, with their methods."""
        return {name: self.methods[name] for name, times in self.of.items() if times > 1}


class CountingBackend(MeddlingBackend):
    """Counts, for each operation, the calls after which the engine was not as before."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.effects = Effects()
        self._door = _Watched(self._door, engine, self.effects)  # type: ignore[assignment]

    def forget(self) -> None:
        """Let nobody meddle any more."""
        self._before.clear()
        self._after.clear()


class _Watched:
    """The engine's door, with somebody beside it who writes down what happens."""

    def __init__(self, door: Any, engine: Engine, effects: Effects) -> None:
        self._door, self._engine, self._effects = door, engine, effects

    def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        before = self._happened()
        try:
            return self._door.call(noun, method, arguments)
        finally:
            key = arguments.get("key")
            if key is not None and self._happened() != before and method != "find_created":
                self._effects.note(key.operation_id, f"{noun}.{method}")

    def _happened(self) -> int:
        counters = self._engine.books.counters
        return counters.get("evt", 0) + counters.get("cs", 0)


class Door:
    """The engine's own door: every call of Accrue's is one call there, of the same name."""

    def __init__(self, stage: Stage, backend: CountingBackend) -> None:
        self.stage, self._backend = stage, backend

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, engine: Engine, **options: Any) -> AsyncIterator[Way]:
        """Open a stage with the Fake's own processor on it."""
        backend = CountingBackend(engine)
        processor = FakeProcessor(backend)
        async with staged(url, engine=engine, processor=processor, **options) as stage:
            yield cls(stage, backend)

    def named(self, call: str) -> str:
        return call

    def meddle(self, call: str, moment: str, deed: Meddle) -> None:
        backend = self._backend
        (backend.before_next if moment == "before" else backend.after_next)(call, deed)

    def forget(self) -> None:
        self._backend.forget()

    def doubled(self) -> Mapping[str, str]:
        return self._backend.effects.doubled()

    def advance(self, by: timedelta) -> None:
        self.stage.engine.advance(by)

    async def deliver(self, limit: int, *, is_shuffled: bool, is_doubled: bool) -> None:
        engine = self.stage.engine
        engine.scenarios.shuffle_webhooks(is_on=is_shuffled)
        for owed in engine.emitter.take(limit=limit):
            for _ in range(2 if is_doubled else 1):
                status, _body = await post(
                    self.stage.app, "/webhooks/fake", owed.body, owed.headers
                )
                assert status == 200
            engine.emitter.delivered(owed.event_ref)
        engine.scenarios.shuffle_webhooks(is_on=False)

    def lose(self, limit: int) -> None:
        self.stage.engine.emitter.take(limit=limit)

    def recall(self) -> None:
        self.stage.engine.emitter.recall()

    def pending(self) -> Sequence[Any]:
        return self.stage.engine.emitter.pending()
