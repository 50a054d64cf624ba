"""The HTTP clients of one account: one for each event loop that asks."""

from __future__ import annotations

import asyncio
import threading
from weakref import WeakKeyDictionary

import httpx

from accrue_stripe.settings import StripeAccount


class Lines:
    """Hands out the client of the running loop.

    A connection belongs to the loop that opened it, and a process may run several: the host's,
    the one behind blocking calls, one per test. A client that was handed in is used on every
    loop and left open.
    """

    def __init__(self, account: StripeAccount, given: httpx.AsyncClient | None) -> None:
        self._account = account
        self._given = given
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = (
            WeakKeyDictionary()
        )
        self._lock = threading.Lock()

    def client(self) -> httpx.AsyncClient:
        """Return it, opened at the first request."""
        if self._given is not None:
            return self._given
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._clients:
                self._clients[loop] = self._open()
            return self._clients[loop]

    async def close(self) -> None:
        """Close the client of this loop, and forget those of loops that have ended."""
        with self._lock:
            mine = self._clients.pop(asyncio.get_running_loop(), None)
            for loop in [loop for loop in self._clients if loop.is_closed()]:
                del self._clients[loop]
        if mine is not None:
            await mine.aclose()

    def _open(self) -> httpx.AsyncClient:
        account = self._account
        return httpx.AsyncClient(
            timeout=httpx.Timeout(account.request_timeout, connect=account.connect_timeout),
            limits=httpx.Limits(max_connections=2 * account.fetch_limit),
            follow_redirects=False,
            trust_env=not account.is_loopback,
        )
