"""Runners: one that works beside the host's requests, and one that works inside each call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from accrue_core.contracts.job_runner import Work
from accrue_core.settings import Settings

_log = logging.getLogger("accrue.jobs")


class EmbeddedRunner:
    """Works in the host's own process, as a task of its loop. The default; ``accrue worker`` is
    this runner in a process of its own.
    """

    name = "embedded"

    def __init__(self, settings: Settings) -> None:
        self._poll = settings.poll_interval.total_seconds()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: list[asyncio.Event] = []
        self._work: Work | None = None
        self._is_stopping = False

    async def start(self, work: Work) -> None:
        """Begin to work on the running loop, one task for each kind of round."""
        self._loop = asyncio.get_running_loop()
        self._is_stopping = False
        self._work = work
        self._bells = [asyncio.Event() for _ in work.rounds]
        self._tasks = [
            asyncio.create_task(self._run(round_, bell), name="accrue-runner")
            for round_, bell in zip(work.rounds, self._bells, strict=True)
        ]

    async def wake(self, work: Work) -> None:
        """Look for work soon. Without a started runner, somebody else's will find it."""
        del work
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    async def stop(self) -> None:
        """Finish what is claimed, and end."""
        if self._work is None:
            return
        self._is_stopping = True
        self._ring()
        await asyncio.gather(*self._tasks)
        await self._work.finish()
        self._tasks, self._bells, self._loop, self._work = [], [], None, None

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()

    async def _run(self, round_: Callable[[], Awaitable[int]], bell: asyncio.Event) -> None:
        while not self._is_stopping:
            bell.clear()
            try:
                if await round_():
                    continue
            except Exception:
                # The database may be away; leases bring back what was claimed.
                _log.exception("the runner could not work")
            try:
                async with asyncio.timeout(self._poll):
                    await bell.wait()
            except TimeoutError:
                continue


class InlineRunner:
    """Works inside the call that promised something: for tests and short scripts.

    A promise made while it is draining is done by the drain that is under way.
    """

    name = "inline"

    def __init__(self) -> None:
        self._is_draining = False
        self._is_owed = False

    async def start(self, work: Work) -> None:
        """Do what was left behind."""
        await self.wake(work)

    async def wake(self, work: Work) -> None:
        """Drain now, unless a drain is under way already."""
        self._is_owed = True
        if self._is_draining:
            return
        self._is_draining = True
        try:
            while self._is_owed:
                self._is_owed = False
                await work.drain()
        finally:
            self._is_draining = False

    async def stop(self) -> None:
        """Nothing is running between calls."""
