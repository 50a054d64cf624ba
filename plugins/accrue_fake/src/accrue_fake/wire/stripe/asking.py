"""Asking: what a request says, read from the line: its headers, its form or its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accrue_core.contracts.routes import Receive, Scope
from accrue_fake.wire.stripe import forms
from accrue_fake.wire.stripe.faults import CutOff
from accrue_fake.wire.stripe.problems import Refused

LONGEST_BODY = 1024 * 1024
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


async def read_body(receive: Receive) -> bytes:
    """Return the body of a request, of bounded length."""
    parts, more = bytearray(), True
    while more:
        message: Mapping[str, Any] = await receive()
        if message["type"] == "http.disconnect":
            raise CutOff("the client went away")
        parts += message.get("body", b"")
        if len(parts) > LONGEST_BODY:
            raise Refused(413, "Request too large: a body has at most one megabyte.")
        more = message.get("more_body", False)
    return bytes(parts)


def headers_in(scope: Scope) -> dict[str, str]:
    """Return the headers of a request, their names in lower case."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def is_v2(path: str) -> bool:
    """Whether a path is in the second namespace, where bodies are JSON."""
    return path.startswith("/v2/")


def values_in(scope: Scope, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the parameters of a request, each value as text; what cannot be read is refused."""
    query: bytes = scope.get("query_string", b"")
    if scope["method"] == "GET" or not body:
        return forms.decoded(query)
    if is_v2(str(scope["path"])):
        _require(_JSON, headers)
        return {**forms.decoded(query), **forms.from_json(body)}
    _require(_FORM, headers)
    return forms.decoded(query, body)


def key_in(method: str, path: str, headers: Mapping[str, str]) -> str | None:
    """Return the idempotency key of a request, where keys are honored."""
    is_honored = method == "POST" or (method == "DELETE" and is_v2(path))
    return headers.get("idempotency-key") if is_honored else None


def _require(wanted: str, headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", wanted):
        word = "JSON" if wanted == _JSON else "form-encoded parameters"
        raise Refused(400, f"Invalid request: send {word}, not {kind[:80]}.")
