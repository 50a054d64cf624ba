"""The ground on which processes are killed: the engine runs in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from accrue_core import Accrue, Money, Owner
from accrue_fake.hosting.client import HostedBackend
from accrue_fake.hosting.process import HostProcess
from tests.kill.reaching import hosted_accrue
from tests.kill.scene import Scene, Zygote
from tests.stage import post


@dataclass(slots=True)
class Ground(Scene):
    """An engine behind a socket, asked by the Fake's own gateways."""

    socket_path: str
    backend: HostedBackend

    def way(self) -> Mapping[str, Any]:
        """Return where the engine is."""
        return {"socket": self.socket_path}

    @asynccontextmanager
    async def restarted(self, **options: Any) -> AsyncIterator[Accrue]:
        """Return the process that comes up after the kill."""
        accrue = hosted_accrue(self.database_url, self.socket_path, **options)
        try:
            yield accrue
        finally:
            await accrue.runtime.close()

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

    async def advance(self, delta: timedelta) -> None:
        """Let time pass at the engine."""
        await self.backend.call("engine", "advance", {"delta": delta})


@asynccontextmanager
async def grounded(
    database_url: str, folder: Path, zygote: Zygote | None = None
) -> AsyncIterator[Ground]:
    """Start the engine's host, and end it."""
    with HostProcess(folder / "fake.sock", snapshot=folder / "fake.journal") as host:
        backend = host.backend()
        for ref, minor in (("price_pro", 2000), ("price_basic", 500)):
            arguments = {"ref": ref, "money": Money(minor, "usd")}
            await backend.call("catalogue", "add_price", arguments)
        try:
            yield Ground(database_url, zygote or Zygote(), str(host.socket_path), backend)
        finally:
            await backend.close()
