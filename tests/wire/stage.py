"""The stage of the journeys, with Stripe's wire in the middle.

The same Accrue and the same engine as on ``tests.stage``; between them stand the Stripe plugin, the
official SDK, HTTP, and the Fake's Stripe server with its signed webhooks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import httpx

from accrue_core.contracts.results import Answer
from accrue_core.settings import Secret
from accrue_fake.engine.engine import Engine
from accrue_fake.fixtures import StripeLine
from accrue_fake.processor import FakeProcessor
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
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
    """The Stripe plugin's processor; ``backend.calls`` counts as the Fake's does."""

    engine = None

    def __init__(self, settings: StripeSettings, http_client: httpx.AsyncClient) -> None:
        super().__init__(settings, http_client)
        self.backend = Calls()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return Gateway(name, found, self.backend) if name in GATEWAYS else found

    async def fetch(self, noun: str, ref: str) -> Answer:
        """Return one thing as it is now."""
        plural = "checkout" if noun == "checkout_session" else f"{noun}s"
        self.backend.calls[f"{plural}.fetch"] += 1
        return await super().fetch(noun, ref)


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
    database_url: str, *, engine: Engine | None = None, **options: Any
) -> AsyncIterator[Stage]:
    """Open a stage with the wire in it; takes what ``staged`` takes, but for processors."""
    engine = engine or new_engine()
    server = server_of(engine)
    answers: list[int] = []
    async with httpx.AsyncClient(transport=StripeLine(server), trust_env=False) as client:
        processor = cast(FakeProcessor, WiredProcessor(settings_of(server), client))
        async with staged(database_url, engine=engine, processor=processor, **options) as plain:

            async def knock(url: str, headers: Mapping[str, str], body: bytes) -> int:
                status, _ = await post(plain.app, urlsplit(url).path, body, headers)
                answers.append(status)
                return status

            server.courier.post = knock
            yield WiredStage(
                engine, processor, plain.accrue, plain.app, server=server, answers=answers
            )


def server_of(engine: Engine) -> StripeServer:
    """Return the server over an engine, with the endpoint registered that Accrue wants."""
    known = SERVERS.get(id(engine))
    if known is not None:
        return known
    server = SERVERS[id(engine)] = create_stripe_app(engine, keys={KEY.reveal()})
    values = {
        "url": f"{ORIGIN}/webhooks/{NAME}",
        "enabled_events": list(EVENTS),
        "api_version": API_VERSION,
    }
    status, endpoint = server.do("POST", "/v1/webhook_endpoints", values)
    assert status == 200, endpoint
    return server


def settings_of(server: StripeServer) -> StripeSettings:
    """Return the account as Accrue is told of it. Nothing is sent twice."""
    secrets = tuple(Secret(one.secret or "") for one in server.account.endpoints.values())
    return StripeSettings(api_key=KEY, name=NAME, webhook_secrets=secrets, retries=0)
