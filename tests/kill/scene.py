"""The scene of a kill: a database, a processor that outlives it, a zygote, and who restarts."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any

from sqlalchemy import update

from accrue_core import Accrue, Owner
from accrue_core.db.database_clock import db_clock
from accrue_core.operations.models import OperationStatus, operations
from accrue_core.outbox.models import handler_runs, jobs
from accrue_core.webhooks.models import deliveries
from tests.kill.mirrored import differences


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended, and the points it passed if it lived."""

    killed: bool
    code: int | None
    passed: list[str] | None


class Zygote:
    """The process that children are forked from, started when the first is wanted."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Zygote:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.communicate(timeout=30)

    def run(self, job: Mapping[str, Any]) -> Death:
        """Have one child do a job; blocks until it has ended."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.kill.zygote"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Death(**json.loads(self._process.stdout.readline()))


@dataclass(slots=True)
class Scene(ABC):
    """One database and one zygote; how the processor is reached is said by those who inherit."""

    database_url: str
    zygote: Zygote

    @abstractmethod
    def way(self) -> Mapping[str, Any]:
        """Return, for JSON, what a child has to know to reach the processor."""

    @abstractmethod
    def restarted(self, **options: Any) -> AbstractAsyncContextManager[Accrue]:
        """Return the process that comes up after the kill."""

    @abstractmethod
    async def deliver(self, accrue: Accrue) -> int:
        """Post what the processor owes to the door; return how many webhooks that were."""

    @abstractmethod
    async def remote(self, owner: Owner) -> dict[str, int]:
        """Count what the processor holds for an owner."""

    @abstractmethod
    async def advance(self, delta: timedelta) -> None:
        """Let time pass at the processor."""

    async def run(self, scenario: str, owner: Owner, *, kill_at: int | str | None) -> Death:
        """Run a scenario in a child process, killed at a point or left to finish.

        A point is told by its number or by its name.
        """
        job = {
            "database_url": self.database_url,
            "scenario": scenario,
            "owner": owner.id,
            "kill_at": kill_at,
            **self.way(),
        }
        return await asyncio.to_thread(self.zygote.run, job)

    async def broken(self, accrue: Accrue) -> list[str]:
        """Return what must not be once all has been done; those who inherit may know more."""
        walked = await accrue.billing.verify_ledger()
        return [
            *(f"{one.entry_id}: {one.reason}" for one in walked.breaks),
            *await differences(accrue),
        ]

    async def settle(self, accrue: Accrue) -> None:
        """Recover, deliver and drain until nothing is left to do."""
        await expire_leases(accrue)
        await accrue.billing.recover_operations(limit=1000)
        await self.take_in(accrue)

    async def take_in(self, accrue: Accrue) -> None:
        """Deliver and drain until nothing is left to do."""
        while await self.deliver(accrue) + await accrue.work.drain():
            pass


async def expire_leases(accrue: Accrue) -> None:
    """Let the leases of the dead process end, as time would."""
    async with accrue.billing.transaction("leases end") as tx:
        for table in (operations, deliveries, jobs, handler_runs):
            statement = update(table).where(table.c.lease_until.is_not(None))
            await tx.execute(statement.values(lease_until=db_clock(timedelta(seconds=-1))))


async def age_operations(accrue: Accrue, age: timedelta) -> None:
    """Let so much time have passed since the open operations began."""
    async with accrue.billing.transaction("time passes") as tx:
        statement = update(operations).where(operations.c.status == OperationStatus.OPEN)
        await tx.execute(statement.values(started_at=db_clock(-age)))
