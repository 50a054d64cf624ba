"""Lets the demonstration's time pass, a day at a time, each day with the webhooks it brings."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from accrue_fake.engine.calendar import moment_after
from examples.litestar_saas.demo.courier import Courier
from examples.litestar_saas.demo.engine import KeptEngine

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = get_args(Step)

_log = logging.getLogger("fieldnotes.clock")


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of time that is under way, or was the last one."""

    start: datetime
    end: datetime


class Clockwork:
    """The only one who moves the clock. One stretch at a time; who asks meanwhile joins it."""

    def __init__(self, engine: KeptEngine, courier: Courier) -> None:
        self._engine, self._courier = engine, courier
        self._task: asyncio.Task[None] | None = None
        self.passage: Passage | None = None
        self.has_failed = False

    @property
    def now(self) -> datetime:
        """The moment at which the demonstration stands."""
        return self._engine.clock.now()

    @property
    def is_running(self) -> bool:
        """Whether time is passing right now."""
        return self._task is not None and not self._task.done()

    @property
    def progress(self) -> int:
        """How much of the passage is done, in percent."""
        if self.passage is None or not self.is_running:
            return 100
        whole = self.passage.end - self.passage.start
        return int(100 * ((self.now - self.passage.start) / whole))

    def let_pass(self, step: Step, *, seen: str) -> None:
        """Begin to let time pass, unless it is passing, or has passed since the form was made.

        ``seen`` is the moment that the form's page showed: a form that is sent twice lets the time
        pass once.
        """
        if self.is_running or seen != self.now.isoformat():
            return
        self.passage = Passage(self.now, moment_after(self.now, step, 1))
        self.has_failed = False
        self._task = asyncio.create_task(self._run(self.passage.end), name="clockwork")

    async def wait(self, seconds: float) -> bool:
        """Wait for the passage to end, no longer than so; return whether it has."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=seconds)
        return not self.is_running

    async def pass_until(self, end: datetime) -> None:
        """Let time pass from one thing that is due to the next, a day at a time at the most.

        Each stop has its webhooks delivered, so that the ledger has the moment of what it tells.
        """
        while (now := self.now) < end:
            stop = min(end, now + timedelta(days=1), self._engine.next_due or end)
            await self._engine.call("engine", "advance_to", {"moment": max(stop, now)})
            await self._courier.settle()

    async def stop(self) -> None:
        """End a passage where it is. The clock stays there; what is owed is brought next time."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, end: datetime) -> None:
        try:
            await self.pass_until(end)
        except Exception:
            self.has_failed = True
            _log.exception("time stands still: the webhooks of a day could not be delivered")
        finally:
            self._engine.compact()
