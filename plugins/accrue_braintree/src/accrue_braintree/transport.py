"""How requests to Braintree leave: the SDK's gateway over our own HTTP strategy.

The SDK's bundled one follows redirects with the credentials of the request, keeps a connection
per thread that only that thread can close, and ignores ``NO_PROXY``. Strategies are a seam that
the SDK offers. This module imports ``requests``, and with the first gateway the SDK: it is imported
at the first request, in a thread, not at start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from accrue_braintree.sdk import load
from accrue_braintree.settings import BraintreeSettings

if TYPE_CHECKING:
    import braintree


def connect(settings: BraintreeSettings) -> braintree.BraintreeGateway:
    """Return the SDK's gateway for one account, without touching the SDK's global one."""
    sdk, environment = load(), _environment(settings)
    gateway: braintree.BraintreeGateway = sdk.BraintreeGateway(
        sdk.Configuration(
            environment,
            settings.merchant_id,
            settings.public_key,
            settings.private_key.reveal(),
            http_strategy=lambda _config, _environment: Transport(settings, environment),
        )
    )
    return gateway


def _environment(settings: BraintreeSettings) -> braintree.Environment:
    """Return where requests go. The SDK takes the scheme from the port: only 443 is https."""
    environments = load().Environment
    if settings.api_base is None:
        known = {"sandbox": environments.Sandbox, "production": environments.Production}
        return known[settings.environment]
    base = urlsplit(settings.api_base)
    host = f"[{base.hostname}]" if base.hostname and ":" in base.hostname else base.hostname
    port = str(base.port)
    return environments(
        "stand-in",
        host,
        port,
        auth_url=settings.api_base,
        is_ssl=False,
        ssl_certificate=None,
        graphql_server=host,
        graphql_port=port,
    )


class Transport:
    """Sends one request and reads the whole answer. Any number of threads may use it at once."""

    def __init__(self, settings: BraintreeSettings, environment: braintree.Environment) -> None:
        self._timeout = (settings.connect_timeout, settings.request_timeout)
        self._is_local = settings.api_base is not None
        self._verify = environment.ssl_certificate or True
        self._adapter = HTTPAdapter(pool_maxsize=settings.fetch_limit)

    def http_do(
        self, method: str, url: str, headers: Mapping[str, str | bytes], content: str
    ) -> tuple[int, bytes]:
        """Return status and body. A redirect is an answer like any other, and not followed.

        A read whose connection broke is sent once more: kept-alive connections end without
        notice. Nothing that changes something is: its outcome is then unknown.
        """
        try:
            return self._send(method, url, headers, content)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            if method != "GET" or isinstance(error, requests.Timeout):
                raise
        return self._send(method, url, headers, content)

    def handle_exception(self, error: Exception) -> NoReturn:
        """Pass an exception on as it is: ``errors`` translates it."""
        raise error

    def close(self) -> None:
        """Close the connections that are idle; one in use is closed when its answer is there."""
        self._adapter.close()

    def _send(
        self, method: str, url: str, headers: Mapping[str, str | bytes], content: str
    ) -> tuple[int, bytes]:
        prepared = requests.Request(method, url, headers=headers, data=content).prepare()
        response = self._adapter.send(
            prepared,
            timeout=self._timeout,
            verify=self._verify,
            proxies={} if self._is_local else get_environ_proxies(url),
        )
        try:
            return response.status_code, response.content
        finally:
            response.close()
