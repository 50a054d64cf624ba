"""Error class to HTTP status: one table, and the problem+json that goes with it (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from accrue_core import errors

STATUSES: Mapping[type[errors.AccrueError], int] = {
    errors.AccrueError: 500,
    errors.ConfigurationError: 500,
    errors.CalledInsideTransaction: 500,
    errors.BridgeError: 500,
    errors.DatabaseUnavailable: 503,
    errors.InvalidRequest: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.UnsupportedCapability: 422,
    errors.NotAllowed: 403,
    errors.SignatureInvalid: 400,
    errors.WebhookUnreadable: 400,
    errors.ProcessorError: 502,
    errors.CardDeclined: 402,
    errors.ProcessorRejected: 422,
    errors.NotAsked: 503,
    errors.ProcessorMisconfigured: 500,
    errors.ProcessorUnavailable: 503,
    errors.UnknownVocabulary: 502,
}
"""The nearest class up the tree decides."""

CONTENT_TYPE = b"application/problem+json"


def status_of(error: type[errors.AccrueError]) -> int:
    """Return the status of an error class."""
    return next(STATUSES[ancestor] for ancestor in error.__mro__ if ancestor in STATUSES)


def problem(error: errors.AccrueError) -> tuple[int, dict[str, Any]]:
    """Return the status and the body for an error; a fault of ours keeps its details to itself."""
    status = status_of(type(error))
    body: dict[str, Any] = {
        "type": f"urn:accrue:error:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status,
        "retryable": error.retryable,
    }
    if status < 500 or isinstance(error, errors.ProcessorUnavailable):
        body["detail"] = str(error)
    operation_id = getattr(error, "operation_id", None)
    if operation_id is not None:
        body["operation_id"] = operation_id
    return status, body


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return a problem's bytes."""
    return msgspec.json.encode(body)
