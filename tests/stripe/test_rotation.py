"""A secret is replaced while events are sent: each arrives under a secret that the host knows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest

from accrue_core.errors import SignatureInvalid
from accrue_core.settings import Secret
from accrue_fake.fixtures import StripeLine
from accrue_stripe.connection import Connection
from accrue_stripe.operating.endpoints import Endpoint, Endpoints
from accrue_stripe.settings import StripeAccount
from accrue_stripe.webhooks import HEADER, check_signature
from tests.wire.till import Till

URL = "https://app.example.com/billing/webhooks/stripe"
ACCOUNT = StripeAccount(api_key=Secret("sk_test_till"))


class Host:
    """What is behind the address: it knows some secrets, and lets in what they have signed."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._knows: tuple[Secret, ...] = ()
        self.let_in: list[str] = []
        self.turned_away: list[str] = []

    def restarts_with(self, *endpoints: Endpoint) -> None:
        self._knows = tuple(one.secret for one in endpoints if one.secret is not None)
        assert len(self._knows) == len(endpoints)

    async def hears(self) -> str:
        """Let something happen, and take in what is sent; return the event's ref."""
        await self._till.v1.customers.create_async({"name": "Ada"})
        (event,) = (await self._till.v1.events.list_async({"limit": 1})).data
        self._till.inbox.taken.clear()
        await self._till.server.deliver()
        for _, body, headers in self._till.inbox.taken:
            (self.let_in if self._believes(body, headers[HEADER]) else self.turned_away).append(
                str(json.loads(body)["id"])
            )
        return event.id

    def _believes(self, body: bytes, header: str) -> bool:
        now = datetime.fromtimestamp(int(header.partition(",")[0].removeprefix("t=")), UTC)
        try:
            check_signature(body, header, self._knows, tolerance=300, now=now)
        except SignatureInvalid:
            return False
        return True


@pytest.fixture
async def till() -> AsyncIterator[Till]:
    till = Till()
    yield till
    await till.line.close_async()


async def test_each_event_is_let_in_at_whatever_step_it_happens(till: Till) -> None:
    host, runs = Host(till), count(1)
    async with httpx.AsyncClient(transport=StripeLine(till.server)) as client:

        def command() -> Endpoints:
            return Endpoints(Connection(ACCOUNT, client), URL, run=f"run-{next(runs)}")

        old, _ = await command().require()
        host.restarts_with(old)
        happened = [await host.hears()]

        begun = command()
        new = await begun.begin_rotation()
        early = await host.hears()
        await begun.hold(new)
        happened += [early, await host.hears()]
        host.restarts_with(old, new)
        happened.append(await host.hears())

        await command().switch()
        doubled = await host.hears()
        await command().finish()
        happened += [doubled, await host.hears()]
        host.restarts_with(new)
        happened.append(await host.hears())

    assert list(dict.fromkeys(host.let_in)) == happened
    assert host.let_in.count(doubled) == 2
    assert host.turned_away == [early]
