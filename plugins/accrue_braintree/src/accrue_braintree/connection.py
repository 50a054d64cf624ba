"""One account's connection: the SDK is synchronous, so every call of it runs in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from accrue_braintree.errors import translated
from accrue_braintree.settings import BraintreeSettings
from accrue_braintree.translate.account import Account
from accrue_core.errors import ProcessorUnavailable

if TYPE_CHECKING:
    import braintree

T = TypeVar("T")


class Connection:
    """The SDK's gateway of one account, and the threads in which it is asked.

    Building one imports nothing and starts nothing. It may be used on several event loops, one
    after the other or at once, and again after it was closed.
    """

    def __init__(self, settings: BraintreeSettings) -> None:
        self._settings = settings
        self._threads_lock = threading.Lock()
        self._gateway_lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._gateway: braintree.BraintreeGateway | None = None

    @property
    def name(self) -> str:
        """The name of the account at Accrue."""
        return self._settings.name

    @property
    def account(self) -> Account:
        """What its things are read with."""
        return self._settings.account

    async def ask(
        self, noun: str, ref: str, question: Callable[[braintree.BraintreeGateway], Any]
    ) -> Any:
        """Put one question to the SDK, about one thing, within ``request_timeout``.

        What comes back is the SDK's object, which holds the private key: translate it and let it
        go. A thread cannot be stopped: one whose answer nobody waits for any longer ends when
        Braintree has been silent for as long, and until then takes one of ``fetch_limit`` places.
        """

        def work() -> Any:
            with translated(noun, ref):
                return question(self._open())

        try:
            async with asyncio.timeout(self._settings.request_timeout):
                return await asyncio.wrap_future(self._submit(work))
        except TimeoutError:
            raise ProcessorUnavailable("Braintree did not answer in time") from None

    async def close(self) -> None:
        """Let threads and idle connections go; what is under way is finished first."""
        with self._threads_lock:
            threads, self._threads = self._threads, None
        with self._gateway_lock:
            gateway, self._gateway = self._gateway, None
        if threads is not None:
            threads.shutdown(wait=False)
        if gateway is not None:
            gateway.close()

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        with self._threads_lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(
                    self._settings.fetch_limit, thread_name_prefix=f"accrue-{self.name}"
                )
            return self._threads.submit(work)

    def _open(self) -> braintree.BraintreeGateway:
        """Return the gateway; the SDK is imported when it is first asked for, off the loop."""
        with self._gateway_lock:
            if self._gateway is None:
                from accrue_braintree.transport import connect

                self._gateway = connect(self._settings)
            return self._gateway
