"""A whole Accrue on a real database, with a Fake whose webhooks come through the real door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accrue_core import Accrue, Billing, Catalog, Money, Owner, Plan, Settings, hookimpl
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.routes import ASGIApplication
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor

TEAM = Owner("team", "42")
OTHER_TEAM = Owner("team", "43")

ORIGIN = "https://app.example.com"
SUCCESS_URL = f"{ORIGIN}/done?session={{CHECKOUT_SESSION_ID}}"
CANCEL_URL = f"{ORIGIN}/plans"

CATALOG = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(key="pro", features={"reports", "export"}, prices={"fake": "price_pro"}),
    Plan(key="basic", features={"export"}, prices={"fake": "price_basic"}),
)


class Offered:
    """A local plugin that offers processors and handlers made by a test."""

    plugin_name = "offered_by_the_test"

    def __init__(
        self,
        processors: Sequence[Processor],
        event_handlers: Sequence[Any] = (),
        webhook_handlers: Sequence[Any] = (),
    ) -> None:
        self._processors = processors
        self._event_handlers = event_handlers
        self._webhook_handlers = webhook_handlers

    @hookimpl
    def register_processors(self) -> Sequence[Processor]:
        return self._processors

    @hookimpl
    def register_event_handlers(self) -> Sequence[Any]:
        return self._event_handlers

    @hookimpl
    def register_webhook_handlers(self) -> Sequence[Any]:
        return self._webhook_handlers


@dataclass(slots=True)
class Stage:
    """An engine, an Accrue in front of it, and the road between them."""

    engine: Engine
    processor: FakeProcessor
    accrue: Accrue
    app: ASGIApplication

    @property
    def billing(self) -> Billing:
        return self.accrue.billing

    async def deliver(self) -> list[int]:
        """Post everything the engine owes to the webhook door; return the answers."""
        statuses = []
        for owed in self.engine.emitter.take():
            status, _ = await post(self.app, "/webhooks/fake", owed.body, owed.headers)
            report = self.engine.emitter.delivered if status == 200 else self.engine.emitter.failed
            report(owed.event_ref)
            statuses.append(status)
        return statuses

    async def settle(self) -> None:
        """Deliver and work until nothing is owed and nothing is due."""
        while True:
            delivered = await self.deliver()
            done = await self.accrue.work.drain()
            if not delivered and not done:
                return

    async def advance(self, **units: float) -> None:
        """Let time pass day by day, with all webhooks delivered on the way."""
        left = timedelta(**units)
        while left > timedelta(0):
            step = min(left, timedelta(days=1))
            self.engine.advance(step)
            await self.settle()
            left -= step

    async def ledger(self, of: Any = TEAM) -> list[str]:
        """Return the types of the entries, oldest first."""
        page = await self.billing.timeline_for(of, limit=500)
        return [entry.type for entry in reversed(page.items)]


def new_engine(**options: Any) -> Engine:
    """Return an engine that sells the catalog's plans by the month."""
    engine = Engine(**options)
    engine.catalogue.add_price("price_pro", Money(2000, "usd"))
    engine.catalogue.add_price("price_basic", Money(500, "usd"))
    return engine


@asynccontextmanager
async def staged(
    database_url: str,
    *,
    engine: Engine | None = None,
    event_handlers: Sequence[Any] = (),
    webhook_handlers: Sequence[Any] = (),
    settings: Mapping[str, Any] | None = None,
    catalog: Catalog = CATALOG,
    processor: FakeProcessor | None = None,
    others: Sequence[Processor] = (),
    host_plugins: Sequence[Any] = (),
    **options: Any,
) -> AsyncIterator[Stage]:
    """Open a stage on a migrated database. Nothing works by itself: tests say when.

    ``processor`` takes the place of the Fake that the stage would make, ``others`` stand beside
    it.
    """
    if processor is not None and processor.engine is not None:
        engine = processor.engine
    engine = engine or new_engine()
    processor = processor or FakeProcessor(engine)
    accrue = Accrue(
        Settings(
            database_url=database_url,
            plugins_disabled=frozenset({"fake", "stripe", "braintree", "admin", "portal"}),
            **{"allowed_origins": frozenset({ORIGIN}), **(settings or {})},
        ),
        catalog=catalog,
        clock=engine.clock,
        plugins=[
            Offered([processor, *others], event_handlers, webhook_handlers),
            *host_plugins,
        ],
        **options,
    )
    try:
        yield Stage(engine, processor, accrue, accrue.asgi())
    finally:
        await accrue.runtime.close()


async def post(
    app: ASGIApplication, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    """Send one POST straight into an ASGI application; return its status and body."""
    return await ask(app, "POST", path, body, headers)


async def ask(
    app: ASGIApplication,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Send one request straight into an ASGI application; return its status and body."""
    sent: list[Any] = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in (headers or {}).items()
        ],
    }

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    parts = (m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return start["status"], b"".join(parts)
