"""Brings the webhooks that the fake processor owes to this host's own door, over real HTTP."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import httpx
from sqlalchemy import func, select

from accrue_core import Billing
from accrue_core.db.leases import JobStatus
from accrue_core.errors import AccrueError
from accrue_core.webhooks.models import deliveries
from accrue_fake.engine.records import OwedWebhook
from examples.litestar_saas.demo.engine import KeptEngine

DOOR = "/billing/webhooks/{processor}"
AT_ONCE = 6
_LOOK_EVERY = 0.1
_PATIENCE = 30.0
_AFTER_TROUBLE = 2.0

_UNFINISHED = select(func.count()).where(
    deliveries.c.status.in_([JobStatus.WAITING, JobStatus.RUNNING])
)

_log = logging.getLogger("fieldnotes.courier")


def road_to(url: str) -> httpx.AsyncClient:
    """Return a client for one host on the loopback, whatever proxies the environment names."""
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)


class CourierError(Exception):
    """A webhook was not taken, or what it said was not worked off."""


class Bell:
    """Rings whenever the runner has worked something off: Accrue announces it."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def __call__(self, point: str) -> None:
        """Hear of one point that Accrue has reached."""
        if point in ("dispatch.absorb:after_commit", "dispatch.fail:after_commit"):
            self._rung.set()

    async def wait(self) -> None:
        """Wait for the next ring, though not for long: nobody rings for another process's work."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await self._rung.wait()
        self._rung.clear()


class Courier:
    """Posts, and waits until the embedded runner has absorbed what was posted."""

    def __init__(
        self, engine: KeptEngine, billing: Billing, client: httpx.AsyncClient, *, bell: Bell
    ) -> None:
        self._engine, self._billing = engine, billing
        self._client, self._worked = client, bell
        processor = billing.settings.processor
        self._door = DOOR.format(processor=processor)
        # Whether the runner has something of ours to work off; another processor's can wait.
        self._unfinished = _UNFINISHED.where(deliveries.c.processor == processor)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._lock = asyncio.Lock()
        self._changed = asyncio.Event()
        engine.when_changed = self._changed.set
        self.posted = 0

    async def settle(self) -> None:
        """Post what is owed until nothing is, and wait for each round to be worked off."""
        async with self._lock:
            while self._is_owed():
                await self._bring()
                await self._worked_off()

    async def keep_bringing(self) -> None:
        """Go on for as long as the host runs: visitors make the processor owe webhooks, too."""
        while True:
            await self._something_new()
            self._changed.clear()
            try:
                await self.settle()
            except (AccrueError, CourierError, httpx.HTTPError) as trouble:
                _log.warning("webhooks wait: %s: %s", type(trouble).__name__, trouble)
                await asyncio.sleep(_AFTER_TROUBLE)
                self._changed.set()

    def _is_owed(self) -> bool:
        """Whether there is anything to take now. Looking changes nothing, taking does."""
        books = self._engine.engine.books
        return bool(books.owed) and books.owed[0].due <= books.now

    async def _bring(self) -> None:
        """Post everything that is owed now."""
        owed = await self._engine.call("webhooks", "take", {})
        posting = (self._post(webhook) for webhook in owed)
        outcomes = await asyncio.gather(*posting, return_exceptions=True)
        for trouble in filter(None, outcomes):
            raise trouble

    async def _something_new(self) -> None:
        """Wait until something may be owed."""
        await self._changed.wait()

    async def _post(self, webhook: OwedWebhook) -> None:
        async with self._turns:
            try:
                answer = await self._client.post(
                    self._door, content=webhook.body, headers=webhook.headers
                )
                answer.raise_for_status()
            except httpx.HTTPError:
                await self._report("failed", webhook)
                raise
        self.posted += 1
        await self._report("delivered", webhook)

    async def _report(self, outcome: str, webhook: OwedWebhook) -> None:
        await self._engine.call("webhooks", outcome, {"event_ref": webhook.event_ref})

    async def _worked_off(self) -> None:
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while await self._is_working():
            if asyncio.get_running_loop().time() > deadline:
                raise CourierError("the runner did not work off the deliveries in time")
            await self._worked.wait()

    async def _is_working(self) -> bool:
        async with self._billing.reading() as reading:
            return bool(await reading.scalar(self._unfinished))
