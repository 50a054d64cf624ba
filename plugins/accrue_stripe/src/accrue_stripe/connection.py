"""One account's connection, made at the first request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from accrue_core.errors import UnknownVocabulary
from accrue_stripe.settings import StripeAccount

if TYPE_CHECKING:
    import httpx
    import stripe

    from accrue_stripe.transport import Transport

Json = dict[str, Any]


class Connection:
    """The SDK's client of one account. Building one imports nothing and connects to nothing."""

    def __init__(
        self, account: StripeAccount, http_client: httpx.AsyncClient | None = None
    ) -> None:
        self._account = account
        self._http_client = http_client
        self._transport: Transport | None = None
        self._client: stripe.StripeClient | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name of the account at Accrue."""
        return self._account.name

    @property
    def client(self) -> stripe.StripeClient:
        """The SDK's client; the SDK is imported when it is first asked for.

        Several threads may ask at once, and get the same: two lines would be two breakers, and one
        of them would never be closed.
        """
        with self._lock:
            if self._client is None:
                from accrue_stripe.transport import Transport, connect

                self._transport = Transport(self._account, self._http_client)
                self._client = connect(self._account, self._transport)
            return self._client

    async def close(self) -> None:
        """Close what this loop has opened."""
        if self._transport is not None:
            await self._transport.close_async()


def wire(answered: stripe.StripeObject) -> Json:
    """Return what was sent, as plain JSON: SDK objects carry the key and do not leave here."""
    response: Any = getattr(answered, "last_response", None)
    data = getattr(response, "data", None)
    if not isinstance(data, dict):
        raise UnknownVocabulary(where="answer", word="not a JSON object")
    return data
