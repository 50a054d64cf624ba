"""Fixtures for tests against the Fake: import this module's names where pytest looks for fixtures.

``from accrue_fake.fixtures import stripe_process, stripe_server`` in a ``conftest.py`` is enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_fake.wire.stripe.faults import CutOff
from accrue_fake.wire.stripe.line import Line
from accrue_fake.wire.stripe.process import StripeProcess


class StripeLine(httpx.AsyncBaseTransport):
    """Carries httpx's requests to a server in this process; a cut connection is a read error.

    Give an SDK, or ``StripeProcessor``, an ``httpx.AsyncClient(transport=StripeLine(server))``.
    As over a real line, a server finishes what it began when its client no longer waits.
    """

    def __init__(self, server: StripeServer) -> None:
        self._inner = httpx.ASGITransport(Line(server, server.faults))
        self._answering: set[asyncio.Task[httpx.Response]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        answering = asyncio.create_task(self._inner.handle_async_request(request))
        self._answering.add(answering)
        answering.add_done_callback(self._answered)
        try:
            return await asyncio.shield(answering)
        except CutOff as cut:
            raise httpx.ReadError(str(cut), request=request) from None

    async def aclose(self) -> None:
        """Stop what is still being answered to nobody."""
        for answering in self._answering:
            answering.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _answered(self, answering: asyncio.Task[httpx.Response]) -> None:
        self._answering.discard(answering)
        if not answering.cancelled():
            answering.exception()


@pytest.fixture
def stripe_server() -> StripeServer:
    """Give a Stripe server over an engine of its own, in this process."""
    return create_stripe_app(Engine())


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripeProcess]:
    """Give a Stripe server over a real socket of this machine, one for all tests of a run."""
    with StripeProcess() as process:
        yield process
