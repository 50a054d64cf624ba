"""Claim, run, retry, bury: the same work for every runner."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from accrue_core import telemetry
from accrue_core.actors import Actor
from accrue_core.errors import AccrueError
from accrue_core.facade import Billing
from accrue_core.jobs.catalog import JOBS
from accrue_core.jobs.handlers import run_handler
from accrue_core.jobs.queries import Due, what_is_due
from accrue_core.ledger.append import PUBLISH
from accrue_core.operations import queries as operations
from accrue_core.outbox import queries as outbox
from accrue_core.outbox.models import HandlerRun, Job
from accrue_core.outbox.retry import describe, next_wait
from accrue_core.webhooks.dispatch import dispatch

RELEASED_FOR = timedelta(days=1)
"""How long an operation that was certainly never asked waits for its caller to come back."""

_MOST_TOGETHER = 20
"""How many promises to publish entries are kept at once."""

_LOOK_UP = 0.2
"""How often, in seconds, new runs are looked for while a slow handler is running."""

_log = logging.getLogger("accrue.jobs")


class Drain:
    """Everything that is due, of every kind. Implements ``contracts.job_runner.Work``."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing.acting_as(Actor("job"))
        self._running: WeakKeyDictionary[asyncio.AbstractEventLoop, set[asyncio.Task[None]]] = (
            WeakKeyDictionary()
        )

    @property
    def rounds(self) -> tuple[Callable[[], Awaitable[int]], ...]:
        """The mirror's work and the handlers' work: neither waits for the other."""
        return (self._mirror_round, self._handler_round)

    async def drain(self) -> int:
        """Do everything that is due, until nothing is; return how many pieces that was."""
        total = 0
        while done := sum([await round_() for round_ in self.rounds]):
            total += done
        return total

    async def finish(self) -> None:
        """Wait for the handlers that are running on this loop."""
        await asyncio.gather(*self._begun())

    async def _mirror_round(self) -> int:
        processors = list(self.billing.plugins.processors)
        async with self.billing.reading() as reading:
            due = await what_is_due(reading, processors=processors, released_for=RELEASED_FOR)
        done = await dispatch(self.billing) if Due.DELIVERIES in due else 0
        if Due.JOBS in due:
            done += await self._jobs()
        if Due.EXPIRED in due:
            done += sum((await self.billing.recover_operations()).values())
        if Due.RELEASED in due:
            async with self.billing.transaction("operations.abandon") as tx:
                done += await operations.abandon_released(tx, older_than=RELEASED_FOR)
        return done

    async def _jobs(self) -> int:
        settings, token = self.billing.settings, secrets.token_hex(16)
        async with self.billing.transaction("jobs.claim") as tx:
            claimed = await outbox.claim(
                tx,
                token=token,
                limit=settings.batch_size,
                lease=settings.lease,
                max_attempts=settings.max_attempts,
            )
        for some in _together(claimed):
            await self._work_off(some, token)
        return len(claimed)

    async def _work_off(self, some: Sequence[Job], token: str) -> None:
        """Do jobs of one name; what fails together is tried one by one."""
        job = some[0]
        try:
            with telemetry.span(f"job.{job.name}"):
                await JOBS[job.name](self.billing, _joined(some))
        except Exception as error:
            if len(some) > 1:
                for one in some:
                    await self._work_off([one], token)
                return
            _report(f"job {job.name}", error)
            wait = self._wait(error, job.attempts)
            async with self.billing.transaction("jobs.postpone") as tx:
                await outbox.postpone(tx, job.id, token=token, wait=wait, error=describe(error))
            return
        async with self.billing.transaction("jobs.done") as tx:
            await outbox.discard(tx, [one.id for one in some], token=token)

    async def _handler_round(self) -> int:
        """Begin what is due beside what is running, up to a batch; a slow handler delays nobody."""
        begun = self._begun()
        claimed = await self._claimed_runs(self.billing.settings.batch_size - len(begun))
        for run, token in claimed:
            task = asyncio.create_task(self._run(run, token), name=f"handler {run.handler}")
            begun.add(task)
            task.add_done_callback(begun.discard)
        if not claimed and begun:
            await asyncio.wait(begun, timeout=_LOOK_UP, return_when=asyncio.FIRST_COMPLETED)
        return len(claimed) or len(begun)

    async def _claimed_runs(self, limit: int) -> list[tuple[HandlerRun, str]]:
        plugins, settings = self.billing.plugins, self.billing.settings
        handlers = [*plugins.event_handlers, *plugins.webhook_handlers]
        if not handlers or limit < 1:
            return []
        async with self.billing.reading() as reading:
            if not await outbox.is_run_due(reading, handlers=handlers):
                return []
        token = secrets.token_hex(16)
        async with self.billing.transaction("handlers.claim") as tx:
            claimed = await outbox.claim_runs(
                tx,
                handlers=handlers,
                token=token,
                limit=limit,
                lease=settings.lease,
                max_attempts=settings.max_attempts,
            )
        return [(run, token) for run in claimed]

    def _begun(self) -> set[asyncio.Task[None]]:
        return self._running.setdefault(asyncio.get_running_loop(), set())

    async def _run(self, run: HandlerRun, token: str) -> None:
        try:
            with telemetry.span("handler", handler=run.handler):
                await run_handler(self.billing, run)
        except Exception as error:
            _report(f"handler {run.handler}", error)
            wait = self._wait(error, run.attempts)
            async with self.billing.transaction("handlers.postpone") as tx:
                await outbox.postpone_run(tx, run.id, token=token, wait=wait, error=describe(error))
            return
        async with self.billing.transaction("handlers.done") as tx:
            await outbox.finish_run(tx, run.id, token=token)

    def _wait(self, error: Exception, attempts: int) -> timedelta | None:
        return next_wait(error, attempts, max_attempts=self.billing.settings.max_attempts)


def _together(claimed: Sequence[Job]) -> list[list[Job]]:
    """Put the jobs that publish entries together: almost every transaction promises one."""
    publishing = [job for job in claimed if job.name == PUBLISH]
    others = [[job] for job in claimed if job.name != PUBLISH]
    places = range(0, len(publishing), _MOST_TOGETHER)
    return [*(publishing[place : place + _MOST_TOGETHER] for place in places), *others]


def _joined(some: Sequence[Job]) -> Mapping[str, Any]:
    if len(some) == 1:
        return some[0].payload
    return {"entries": [entry for job in some for entry in job.payload["entries"]]}


def _report(what: str, error: Exception) -> None:
    if isinstance(error, AccrueError):
        _log.warning("%s failed: %s", what, error.code)
    else:
        _log.exception("%s failed", what)
