"""A processor in whose calls a test can meddle: before the deed, after it, or in its stead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from accrue_core.contracts.results import Answer
from accrue_fake.backend import EngineBackend
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.stage import new_engine

Meddle = Callable[[], Awaitable[None]]


class MeddlingBackend(EngineBackend):
    """Runs a test's own coroutine around calls: once, or every time."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._before: dict[str, Meddle] = {}
        self._after: dict[str, Meddle] = {}
        self._always: dict[str, Meddle] = {}
        self._instead: dict[str, Callable[[Answer], Answer]] = {}

    def before_next(self, call: str, meddle: Meddle) -> None:
        """Run it once, before the engine is asked."""
        self._before[call] = meddle

    def after_next(self, call: str, meddle: Meddle) -> None:
        """Run it once, when the engine has answered and the answer is on its way."""
        self._after[call] = meddle

    def always(self, call: str, meddle: Meddle) -> None:
        """Run it before every such call."""
        self._always[call] = meddle

    def answer_next(self, call: str, instead: Callable[[Answer], Answer]) -> None:
        """Do as asked, and answer something else, once."""
        self._instead[call] = instead

    async def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine, with what the test put around the question."""
        name = f"{noun}.{method}"
        if name in self._always:
            await self._always[name]()
        if name in self._before:
            await self._before.pop(name)()
        answer = await super().call(noun, method, arguments)
        if name in self._after:
            await self._after.pop(name)()
        if name in self._instead:
            return self._instead.pop(name)(answer)
        return answer


def meddling(engine: Engine | None = None) -> tuple[Engine, FakeProcessor, MeddlingBackend]:
    """Return an engine, a processor in front of it, and the place to meddle between them."""
    engine = engine or new_engine()
    backend = MeddlingBackend(engine)
    return engine, FakeProcessor(backend), backend
