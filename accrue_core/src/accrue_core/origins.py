"""Web origins, and the addresses that lead nowhere else.

A processor sends the customer back to addresses that we hand it. They may lead only to origins
that the deployment has listed, compared exactly (OWASP ASVS 5.0, 3.7.2), so that nobody can make
a host's own payment page end on a stranger's.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from accrue_core.errors import ConfigurationError, InvalidRequest
from accrue_core.text import is_storable

LONGEST_URL = 2000
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name as it is sent (ASCII, so no look-alikes and no patterns), or an IPv6 address."""

_PORTS = {"https": 443, "http": 80}


def checked_origin(text: str) -> str:
    """Return an origin in its one spelling, or ``ConfigurationError``.

    >>> checked_origin("https://App.Example.com:443")
    'https://app.example.com'
    """
    parts = _parts(text)
    if parts is None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigurationError(
            f"an origin is written like https://app.example.com, not {text[:80]!r}"
        )
    return _origin(parts)


def checked_url(url: str, *, name: str, allowed: Collection[str]) -> str:
    """Return an address that leads to an allowed origin as given, or ``InvalidRequest``."""
    parts = _parts(url) if isinstance(url, str) and len(url) <= LONGEST_URL else None
    if parts is None:
        raise InvalidRequest(
            f"{name} is a whole address like https://app.example.com/billing; plain http is for "
            "the loopback only"
        )
    if _origin(parts) not in allowed:
        raise InvalidRequest(
            f"{name} leads to {_origin(parts)}, which is not among the allowed origins: "
            "add it to allowed_origins (ACCRUE_ALLOWED_ORIGINS)"
        )
    return url


def _parts(text: str) -> SplitResult | None:
    """Return the parts of an absolute web address without credentials, else ``None``."""
    if not is_storable(text) or any(c.isspace() or c == "\\" or ord(c) < 32 for c in text):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or "@" in parts.netloc:
        return None
    if not _HOST.fullmatch(parts.hostname):
        return None
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return None
    return parts


def _origin(parts: SplitResult) -> str:
    host = str(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    tail = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{tail}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
