"""An Accrue whose processor is elsewhere, where no kill of a process reaches it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from accrue_core import Accrue, Settings
from accrue_core.clock import Clock
from accrue_core.contracts.processor import Processor
from accrue_core.settings import Secret
from accrue_fake.hosting.client import HostedBackend, HostedClock
from accrue_fake.processor import FakeProcessor
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.stage import CATALOG, ORIGIN, Offered

ELSEWHERE = frozenset({"fake", "stripe", "braintree", "admin", "portal"})
"""Plugins that are installed and take no part."""

STRIPE_KEY = Secret("sk_test_killed")
STRIPE_NAME = "fake"
"""What the account is called: the catalog sells at this processor."""


@dataclass(frozen=True, slots=True)
class StillClock:
    """A clock that stands where the processor's stood when the process began."""

    moment: datetime

    def now(self) -> datetime:
        """Return that moment."""
        return self.moment


def hosted_accrue(database_url: str, socket_path: str, **options: Any) -> Accrue:
    """Return an Accrue whose Fake runs in a process of its own, behind a socket."""
    processor = FakeProcessor(HostedBackend(socket_path))
    return _accrue(processor, database_url, HostedClock(socket_path), **options)


def wired_accrue(
    database_url: str,
    account: StripeSettings,
    clock: Clock,
    *,
    client: httpx.AsyncClient | None = None,
    **options: Any,
) -> Accrue:
    """Return an Accrue that asks a Stripe server over HTTP; without a client, by its own lines."""
    return _accrue(StripeProcessor(account, client), database_url, clock, **options)


def stripe_account(origin: str, secrets: Sequence[str]) -> StripeSettings:
    """Return an account at a server of this machine, with all else as a deployment has it."""
    return StripeSettings(
        api_key=STRIPE_KEY,
        api_base=origin,
        name=STRIPE_NAME,
        webhook_secrets=tuple(map(Secret, secrets)),
    )


def announcing(announce: Callable[[str], None]) -> httpx.AsyncClient:
    """Return a client that says when a request is about to leave, and when an answer begins."""

    async def leaves(request: httpx.Request) -> None:
        announce(f"{request.method} {request.url.path}:before_request")

    async def comes(response: httpx.Response) -> None:
        announce(f"{response.request.method} {response.request.url.path}:after_response")

    hooks: dict[str, list[Callable[..., Any]]] = {"request": [leaves], "response": [comes]}
    trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(
        event_hooks=hooks, trust_env=False, timeout=20.0, verify=trusting_nobody
    )


def _accrue(processor: Processor, database_url: str, clock: Clock, **options: Any) -> Accrue:
    return Accrue(
        Settings(
            database_url=database_url,
            plugins_disabled=ELSEWHERE,
            allowed_origins=frozenset({ORIGIN}),
            money_deadline=options.pop("money_deadline", timedelta(minutes=30)),
        ),
        catalog=CATALOG,
        clock=clock,
        plugins=[Offered([processor])],
        **options,
    )
