"""The courier: posts webhooks to the endpoints that want them, signed anew at each attempt.

What an endpoint does not accept is tried again after a while by the engine's clock, nine times, as
Stripe documents it for three days. The engine's time may stand still for hours while somebody
develops, so the first few attempts are also made again after a few real seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from accrue_core.clock import Clock, SystemClock
from accrue_core.contracts.routes import Receive, Send
from accrue_fake.engine.emitter import BACK_OFF
from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.account import Account, Attempt, Delivery
from accrue_fake.wire.stripe.shapes.facts import WebhookEndpointFacts
from accrue_fake.wire.stripe.shown import Shown

_log = logging.getLogger("accrue.fake.stripe")

HEADER = "stripe-signature"
PATIENCE = 10.0
REAL_DELAYS = (1.0, 5.0, 30.0)
"""Seconds after which the first failures are tried again, whatever the engine's clock says."""

Post = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""Posts bytes to an address and returns the status; ``OSError`` where there was no answer."""


class Courier:
    """Delivers for one account. The wall clock dates signatures: receivers check them with theirs.

    ``clock`` is the receivers' clock, by default the machine's. ``at_once`` is how many an endpoint
    is posted side by side: one, so that they arrive in order. Stripe promises no order.
    """

    def __init__(
        self,
        engine: Engine,
        account: Account,
        shown: Shown,
        post: Post | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._engine = engine
        self._account = account
        self._shown = shown
        self.post = post or post_over_http
        self.at_once = 1
        self._clock = clock or SystemClock()
        self._woken = asyncio.Event()
        self._sooner: dict[int, float] = {}
        self._served: set[str] = set()
        self.when_posted: Callable[[int, Attempt | None], None] = _nothing

    def wake(self) -> None:
        """Say that something may be owed."""
        if self._account.deliveries:
            self._woken.set()

    async def deliver(self) -> int:
        """Post everything that is due; return how many attempts were made.

        Each endpoint gets its own in order, and none waits for another that does not answer.
        """
        attempts = 0
        while due := self._due():
            attempts += sum(await asyncio.gather(*map(self._post_all, due.values())))
        return attempts

    async def live(self, receive: Receive, send: Send) -> None:
        """Deliver by itself for as long as a server runs, as its ASGI lifespan.

        What failed before is tried again soon: nobody remembers when that was.
        """
        await receive()
        for owed in self._account.deliveries:
            self._hurry(owed)
        task = asyncio.create_task(self._work())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await send({"type": "lifespan.shutdown.complete"})

    async def _work(self) -> None:
        while True:
            try:
                await self.deliver()
            except Exception:
                _log.exception("webhooks could not be delivered")
                await asyncio.sleep(REAL_DELAYS[0])
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self.until_next())

    def until_next(self) -> float | None:
        """Return in how many real seconds something is tried again, if anything is."""
        owed = {delivery.number for delivery in self._account.deliveries}
        self._sooner = {number: at for number, at in self._sooner.items() if number in owed}
        if not self._sooner:
            return None
        return max(0.0, min(self._sooner.values()) - asyncio.get_running_loop().time())

    def _due(self) -> dict[str, list[Delivery]]:
        """Return what is due by either clock, oldest first, by endpoint; not what is on its way."""
        now, real = self._engine.books.engine_time, asyncio.get_running_loop().time()
        due: dict[str, list[Delivery]] = {}
        for owed in self._account.deliveries:
            is_due = owed.due <= now or self._sooner.get(owed.number, real + 1) <= real
            if is_due and owed.endpoint not in self._served:
                due.setdefault(owed.endpoint, []).append(owed)
        return due

    async def _post_all(self, due: list[Delivery]) -> int:
        """Post to one endpoint, so many ``at_once``. What is broken off stays owed."""
        endpoint, attempts = due[0].endpoint, 0
        self._served.add(endpoint)
        try:
            for first in range(0, len(due), self.at_once):
                posting = map(self._post_one, due[first : first + self.at_once])
                attempts += sum(await asyncio.gather(*posting))
        finally:
            self._served.discard(endpoint)
        return attempts

    async def _post_one(self, owed: Delivery) -> int:
        """Make one attempt, unless its endpoint was deleted meanwhile; return how many it made."""
        if not any(one is owed for one in self._account.deliveries):
            return 0
        attempt = await self._attempt(owed)
        again = self.settle(owed.number, attempt)
        if again is not None:
            self._hurry(again)
        self.when_posted(owed.number, attempt)
        return 1

    def settle(self, number: int, attempt: Attempt | None) -> Delivery | None:
        """Note what came of posting a webhook; return what is owed instead, if anything is."""
        again = None
        if attempt is not None:
            self._account.note_attempt(attempt)
            again = None if attempt.is_accepted else self._again(attempt)
        self._sooner.pop(number, None)
        self._account.settle(number)
        return again

    def _again(self, failed: Attempt) -> Delivery | None:
        """Owe a failed delivery again, or give it up after the last attempt."""
        if failed.attempt > len(BACK_OFF) or failed.endpoint not in self._account.endpoints:
            return None
        due = self._engine.books.engine_time + BACK_OFF[failed.attempt - 1]
        return self._account.owe(failed.event, failed.endpoint, due=due, attempt=failed.attempt + 1)

    def _hurry(self, owed: Delivery) -> None:
        """Have it tried again after a few real seconds, if it is an early attempt that failed."""
        if 1 < owed.attempt <= len(REAL_DELAYS) + 1:
            delay = REAL_DELAYS[owed.attempt - 2]
            self._sooner[owed.number] = asyncio.get_running_loop().time() + delay

    async def _attempt(self, owed: Delivery) -> Attempt | None:
        """Post it, unless it is for nobody any more; return what came of it."""
        endpoint = self._account.endpoints.get(owed.endpoint)
        event = self._account.events.get(owed.event)
        if endpoint is None or event is None or not endpoint.is_enabled:
            return None  # It is off or gone, or the event is so old that it was forgotten.
        body = json.dumps(self._shown.event(owed.event, endpoint.api_version)).encode()
        attempt = Attempt(
            event=owed.event,
            type=event.type,
            endpoint=owed.endpoint,
            at=self._engine.books.engine_time,
            attempt=owed.attempt,
        )
        try:
            attempt.status = await self.post(endpoint.url, self._headers(endpoint, body), body)
        except (OSError, http.client.HTTPException, TimeoutError) as trouble:
            attempt.trouble = type(trouble).__name__
        return attempt

    def _headers(self, endpoint: WebhookEndpointFacts, body: bytes) -> dict[str, str]:
        seconds = int(self._clock.now().timestamp())
        secret = (endpoint.secret or "").encode()
        digest = hmac.new(secret, b"%d.%b" % (seconds, body), hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Stripe/1.0 (Accrue's Fake)",
            HEADER: f"t={seconds},v1={digest}",
        }


def _nothing(_: int, __: Attempt | None) -> None:
    """Stand in while nobody wants to hear what came of posting."""


async def post_over_http(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Post over HTTP. A redirect is no acceptance and is not followed, as at Stripe."""
    return await asyncio.to_thread(_post, url, headers, body)


def _post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(
            host, port, timeout=PATIENCE, context=ssl.create_default_context()
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=PATIENCE)
    )
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    with contextlib.closing(connection):
        connection.request("POST", path, body=body, headers=dict(headers))
        return connection.getresponse().status
