"""Fixtures for tests against the Fake: import this module's names where pytest looks for fixtures.

``from accrue_fake.fixtures import stripe_process, stripe_server`` in a ``conftest.py`` is enough.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_fake.wire.stripe.faults import CutOff
from accrue_fake.wire.stripe.process import StripeProcess


class StripeLine(httpx.AsyncBaseTransport):
    """Carries httpx's requests to a server in this process; a cut connection is a read error.

    Give an SDK, or ``StripeProcessor``, an ``httpx.AsyncClient(transport=StripeLine(server))``.
    """

    def __init__(self, server: StripeServer) -> None:
        self._inner = httpx.ASGITransport(server)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        try:
            return await self._inner.handle_async_request(request)
        except CutOff as cut:
            raise httpx.ReadError(str(cut), request=request) from None


@pytest.fixture
def stripe_server() -> StripeServer:
    """Give a Stripe server over an engine of its own, in this process."""
    return create_stripe_app(Engine())


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripeProcess]:
    """Give a Stripe server over a real socket of this machine, one for all tests of a run."""
    with StripeProcess() as process:
        yield process
