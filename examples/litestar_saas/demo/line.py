"""The engine behind Stripe's API, on a line of this machine: ``make demo PROCESSOR=stripe``.

Fieldnotes reaches it as it would reach Stripe, through the official SDK and HTTP, and is told of
what happens by webhooks in Stripe's format.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from accrue_core import Billing, Secret
from accrue_core.contracts.routes import Message, Receive, Scope, Send
from accrue_fake.wire.stripe.app import StripeServer
from accrue_fake.wire.stripe.served import Served
from accrue_stripe.operating.endpoints import EVENTS
from examples.litestar_saas.demo.courier import AT_ONCE, Bell, Courier, CourierError
from examples.litestar_saas.demo.engine import KeptEngine


class LineEngine(KeptEngine):
    """An engine whose changes come over a line, and are written down before they are answered.

    It is the application that is served there: Stripe's API, and the pages on which its customers
    pay.
    """

    def __init__(self, served: Served) -> None:
        super().__init__(served.server.engine)
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] != "GET":
                self._keep_change()
            await send(message)

        await self._served(scope, receive, send_kept)

    async def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine past the line: for time, and for what customers do on its pages."""
        self.calls[f"{noun}.{method}"] += 1
        await asyncio.sleep(0)
        try:
            return self._served.ask(noun, method, arguments)
        finally:
            self._keep_change()

    def compact(self) -> None:
        """Write the account and its books down as a whole."""
        if self.is_kept:
            self._served.save()

    def _keep_change(self) -> None:
        self.compact()
        self.when_changed()


class LineCourier(Courier):
    """Lets the account post what it owes, signed as Stripe signs it."""

    def __init__(
        self,
        engine: LineEngine,
        server: StripeServer,
        billing: Billing,
        client: httpx.AsyncClient,
        *,
        bell: Bell,
    ) -> None:
        super().__init__(engine, billing, client, bell=bell)
        self._server = server
        server.courier.post, server.courier.at_once = self._post_signed, AT_ONCE

    def _is_owed(self) -> bool:
        now = self._server.engine.books.engine_time
        is_due = any(owed.due <= now for owed in self._server.account.deliveries)
        return is_due or self._server.courier.until_next() == 0.0

    async def _bring(self) -> None:
        made = await self._server.deliver()
        attempts = self._server.account.attempts[-made:] if made else []
        self.posted += sum(one.is_accepted for one in attempts)
        refused = next((one for one in attempts if not one.is_accepted), None)
        if refused is not None:
            raise CourierError(f"{refused.event} was answered {refused.status or refused.trouble}")

    async def _something_new(self) -> None:
        """Wait until something may be owed, or until something is tried again."""
        try:
            async with asyncio.timeout(self._server.courier.until_next()):
                await super()._something_new()
        except TimeoutError:
            return

    async def _post_signed(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        try:
            answer = await self._client.post(url, headers=dict(headers), content=body)
        except httpx.HTTPError as trouble:
            raise ConnectionError(type(trouble).__name__) from None
        return answer.status_code


def own_door(server: StripeServer, url: str) -> Secret:
    """Have the account tell this host everything that it uses; return what signs it.

    The address and the secret are this start's own. What is still owed is kept.
    """
    secret = f"whsec_{secrets.token_hex(24)}"
    endpoints = server.account.endpoints
    if not endpoints:
        server.desk.name_next(None, secret)
        asked = {"url": url, "enabled_events": list(EVENTS)}
        status, document = server.do("POST", "/v1/webhook_endpoints", asked)
        if status != 200:
            raise CourierError(document["error"]["message"])
    for ref, endpoint in endpoints.items():
        endpoints[ref] = replace(endpoint, url=url, secret=secret)
    return Secret(secret)
