"""How requests to Stripe leave: the SDK's client over our own HTTP transport.

The SDK's bundled asynchronous clients cannot be given a client to use, fail when a second event
loop uses them, and break behind a proxy; its public ``HTTPClient`` is made to be subclassed.
This module imports the SDK and httpx: it is imported at the first request, not at start-up.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import httpx
import stripe

from accrue_stripe.errors import NOT_SENT
from accrue_stripe.settings import API_VERSION, StripeSettings

_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)


def connect(settings: StripeSettings, transport: Transport) -> stripe.StripeClient:
    """Return the SDK's client for one account, with everything implicit made explicit.

    Telemetry and logging are global in the SDK. Telemetry writes an id below the home directory
    and is switched off; the log repeats request and response bodies and is held at warnings.
    """
    stripe.enable_telemetry = False
    log = logging.getLogger("stripe")
    log.setLevel(max(log.level, logging.WARNING))
    return stripe.StripeClient(
        settings.api_key.reveal(),
        stripe_version=API_VERSION,
        max_network_retries=0,
        base_addresses={
            "api": settings.api_base,
            "files": settings.api_base,
            "connect": settings.api_base,
            "meter_events": settings.api_base,
        }
        if settings.is_loopback
        else {"api": settings.api_base},
        http_client=transport,
    )


class Transport(stripe.HTTPClient):
    """Sends one request, within a deadline, over the client of the running event loop.

    A connection belongs to the loop that opened it, and a process may run several: the host's,
    the one behind blocking calls, one per test. A client that was handed in is used on every
    loop and left open.
    """

    name = "accrue"

    def __init__(self, settings: StripeSettings, given: httpx.AsyncClient | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._given = given
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = (
            WeakKeyDictionary()
        )
        self._lock = threading.Lock()

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request and read the answer.

        A read whose connection broke is sent once more: kept-alive connections end without
        notice. Nothing that changes something is: its outcome is then unknown, and deciding
        what follows belongs to the operation that owns its key.
        """
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                try:
                    return await self._send(method, url, headers, post_data)
                except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                    if method.lower() != "get":
                        raise
                return await self._send(method, url, headers, post_data)
        except _BEFORE_SENDING as error:
            raise _failed(error, code=NOT_SENT) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise _failed(error) from None

    async def sleep_async(self, secs: float) -> None:
        """Wait between the SDK's retries, of which there are none."""
        await asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Close the client of this loop, and forget those of loops that have ended."""
        with self._lock:
            mine = self._clients.pop(asyncio.get_running_loop(), None)
            for loop in [loop for loop in self._clients if loop.is_closed()]:
                del self._clients[loop]
        if mine is not None:
            await mine.aclose()

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: Any
    ) -> tuple[bytes, int, Mapping[str, str]]:
        response = await self._client().request(
            method.upper(), url, headers=dict(headers), content=content
        )
        return response.content, response.status_code, response.headers

    def _client(self) -> httpx.AsyncClient:
        if self._given is not None:
            return self._given
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._clients:
                self._clients[loop] = self._open()
            return self._clients[loop]

    def _open(self) -> httpx.AsyncClient:
        settings = self._settings
        return httpx.AsyncClient(
            timeout=httpx.Timeout(settings.request_timeout, connect=settings.connect_timeout),
            limits=httpx.Limits(max_connections=2 * settings.fetch_limit),
            follow_redirects=False,
            trust_env=not settings.is_loopback,
        )


def _failed(error: Exception, *, code: str | None = None) -> stripe.APIConnectionError:
    failed: Callable[..., stripe.APIConnectionError] = stripe.APIConnectionError
    return failed(f"no answer: {type(error).__name__}", code=code)
