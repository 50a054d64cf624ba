"""Stripe's exceptions to ours: one table.

Messages are built here from Stripe's own vocabulary (type, code, param, request id). Its free
text is dropped, and so is the SDK's exception: its text, body and headers repeat what was sent,
names and addresses included, and would be printed with every traceback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from accrue_core.errors import (
    CardDeclined,
    OperationInProgress,
    ProcessorError,
    ProcessorMisconfigured,
    ProcessorRejected,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
)

if TYPE_CHECKING:
    import stripe

NOT_SENT = "accrue_not_sent"
"""The code our transport gives a failure that happened before anything was sent."""

_VOCABULARY = re.compile(r"[A-Za-z0-9_.\[\]]{1,80}")
_LONGEST_WAIT = 3600.0


@contextmanager
def translated(noun: str, ref: str) -> Iterator[None]:
    """Let only our own errors out of a block that talks to Stripe about one thing."""
    import stripe

    try:
        yield
    except stripe.StripeError as error:
        raise translate(error, noun=noun, ref=ref) from None


def translate(
    error: stripe.StripeError, *, noun: str, ref: str
) -> ProcessorError | OperationInProgress:
    """Return our word for what went wrong; what is not in the table has an unknown outcome.

    A 404 is ``RemoteMissing`` only with Stripe's own ``resource_missing``: a wrong address or a
    proxy answers 404 too, and says nothing about the customer.
    """
    status, code, param, said = _said(error)
    if code == NOT_SENT:
        return ProcessorUnreachable("Stripe could not be reached: no connection was made")
    if status in (401, 403):
        return ProcessorMisconfigured(f"Stripe refused the key or its permissions ({said})")
    if status == 429 or (status == 400 and code == "rate_limit"):
        return RateLimited(f"Stripe asks to slow down ({said})", retry_after=_wait(error))
    if status == 404 and code == "resource_missing":
        return RemoteMissing(noun=noun, ref=ref)
    if status == 409 and code == "idempotency_key_in_use":
        return OperationInProgress(f"{noun} {ref}")
    if status == 402 and _field(error, "type") == "card_error":
        return CardDeclined(reason=_field(error, "decline_code") or code or "card_error")
    if status in (400, 402) or (status == 404 and code is not None):
        return ProcessorRejected(
            f"Stripe refused the request ({said})", reason=code or "rejected", param=param
        )
    return ProcessorUnavailable(f"Stripe did not answer as expected ({said})")


def _said(error: stripe.StripeError) -> tuple[int | None, str | None, str | None, str]:
    code = _field(error, "code") or _word(error.code)
    param = _field(error, "param")
    parts = {
        "status": error.http_status,
        "type": _field(error, "type"),
        "code": code,
        "param": param,
        "request": _word(error.request_id),
    }
    said = ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None)
    return error.http_status, code, param, said or type(error).__name__


def _field(error: stripe.StripeError, key: str) -> str | None:
    """Read a field of the error as it was sent; the SDK drops some of them on the way."""
    body = error.json_body
    inner = body.get("error") if isinstance(body, dict) else None
    return _word(inner.get(key)) if isinstance(inner, dict) else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and _VOCABULARY.fullmatch(value) else None


def _wait(error: stripe.StripeError) -> float | None:
    text = (error.headers or {}).get("retry-after", "")
    return min(float(text), _LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text) else None
