"""Brings the webhooks that the fake processor owes to this host's own door, over real HTTP."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import httpx

from examples.litestar_saas.wiring import Host

_LOOKS = 4_000
"""How often to look for deliveries that are not done, some milliseconds apart, before giving up."""


class CourierError(Exception):
    """A webhook was not taken, or what it said was not worked off."""


class Courier:
    """Posts, and waits until the embedded runner has absorbed what was posted."""

    def __init__(self, host: Host, url: str) -> None:
        self._host = host
        # No proxy of the environment: the only road is the loopback.
        self._client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)
        self.posted = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def settle(self) -> None:
        """Post what is owed until nothing is, and wait for each round to be worked off."""
        while owed := self._host.engine.emitter.take():
            for webhook in owed:
                answer = await self._client.post(
                    "/billing/webhooks/fake", content=webhook.body, headers=dict(webhook.headers)
                )
                if answer.status_code != 200:
                    self._host.engine.emitter.failed(webhook.event_ref)
                    raise CourierError(f"the webhook door answered {answer.status_code}")
                self._host.engine.emitter.delivered(webhook.event_ref)
                self.posted += 1
            await self._worked_off()

    async def keep_bringing(self) -> None:
        """Go on for as long as the host runs: visitors make the processor owe webhooks, too."""
        while True:
            await asyncio.sleep(0.25)
            await self.settle()

    async def _worked_off(self) -> None:
        for _ in range(_LOOKS):
            if not await self._has("waiting") and not await self._has("running"):
                break
            await asyncio.sleep(0.005)
        else:
            raise CourierError("the runner did not work off the deliveries in time")
        if await self._has("dead"):
            raise CourierError("a delivery is dead")

    async def _has(self, status: str) -> bool:
        page = await self._host.accrue.billing.webhook_deliveries(status=status, limit=1)
        return bool(page.items)
