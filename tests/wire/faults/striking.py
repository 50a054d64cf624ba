"""A line that strikes one of the requests of a verb, and the faults it strikes them with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx

from accrue_fake.fixtures import StripeLine
from accrue_fake.wire.stripe.app import StripeServer
from accrue_fake.wire.stripe.line import call_of

PATIENCE = 1.0
"""Seconds that Accrue waits for an answer where a fault is about waiting."""

RETRY_AFTER = 0.01
"""Seconds that a busy server asks for."""


@dataclass(frozen=True)
class WireFault:
    """One way for the line to fail one request."""

    name: str
    order: Callable[[StripeServer], None]
    is_slow: bool = False

    def __str__(self) -> str:
        return self.name


RESET_BEFORE = WireFault(
    "reset before", lambda server: server.engine.scenarios.lose_next_answer("before")
)
RESET_AFTER = WireFault(
    "reset after",
    lambda server: server.engine.scenarios.lose_next_answer("after"),
)
FAILS_BEFORE = WireFault("500 before", lambda server: server.engine.scenarios.fail_next_call())
FAILS_AFTER = WireFault("500 after", lambda server: server.faults.fail_next_answer())
LIMITED = WireFault(
    "429",
    lambda server: server.engine.scenarios.limit_next_call(retry_after=RETRY_AFTER),
)
INTERCEPTED = WireFault("502 after", lambda server: server.faults.intercept_next_answer())
HALF_A_BODY = WireFault("half a body", lambda server: server.faults.break_next_body())
SLOW_BODY = WireFault(
    "slow body",
    lambda server: server.faults.stall_next_body(seconds=60),
    is_slow=True,
)
LATE = WireFault(
    "late answer",
    lambda server: server.engine.scenarios.slow_next_call(timedelta(seconds=PATIENCE * 1.5)),
    is_slow=True,
)
SPOILED = [INTERCEPTED, HALF_A_BODY, SLOW_BODY, LATE]
"""Those that differ from ``RESET_AFTER`` on the line only: it is done, and nobody is told."""


@dataclass(frozen=True)
class Sent:
    """One request that may change something: its route, and its key."""

    call: str
    key: str | None


class Striking(StripeLine):
    """Notes the requests that may change something, and has one of them struck."""

    def __init__(self, server: StripeServer) -> None:
        super().__init__(server)
        self._server = server
        self._next: tuple[str, int, WireFault] | None = None
        self.sent: list[Sent] = []

    def strike(self, call: str, nth: int, fault: WireFault) -> None:
        """Strike the nth request of this route from now on, counted from 1."""
        self._next = (call, nth, fault)

    @property
    def has_struck(self) -> bool:
        """Whether what was to be struck was sent."""
        return self._next is None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note it and perhaps strike it: whatever is ordered strikes the next that arrives."""
        if request.method != "GET":
            call = call_of(request.method, request.url.path) or request.url.path
            self.sent.append(Sent(call, request.headers.get("idempotency-key")))
            self._perhaps_strike(call)
        return await super().handle_async_request(request)

    def _perhaps_strike(self, call: str) -> None:
        if self._next is None or self._next[0] != call:
            return
        _, left, fault = self._next
        if left > 1:
            self._next = (call, left - 1, fault)
            return
        self._next = None
        fault.order(self._server)
