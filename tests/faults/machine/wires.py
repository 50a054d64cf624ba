"""Stripe's wire: every call of Accrue's is one request or more, and webhooks are Stripe's.

What happens in the town is ordered in the words of Accrue's own calls, as ``subscriptions.keep``.
Over the wire each request has a name of its own: ``REQUESTS`` says which belong to a call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any, cast

import httpx

from accrue_fake.engine.engine import Engine
from accrue_fake.fixtures import StripeLine
from accrue_fake.wire.stripe.app import StripeServer
from accrue_fake.wire.stripe.problems import Refused
from accrue_fake.wire.stripe.routes import DEEDS
from accrue_fake.wire.stripe.routing import Routes
from tests.faults.machine.ways import Way
from tests.faults.meddling import Meddle
from tests.wire.stage import WiredProcessor, WiredStage, wired

_CHANGED = ("subscriptions.change", "subscriptions.fetch")

REQUESTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "customers.create": ("customers.create", "customers.list"),
        "customers.update": ("customers.update",),
        "customers.set_tax_location": ("customers.update",),
        "customers.assign": ("customers.update",),
        "customers.fetch": ("customers.fetch",),
        "payment_methods.attach": ("payment_methods.attach", "customers.update"),
        "subscriptions.create": ("subscriptions.create", "subscriptions.list"),
        "subscriptions.change": (*_CHANGED, "invoices.fetch", "invoices.void"),
        "subscriptions.preview": ("invoices.preview", "subscriptions.fetch"),
        "subscriptions.cancel": ("subscriptions.cancel", *_CHANGED),
        "subscriptions.keep": ("subscriptions.change",),
        "subscriptions.pause": ("subscriptions.change", "subscriptions.pause"),
        "subscriptions.resume": ("subscriptions.resume", *_CHANGED),
        "subscriptions.set_trial_end": ("subscriptions.change",),
        "subscriptions.fetch": ("subscriptions.fetch",),
        "schedules.create": ("schedules.create", "subscriptions.fetch", "schedules.list"),
        "schedules.update": ("schedules.update", "schedules.fetch"),
        "schedules.release": ("schedules.release", "subscriptions.fetch"),
        "schedules.cancel": ("schedules.cancel", "subscriptions.fetch"),
        "checkout.create": ("checkout.create", "checkout.list"),
        "invoices.fetch": ("invoices.fetch",),
    }
)
"""What each call asks Stripe, the deed itself first. Trouble strikes one after the other."""


class MeddledLine(StripeLine):
    """Carries requests, and runs what a test wants to happen around those of a name, once."""

    def __init__(self, server: StripeServer) -> None:
        super().__init__(server)
        self.around: dict[str, dict[str, Meddle]] = {"before": {}, "after": {}}
        self._routes = Routes(DEEDS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = self._name_of(request)
        await self._meddle("before", name)
        try:
            return await super().handle_async_request(request)
        finally:
            await self._meddle("after", name)

    async def _meddle(self, moment: str, name: str) -> None:
        deed = self.around[moment].pop(name, None)
        if deed is not None:
            await deed()

    def _name_of(self, request: httpx.Request) -> str:
        try:
            return self._routes.find(request.method, request.url.path)[1].call
        except Refused:
            return ""


class Wire:
    """Stripe's wire: every call of Accrue's is one request or more, and webhooks are Stripe's."""

    def __init__(self, stage: WiredStage, line: MeddledLine) -> None:
        self.stage = stage
        self._server, self._line = stage.server, line
        self._ordered: Counter[str] = Counter()
        self._astray: list[Any] = []

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, engine: Engine, **options: Any) -> AsyncIterator[Way]:
        """Open a stage with Stripe's wire on it. Nobody stops asking because nobody answers."""
        lines: list[MeddledLine] = []

        def line(server: StripeServer) -> MeddledLine:
            lines.append(MeddledLine(server))
            return lines[-1]

        processor = WiredProcessor(engine, line=line, breaker_failures=10**6)
        async with wired(url, processor=processor, **options) as stage:
            yield cls(cast(WiredStage, stage), lines[-1])

    def named(self, call: str) -> str:
        requests = REQUESTS[call]
        self._ordered[call] += 1
        return requests[(self._ordered[call] - 1) % len(requests)]

    def meddle(self, call: str, moment: str, deed: Meddle) -> None:
        self._line.around[moment][self.named(call)] = deed

    def forget(self) -> None:
        for deeds in self._line.around.values():
            deeds.clear()

    def doubled(self) -> Mapping[str, str]:
        """Return the idempotency keys under which several requests made something happen."""
        requests: dict[str, set[str]] = {}
        types: dict[str, str] = {}
        for event in self._server.account.events.values():
            if event.key is not None and event.request is not None:
                requests.setdefault(event.key, set()).add(event.request)
                types[event.key] = event.type
        return {key: types[key] for key, made in requests.items() if len(made) > 1}

    def advance(self, by: timedelta) -> None:
        self._server.desk.advance_to(self.stage.engine.clock.now() + by)

    async def deliver(self, limit: int, *, is_shuffled: bool, is_doubled: bool) -> None:
        owed = self._due(limit)
        if is_shuffled:
            owed.sort(key=lambda _: self.stage.engine.books.chance())
        if is_doubled:
            owed = [one for each in owed for one in (each, self._copy_of(each))]
        others = self._without(owed)
        self._server.account.deliveries[:] = owed
        answers = await self.stage.deliver()
        self._server.account.deliveries.extend(others)
        assert set(answers) <= {200}

    def lose(self, limit: int) -> None:
        owed = self._due(limit)
        self._server.account.deliveries[:] = self._without(owed)
        self._astray += owed

    def recall(self) -> None:
        self._server.desk.tidy()
        self._server.account.deliveries += self._astray
        self._astray.clear()

    def pending(self) -> Sequence[Any]:
        waiting = self.stage.engine.emitter.pending()
        return [*self._server.account.deliveries, *self._astray, *waiting]

    def _due(self, limit: int) -> list[Any]:
        self._server.desk.tidy()
        now = self.stage.engine.books.engine_time
        return [one for one in self._server.account.deliveries if one.due <= now][:limit]

    def _without(self, some: Sequence[Any]) -> list[Any]:
        numbers = {one.number for one in some}
        return [one for one in self._server.account.deliveries if one.number not in numbers]

    def _copy_of(self, owed: Any) -> Any:
        account = self._server.account
        account.owe(owed.event, owed.endpoint, due=owed.due)
        return account.deliveries[-1]
