"""The ground on which processes are killed: an engine elsewhere, a zygote, and who restarts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from accrue_core import Accrue, Money, Owner, Settings
from accrue_core.db.database_clock import db_clock
from accrue_core.db.engine import build
from accrue_core.operations.models import OperationStatus, operations
from accrue_core.outbox.models import handler_runs, jobs
from accrue_core.webhooks.models import deliveries
from accrue_fake.hosting.client import HostedBackend
from accrue_fake.hosting.process import HostProcess
from tests.kill.zygote import hosted_accrue
from tests.stage import post


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended, and the points it passed if it lived."""

    killed: bool
    code: int | None
    passed: list[str] | None


@dataclass(slots=True)
class Ground:
    """One database, one engine in its own process, one zygote to fork children from."""

    database_url: str
    socket_path: str
    zygote: subprocess.Popen[str]
    backend: HostedBackend

    def run(self, scenario: str, owner: Owner, *, kill_at: int | None) -> Death:
        """Run a scenario in a child process, killed at a point or left to finish."""
        job = {
            "database_url": self.database_url,
            "socket": self.socket_path,
            "scenario": scenario,
            "owner": owner.id,
            "kill_at": kill_at,
        }
        assert self.zygote.stdin is not None
        assert self.zygote.stdout is not None
        self.zygote.stdin.write(json.dumps(job) + "\n")
        self.zygote.stdin.flush()
        return Death(**json.loads(self.zygote.stdout.readline()))

    @asynccontextmanager
    async def restarted(self, **options: Any) -> AsyncIterator[Accrue]:
        """Return the process that comes up after the kill."""
        accrue = hosted_accrue(self.database_url, self.socket_path, **options)
        try:
            yield accrue
        finally:
            await accrue.runtime.close()

    async def expire_leases(self) -> None:
        """Let the leases of the dead process end, as time would."""
        async with writing(self.database_url) as connection:
            for table in (operations, deliveries, jobs, handler_runs):
                statement = update(table).where(table.c.lease_until.is_not(None))
                past = db_clock(timedelta(seconds=-1))
                await connection.execute(statement.values(lease_until=past))

    async def age_operations(self, age: timedelta) -> None:
        """Let so much time have passed since the open operations began."""
        async with writing(self.database_url) as connection:
            statement = update(operations).where(operations.c.status == OperationStatus.OPEN)
            await connection.execute(statement.values(started_at=db_clock(-age)))

    async def deliver(self, accrue: Accrue) -> int:
        """Post what the engine owes to the door, as it would have been sent again."""
        await self.backend.call("webhooks", "recall", {})
        owed = await self.backend.call("webhooks", "take", {})
        app = accrue.asgi()
        for webhook in owed:
            status, _ = await post(app, "/webhooks/fake", webhook.body, webhook.headers)
            assert status == 200
            await self.backend.call("webhooks", "delivered", {"event_ref": webhook.event_ref})
        return len(owed)

    async def settle(self, accrue: Accrue) -> None:
        """Recover, deliver and drain until nothing is left to do."""
        await self.expire_leases()
        await accrue.billing.recover_operations(limit=1000)
        while await self.deliver(accrue) + await accrue.work.drain():
            pass

    async def remote(self, owner: Owner) -> dict[str, int]:
        """Count what the processor holds for an owner."""
        held = {"customer": 0, "payment_method": 0, "subscription": 0, "checkout_session": 0}
        for ref in await self.backend.call("customers", "of_owner", {"owner": owner}):
            held["customer"] += 1
            for noun in ("payment_method", "subscription"):
                found = await self.backend.call(f"{noun}s", "of_customer", {"ref": ref})
                held[noun] += len(found)
            found = await self.backend.call("checkout", "of_customer", {"ref": ref})
            held["checkout_session"] += len(found)
        return held


@asynccontextmanager
async def writing(database_url: str) -> AsyncIterator[Any]:
    """Open a transaction of the test's own."""
    engines = build(Settings(database_url=database_url))
    try:
        async with engines.writing.begin() as connection:
            yield connection
    finally:
        await engines.close()


def start_zygote() -> subprocess.Popen[str]:
    """Start the process that children are forked from."""
    command = [sys.executable, "-m", "tests.kill.zygote"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@asynccontextmanager
async def grounded(database_url: str, folder: Path) -> AsyncIterator[Ground]:
    """Start the engine's host and the zygote, and end both."""
    with HostProcess(folder / "fake.sock", snapshot=folder / "fake.journal") as host:
        backend = host.backend()
        for ref, minor in (("price_pro", 2000), ("price_basic", 500)):
            arguments = {"ref": ref, "money": Money(minor, "usd")}
            await backend.call("catalogue", "add_price", arguments)
        with start_zygote() as zygote:
            try:
                yield Ground(database_url, str(host.socket_path), zygote, backend)
            finally:
                assert zygote.stdin is not None
                zygote.stdin.close()
                zygote.wait(timeout=30)
                await backend.close()
