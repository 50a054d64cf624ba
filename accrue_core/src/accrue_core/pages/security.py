"""What every answer of a page application carries, and what every form must bring.

A form must come from this origin (``Sec-Fetch-Site``, else ``Origin``) and repeat the token of
its cookie. Over TLS the cookie is a ``__Host-`` one, which no other host can set, so the token
needs no signature and no secret that several processes would have to share.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.exceptions import PermissionDeniedException

from accrue_core.contracts.routes import ASGIApplication, Message, Receive, Scope, Send

TOKEN_FIELD = "form_token"  # noqa: S105 a field's name
OPERATION_FIELD = "operation_id"
_VISIT = "accrue_visit"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_TOKEN_LENGTH = 43


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: the nonce of its page, and the token its forms have to bring."""

    nonce: str
    token: str


def visit_of(scope: Mapping[str, Any]) -> Visit:
    """Return what the shield prepared for a request."""
    visit: Visit = scope[_VISIT]
    return visit


class Shield:
    """Wraps an application: prepares each visit and hardens each answer."""

    def __init__(self, app: Any, *, name: str, forms_lead_to: tuple[str, ...] = ()) -> None:
        self._app: ASGIApplication = app
        self._cookie = f"accrue_{name}_form"
        self._targets = " ".join(("'self'", *forms_lead_to))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; HEAD is answered like GET, without the body (RFC 9110, 9.3.2)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_secure, is_head = scope.get("scheme") == "https", scope["method"] == "HEAD"
        cookie = f"__Host-{self._cookie}" if is_secure else self._cookie
        known = _cookie(scope, cookie)
        visit = Visit(secrets.token_urlsafe(16), known or secrets.token_urlsafe(32))

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                given = {bytes(name).lower() for name, _ in headers}
                for name, value in self._headers(visit.nonce).items():
                    if name not in given:
                        headers.append((name, value))
                if known is None and not _is_cached(headers):
                    headers.append((b"set-cookie", _set(cookie, visit.token, secure=is_secure)))
                message = {**message, "headers": headers}
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        method = "GET" if is_head else scope["method"]
        await self._app({**scope, "method": method, _VISIT: visit}, receive, hardened)

    def _headers(self, nonce: str) -> dict[bytes, bytes]:
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
            f"img-src 'self' data:; connect-src 'self'; form-action {self._targets}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        return {
            b"content-security-policy": policy.encode(),
            b"cache-control": b"no-store",
            b"referrer-policy": b"same-origin",
            b"x-content-type-options": b"nosniff",
            b"cross-origin-opener-policy": b"same-origin",
        }


async def require_form_token(request: Request[Any, Any, Any]) -> None:
    """Refuse what changes something unless one of our own pages sent it."""
    if request.method in _SAFE:
        return
    if not _is_from_here(request):
        raise PermissionDeniedException("this form was sent from another site")
    form = await request.form()
    given = form.get(TOKEN_FIELD)
    expected = visit_of(request.scope).token
    if not isinstance(given, str) or not hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode()
    ):
        raise PermissionDeniedException("the form is stale: reload the page and send it again")


def _is_from_here(request: Request[Any, Any, Any]) -> bool:
    """Whether the browser says so; a client that says nothing still has to bring the token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _cookie(scope: Scope, name: str) -> str | None:
    """Return the token of the cookie, if it is one that we could have set."""
    for header, value in scope["headers"]:
        if header == b"cookie":
            try:
                jar: SimpleCookie = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                continue
            if name in jar and len(jar[name].value) == _TOKEN_LENGTH:
                return jar[name].value
    return None


def _set(name: str, token: str, *, secure: bool) -> bytes:
    parts = [f"{name}={token}", "Path=/", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts).encode()


def _is_cached(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(
        bytes(name).lower() == b"cache-control" and b"immutable" in bytes(value)
        for name, value in headers
    )
