"""The stage of the journeys, with Stripe's wire in the middle.

The same Accrue and the same engine as on ``tests.stage``; between them stand the Stripe plugin, the
official SDK, HTTP, and the Fake's Stripe server with its signed webhooks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import httpx

from accrue_core.clock import SystemClock
from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.routes import ASGIApplication
from accrue_core.settings import Secret
from accrue_fake.engine.engine import Engine
from accrue_fake.fixtures import StripeLine
from accrue_fake.processor import FakeProcessor
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_fake.wire.stripe.courier import Post
from accrue_stripe.operating.endpoints import EVENTS
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import API_VERSION, StripeSettings
from tests.stage import ORIGIN, Stage, new_engine, post, staged

KEY = Secret("sk_test_lane")
NAME = "fake"
"""What the account is called: the journeys' catalog and words have this processor in them."""

GATEWAYS = frozenset(
    {
        "customers",
        "payment_methods",
        "subscriptions",
        "schedules",
        "invoices",
        "checkout",
        "portal",
    }
)
Line = Callable[[StripeServer], httpx.AsyncBaseTransport]
"""Makes what carries requests to a server."""

SERVERS: WeakValueDictionary[int, StripeServer] = WeakValueDictionary()
"""The server of each engine: who opens a second stage on an engine meets the same account."""


@dataclass(slots=True)
class Calls:
    """How often each ``noun.method`` of a processor was called."""

    calls: Counter[str] = field(default_factory=Counter)


class Gateway:
    """A gateway of the Stripe plugin that counts its calls."""

    def __init__(self, noun: str, gateway: Any, backend: Calls) -> None:
        self._noun, self._gateway, self._backend = noun, gateway, backend

    def __getattr__(self, method: str) -> Any:
        return partial(self._call, method)

    async def _call(self, method: str, *args: Any, **options: Any) -> Any:
        self._backend.calls[f"{self._noun}.{method}"] += 1
        return await getattr(self._gateway, method)(*args, **options)


class WiredProcessor(StripeProcessor):
    """The Stripe plugin's processor; ``backend.calls`` counts as the Fake's does.

    ``name`` is what the account is called, ``line`` carries its requests, and ``told`` is what
    Accrue is told of it besides. Nothing is sent twice unless that says so.
    """

    engine = None

    def __init__(
        self, engine: Engine, name: str = NAME, *, line: Line = StripeLine, **told: Any
    ) -> None:
        self.server = server_of(engine, name)
        self.client = httpx.AsyncClient(transport=line(self.server), trust_env=False)
        secrets = tuple(Secret(one.secret or "") for one in self.server.account.endpoints.values())
        settings = {"api_key": KEY, "name": name, "webhook_secrets": secrets, "retries": 0, **told}
        super().__init__(StripeSettings(**settings), self.client, clock=engine.clock)
        self.backend = Calls()
        self._clock = engine.clock

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return Gateway(name, found, self.backend) if name in GATEWAYS else found

    async def fetch(self, noun: str, ref: str) -> Answer:
        """Return one thing as it is now."""
        plural = "checkout" if noun == "checkout_session" else f"{noun}s"
        self.backend.calls[f"{plural}.fetch"] += 1
        return await super().fetch(noun, ref)

    async def find_created(self, request: Request, *, key: Key, since: datetime) -> Answer | None:
        """Look for it by the processor's clock: the database's, which says since when, is another.

        Both are the same at Stripe; here the engine's time passes when a test says so.
        """
        ago = SystemClock().now() - since
        return await super().find_created(request, key=key, since=self._clock.now() - ago)


@dataclass(slots=True)
class WiredStage(Stage):
    """A stage whose engine is reached, and heard of, as Stripe is."""

    server: StripeServer
    answers: list[int]

    async def deliver(self) -> list[int]:
        """Let the server post every webhook that is due; return the door's answers."""
        self.server.desk.tidy()
        self.answers.clear()
        await self.server.deliver()
        return list(self.answers)


@asynccontextmanager
async def wired(
    database_url: str,
    *,
    engine: Engine | None = None,
    processor: WiredProcessor | None = None,
    **options: Any,
) -> AsyncIterator[Stage]:
    """Open a stage with the wire in it; takes what ``staged`` takes, but for processors."""
    wire = processor or WiredProcessor(engine or new_engine())
    server, answers = wire.server, list[int]()
    on_stage = cast(FakeProcessor, wire)
    async with (
        wire.client,
        staged(database_url, engine=server.engine, processor=on_stage, **options) as plain,
    ):
        server.courier.post = door_of(plain.app, answers)
        yield WiredStage(
            server.engine, on_stage, plain.accrue, plain.app, server=server, answers=answers
        )


def door_of(app: ASGIApplication, answers: list[int]) -> Post:
    """Return what brings webhooks to an application, and writes down what it answers."""

    async def knock(url: str, headers: Mapping[str, str], body: bytes) -> int:
        status, _ = await post(app, urlsplit(url).path, body, headers)
        answers.append(status)
        return status

    return knock


def server_of(engine: Engine, name: str) -> StripeServer:
    """Return the server over an engine, with the endpoint registered that Accrue wants."""
    known = SERVERS.get(id(engine))
    if known is not None:
        return known
    server = SERVERS[id(engine)] = create_stripe_app(engine, keys={KEY.reveal()})
    values = {
        "url": f"{ORIGIN}/webhooks/{name}",
        "enabled_events": list(EVENTS),
        "api_version": API_VERSION,
    }
    status, endpoint = server.do("POST", "/v1/webhook_endpoints", values)
    assert status == 200, endpoint
    return server
