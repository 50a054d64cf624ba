"""The ground over the wire: the Stripe plugin in the child, and HTTP between it and the engine.

The server and the door of the restarted process are served on the test's own loop, over sockets of
this machine. Webhooks are posted when a test says so, over HTTP as well, and verified.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import uvicorn

from accrue_core import Accrue, Owner
from accrue_core.clock import SystemClock
from accrue_core.contracts.routes import ASGIApplication, Message, Receive, Scope, Send
from accrue_core.testing.simulation.chance import Chance
from accrue_core.testing.simulation.invariants import Auditor
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_stripe.operating.endpoints import EVENTS
from accrue_stripe.settings import API_VERSION
from tests.kill.reaching import STRIPE_KEY, STRIPE_NAME, stripe_account, wired_accrue
from tests.kill.scene import Scene, Zygote
from tests.stage import new_engine


@dataclass(slots=True)
class Door:
    """Where webhooks are posted: at whichever process is up."""

    app: ASGIApplication | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.app or _nobody)(scope, receive, send)


@dataclass(slots=True)
class Gate:
    """Stands before the server, and can hold one request back until its sender is long dead.

    The answer to it begins, so that its sender passes the point after it; it never ends.
    """

    server: StripeServer
    kept: list[tuple[Scope, bytes]] = field(default_factory=list)
    _to_let_pass: int | None = None

    def hold(self, number: int) -> None:
        """Hold back one of the requests that change something: so many are let pass before it."""
        self._to_let_pass = number

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, unless it is the one."""
        if self._to_let_pass is not None and scope["method"] != "GET":
            self._to_let_pass -= 1
            if self._to_let_pass < 0:
                self._to_let_pass = None
                self.kept.append((scope, await _body(receive)))
                await _answer(send, 200, b"{}", is_whole=False)
                await receive()
                return
        await self.server(scope, receive, send)

    async def release(self) -> None:
        """Let in what was held back; nobody waits for the answer."""
        for scope, body in self.kept:
            message = {"type": "http.request", "body": body, "more_body": False}
            await self.server(scope, partial(_said, message), _unheard)
        self.kept.clear()


@dataclass(slots=True)
class WiredGround(Scene):
    """An engine behind Stripe's HTTP format, asked by the Stripe plugin."""

    origin: str
    server: StripeServer
    gate: Gate
    door: Door
    secrets: list[str]

    def way(self) -> Mapping[str, Any]:
        """Return where the server is, which secret it signs with, and how late it is there."""
        moment = self.server.engine.clock.now().isoformat()
        return {"origin": self.origin, "secrets": self.secrets, "moment": moment}

    @asynccontextmanager
    async def restarted(self, **options: Any) -> AsyncIterator[Accrue]:
        """Return the process that comes up after the kill, with its door open."""
        account = stripe_account(self.origin, self.secrets)
        accrue = wired_accrue(self.database_url, account, self.server.engine.clock, **options)
        self.door.app = accrue.asgi()
        try:
            yield accrue
        finally:
            self.door.app = None
            await accrue.runtime.close()

    async def deliver(self, accrue: Accrue) -> int:
        """Let the server post what it owes; every webhook is taken."""
        del accrue
        posted = await self.server.deliver()
        attempts = self.server.account.attempts[-posted:] if posted else []
        assert [one for one in attempts if not one.is_accepted] == []
        return posted

    async def remote(self, owner: Owner) -> dict[str, int]:
        """Count what the processor holds for an owner, and what it has told of."""
        engine, refs = self.server.engine, self.server.engine.customers.of_owner(owner)
        held = Counter(customer=len(refs))
        for ref in refs:
            held["payment_method"] += len(engine.payment_methods.of_customer(ref))
            held["subscription"] += len(engine.subscriptions.of_customer(ref))
            held["schedule"] += len(engine.schedules.of_customer(ref))
            held["checkout_session"] += len(engine.checkout.of_customer(ref))
        for event in self.server.account.events.values():
            thing = json.loads(event.object)
            if thing.get("customer") in refs or thing["id"] in refs:
                held[event.type] += 1
        return dict(held)

    async def broken(self, accrue: Accrue) -> list[str]:
        """Hold money and access against the engine's own books, too.

        The rows were held against what Stripe says, and the books know of no products.
        """
        auditor = Auditor(accrue, self.server.engine, STRIPE_NAME, Chance(0, "kill"))
        audited = await auditor.audit()
        said = [str(one) for one in audited if one.rule != "mirror"]
        return [*await Scene.broken(self, accrue), *said]

    async def advance(self, delta: timedelta) -> None:
        """Let time pass at the engine."""
        desk = self.server.desk
        desk.advance_to(desk.now + delta)


@asynccontextmanager
async def wired_ground(database_url: str, zygote: Zygote) -> AsyncIterator[WiredGround]:
    """Serve a new account over HTTP, with the endpoint registered that Accrue wants."""
    now = SystemClock().now().replace(microsecond=0)
    server = create_stripe_app(new_engine(start=now), keys={STRIPE_KEY.reveal()})
    gate, door = Gate(server), Door()
    async with serving(gate) as origin, serving(door) as receiver:
        values = {
            "url": f"{receiver}/webhooks/{STRIPE_NAME}",
            "enabled_events": list(EVENTS),
            "api_version": API_VERSION,
        }
        status, endpoint = server.do("POST", "/v1/webhook_endpoints", values)
        assert status == 200, endpoint
        secret = server.account.endpoints[endpoint["id"]].secret or ""
        yield WiredGround(database_url, zygote, origin, server, gate, door, [secret])


@asynccontextmanager
async def serving(app: ASGIApplication) -> AsyncIterator[str]:
    """Serve an application on this very loop; return its origin."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:
            assert not task.done(), "it did not start"
            await asyncio.sleep(0)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as whatever stands before a process that is down."""
    del scope, receive
    await _answer(send, 503, b"", is_whole=True)


async def _answer(send: Send, status: int, body: bytes, *, is_whole: bool) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    if is_whole:
        await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    return body + await _body(receive) if message.get("more_body") else body


async def _said(message: Message) -> Message:
    return message


async def _unheard(message: Message) -> None:
    del message
