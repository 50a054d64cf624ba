"""How requests to Stripe leave: the SDK's client over our own HTTP transport.

The SDK's bundled asynchronous clients cannot be given a client to use, fail when a second event
loop uses them, and break behind a proxy; its public ``HTTPClient`` is made to be subclassed.
This module imports the SDK and httpx: it is imported at the first request, not at start-up.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any

import httpx
import stripe

from accrue_core.telemetry import span
from accrue_stripe.answers import what_is_wrong
from accrue_stripe.breaker import CircuitBreaker
from accrue_stripe.errors import CIRCUIT_OPEN, NOT_SENT
from accrue_stripe.lines import Lines
from accrue_stripe.retrying import Sending, Tried, answered, delay_before, is_worth_repeating
from accrue_stripe.settings import API_VERSION, StripeAccount

_log = logging.getLogger("accrue.stripe")

_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)

Response = tuple[bytes, int, Mapping[str, str]]


def connect(account: StripeAccount, transport: Transport) -> stripe.StripeClient:
    """Return the SDK's client for one account, with everything implicit made explicit.

    Telemetry and logging are global in the SDK. Telemetry writes an id below the home directory
    and is switched off; the log repeats request and response bodies and is held at warnings.
    """
    stripe.enable_telemetry = False
    _hold_log()
    return stripe.StripeClient(
        account.api_key.reveal(),
        stripe_version=API_VERSION,
        max_network_retries=0,
        base_addresses={
            "api": account.api_base,
            "files": account.api_base,
            "connect": account.api_base,
            "meter_events": account.api_base,
        }
        if account.is_loopback
        else {"api": account.api_base},
        http_client=transport,
    )


class _Warnings(logging.Filter):
    """Lets warnings through, and nothing below: a level can be set again, and is, by hosts."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_WARNINGS = _Warnings()


def _hold_log() -> None:
    """Keep bodies out of logs, and off the console, where ``STRIPE_LOG`` puts them past the log."""
    log = logging.getLogger("stripe")
    log.setLevel(max(log.level, logging.WARNING))
    log.addFilter(_WARNINGS)
    stripe.log = None
    console: Any = getattr(stripe, "_util", None)
    if console is not None:
        console.STRIPE_LOG = None


class Transport(stripe.HTTPClient):
    """Sends the requests of one account: within a deadline, again where that helps, or not at all.

    A call is all tries of one request. ``call_timeout`` covers them and the waits between them.
    What is left undecided after that is for the operation that owns the key to find out.
    """

    name = "accrue"

    def __init__(self, account: StripeAccount, given: httpx.AsyncClient | None = None) -> None:
        super().__init__()
        self._account = account
        self._lines = Lines(account, given)
        self._jitter = secrets.SystemRandom().random
        self._has_noticed = False
        self._breaker = CircuitBreaker(
            most_failures=account.breaker_failures,
            pause=account.breaker_pause,
            monotonic=time.monotonic,
        )

    async def request_with_retries_async(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        max_network_retries: int | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> Response:
        """Carry out one call. The SDK's own retries and its telemetry are passed over."""
        del max_network_retries, _usage
        sending = Sending(method.upper(), has_key=bool(_header(headers, "idempotency-key")))
        what = f"{sending.method} {_resource(url)}"
        try:
            with span("stripe.call", account=self._account.name, request=what):
                async with asyncio.timeout(self._account.call_timeout):
                    response = await self._call(sending, url, headers, post_data, what)
        except TimeoutError:
            self._breaker.failed()
            raise _failed("no answer in time") from None
        self._require_answer(response)
        return response

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> Response:
        """Send a request once and read the answer."""
        try:
            async with asyncio.timeout(self._account.request_timeout):
                response = await self._lines.client().request(
                    method.upper(), url, headers=dict(headers), content=post_data
                )
                return response.content, response.status_code, self._without_notice(response)
        except _BEFORE_SENDING as error:
            raise _failed(f"no answer: {type(error).__name__}", code=NOT_SENT) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise _failed(f"no answer: {type(error).__name__}") from None

    async def sleep_async(self, secs: float) -> None:
        """Wait between tries."""
        await asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Close the client of this loop, and forget those of loops that have ended."""
        await self._lines.close()

    def _require_answer(self, response: Response) -> None:
        """Stop what the SDK would stumble over: it trusts whatever is sent to it."""
        body, status, said = response
        wrong = what_is_wrong(status, body, livemode=self._account.livemode)
        if wrong is not None:
            raise _failed("an answer that is none", code=wrong, status=status, headers=said)

    def _without_notice(self, response: httpx.Response) -> httpx.Headers:
        """Take away what the SDK makes a Python warning of, which a host may have made an error."""
        headers = response.headers.copy()
        if headers.pop("stripe-notice", None) is not None and not self._has_noticed:
            self._has_noticed = True
            request = headers.get("request-id", "unknown")
            _log.warning("Stripe sent a notice with its answer to request %s", request)
        return headers

    async def _call(
        self, sending: Sending, url: str, headers: Mapping[str, str], content: Any, what: str
    ) -> Response:
        """Try until there is an answer to keep.

        A later try may be turned away while an earlier one was carried out: then nobody may be told
        that nothing happened.
        """
        ends_at = time.monotonic() + self._account.call_timeout
        is_undecided = False
        for number in range(self._account.retries + 1):
            with span("stripe.try", request=what, number=number + 1):
                tried, outcome = await self._try(sending, url, headers, content)
            wait = delay_before(
                number + 1, tried, first=self._account.retry_delay, jitter=self._jitter()
            )
            is_last = number == self._account.retries or time.monotonic() + wait >= ends_at
            if is_last or not is_worth_repeating(sending, tried, is_first=not is_undecided):
                break
            is_undecided |= tried.is_undecided
            _log.info("%s: %s, asking again in %.1f s", what, tried.status or "no answer", wait)
            await self.sleep_async(wait)
        if is_undecided and tried.is_turned_away and not sending.is_read:
            raise _failed("an earlier try may have been carried out")
        if isinstance(outcome, stripe.APIConnectionError):
            raise outcome
        return outcome

    async def _try(
        self, sending: Sending, url: str, headers: Mapping[str, str], content: Any
    ) -> tuple[Tried, Response | stripe.APIConnectionError]:
        if not self._breaker.admits():
            closed = _failed("Stripe is not asked for a while", code=CIRCUIT_OPEN)
            return Tried(was_sent=False, should_retry=False), closed
        try:
            response = await self.request_async(sending.method, url, headers, content)
        except stripe.APIConnectionError as error:
            self._breaker.failed()
            return Tried(was_sent=error.code != NOT_SENT), error
        except BaseException:
            self._breaker.gave_up()
            raise
        body, status, said = response
        tried = answered(status, said, body)
        if tried.is_failure:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        return tried, response


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name), None)


def _resource(url: str) -> str:
    """Return the path without what it names: ``/v1/customers/{id}``.

    Refs are no secrets, but a span is shown to more people than a payer's records are.
    """
    path = httpx.URL(url).path
    first, *rest = path.strip("/").split("/")
    named = ("{id}" if any(c.isdigit() or c.isupper() for c in part) else part for part in rest)
    return "/".join(("", first, *named))


def _failed(
    what: str,
    *,
    code: str | None = None,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> stripe.APIConnectionError:
    make: Any = stripe.APIConnectionError
    failed: stripe.APIConnectionError = make(what, http_status=status, headers=headers, code=code)
    return failed
