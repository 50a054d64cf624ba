"""The line: brings the webhooks an engine owes to the door, as well as the faults let it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from accrue_core.contracts.routes import ASGIApplication
from accrue_core.testing.simulation.chance import Chance
from accrue_core.testing.simulation.world import Engine, Faults, Webhook

AT_ONCE = 64
"""How many webhooks are on the line at once."""


class Line:
    """Posts to the webhook door, and reports to the engine what the door answered."""

    def __init__(
        self, app: ASGIApplication, path: str, engine: Engine, faults: Faults, chance: Chance
    ) -> None:
        self._app, self._path = app, path
        self._engine, self._faults, self._chance = engine, faults, chance
        self.posted = 0
        self.is_good = False

    async def deliver(self) -> int:
        """Bring everything that is due; return how many there were."""
        taken: Sequence[Webhook] = self._engine.emitter.take()
        if self._faults.is_shuffled and not self.is_good:
            taken = self._chance.shuffled(taken)
        waiting = iter([(webhook, self._times()) for webhook in taken])
        while some := list(islice(waiting, AT_ONCE)):
            await asyncio.gather(*(self._bring(webhook, times) for webhook, times in some))
        return len(taken)

    def _times(self) -> int:
        """Say how often a webhook arrives."""
        if self.is_good:
            return 1
        if self._chance.happens(self._faults.lost):
            return 0
        return 2 if self._chance.happens(self._faults.doubled) else 1

    async def _bring(self, webhook: Webhook, times: int) -> None:
        statuses = [
            await post(self._app, self._path, webhook.body, webhook.headers) for _ in range(times)
        ]
        self.posted += times
        if statuses and set(statuses) == {200}:
            self._engine.emitter.delivered(webhook.event_ref)
        else:
            self._engine.emitter.failed(webhook.event_ref)


async def post(app: ASGIApplication, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send one POST straight into an ASGI application; return its status."""
    sent: list[Any] = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers.items()
        ],
    }

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    return int(start["status"])
