"""Pure: requests and refusals as they are stored, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from accrue_core.contracts.processor import REQUESTS
from accrue_core.contracts.requests import Request
from accrue_core.errors import (
    CardDeclined,
    ProcessorError,
    ProcessorRejected,
    RemoteMissing,
    TaxLocationInvalid,
)
from accrue_core.operations.models import OperationRecord


def method_of(request: Request) -> str:
    """Return where a request goes, as in ``subscriptions.create``."""
    return f"{request.gateway}.{request.method}"


def split(request: Request) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return a request's plain parts and its personal parts, as a database gives them back."""
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(request))
    personal = {name: content.pop(name) for name in sorted(request.personal)}
    return content, {name: value for name, value in personal.items() if value} or None


def identity_of(request: Request) -> dict[str, Any]:
    """Return what makes another request under one key the same request."""
    return _identifying(type(request), split(request)[0])


def identity_in(record: OperationRecord) -> dict[str, Any]:
    """Return the same of a request that was written down."""
    return _identifying(REQUESTS[record.method], dict(record.request))


def joined(record: OperationRecord) -> Request:
    """Return the request of an operation whose outcome is not known yet."""
    content = {**record.request, **(record.personal or {})}
    request: Request = msgspec.convert(content, REQUESTS[record.method])
    return request


def _identifying(kind: type[Request], content: dict[str, Any]) -> dict[str, Any]:
    names: frozenset[str] | None = getattr(kind, "identity", None)
    return content if names is None else {name: content.get(name) for name in sorted(names)}


def refusal_of(error: ProcessorError) -> dict[str, Any]:
    """Return what is needed to raise a final refusal again."""
    stored: dict[str, Any] = {"code": error.code, "message": str(error)}
    for name in ("reason", "advice", "param", "noun", "ref"):
        if getattr(error, name, None) is not None:
            stored[name] = getattr(error, name)
    return stored


def error_of(refusal: Mapping[str, Any]) -> ProcessorError:
    """Return the final refusal that was stored."""
    if refusal["code"] == CardDeclined.code:
        return CardDeclined(reason=refusal["reason"], advice=refusal["advice"])
    if refusal["code"] == RemoteMissing.code:
        return RemoteMissing(noun=refusal["noun"], ref=refusal["ref"])
    if refusal["code"] == TaxLocationInvalid.code:
        return TaxLocationInvalid(param=refusal.get("param"))
    return ProcessorRejected(
        refusal["message"], reason=refusal["reason"], param=refusal.get("param")
    )
