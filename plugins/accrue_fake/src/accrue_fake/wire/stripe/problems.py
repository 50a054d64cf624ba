"""Problems: how Stripe says no, and what each of the engine's refusals is in its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accrue_core.errors import (
    AccrueError,
    CardDeclined,
    InvalidRequest,
    ProcessorRejected,
    RemoteMissing,
    TaxLocationInvalid,
    UnsupportedCapability,
)
from accrue_fake.wire.stripe.shapes.keys import API_VERSION
from accrue_fake.wire.stripe.shapes.versions import OLDEST

INVALID = "invalid_request_error"
_NOUNS = {"payment_method": "PaymentMethod", "checkout_session": "checkout.session"}
_REASONS = {
    "missing": "resource_missing",
    "checkout_complete": "checkout_session_not_open",
    "checkout_expired": "checkout_session_not_open",
    "invoice_not_open": "invoice_not_open",
}
"""The engine's words for reasons, and Stripe's codes; other reasons stay without a code."""

_CODES_V2 = {
    401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 500: "internal_error",
}  # fmt: skip
"""By status, the code of what has none of its own."""


class Refused(Exception):
    """A request is answered with an error. The body is what every Stripe SDK reads."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type_: str = INVALID,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        self.status = status
        self.headers = dict(headers or {})
        named = {"code": code, "param": param, **more}
        self.error = {"type": type_, "message": message} | {
            name: value for name, value in named.items() if value is not None
        }
        super().__init__(f"{status} {code or type_}")

    def body(self) -> dict[str, Any]:
        """Return the document that is sent."""
        return {"error": self.error}

    def body_v2(self) -> dict[str, Any]:
        """Return what is sent in the second namespace, where every error has a code."""
        code = self.error.get("code", _CODES_V2.get(self.status, "invalid_request"))
        code = {"resource_missing": "not_found"}.get(code, code)
        type_ = "rate_limit" if code == "rate_limit" else self.error["type"]
        return {"error": {**self.error, "code": code, "type": type_}}


def missing(noun: str, ref: str, *, param: str = "id", status: int = 404) -> Refused:
    """Say that nothing has this id: 404 where the path names it, 400 where a parameter does."""
    shown = _NOUNS.get(noun, noun).replace("_", " ")
    return Refused(status, f"No such {shown}: '{ref[:80]}'", code="resource_missing", param=param)


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Refused:
    """Refuse a parameter."""
    return Refused(400, message, param=param, code=code)


def not_played(param: str) -> Refused:
    """Refuse what Stripe knows and the engine has nothing behind: silence would be a lie."""
    return Refused(
        400,
        f"The Fake knows the parameter {param} and does not play it.",
        code="not_played_by_the_fake",
        param=param,
    )


def not_played_version(version: str, *, param: str | None = None) -> Refused:
    """Refuse a version that Stripe has, or may have, and nothing here answers at."""
    return Refused(
        400,
        f"The Fake answers at the versions since {OLDEST}, without previews and betas, and not at "
        f"{version[:40]}.",
        code="not_played_by_the_fake",
        param=param,
    )


def not_played_then(param: str) -> Refused:
    """Refuse a parameter that an earlier version may have had, and the present one has not."""
    return Refused(
        400,
        f"The Fake takes the parameters of {API_VERSION} at every version, and {param} is none.",
        code="not_played_by_the_fake",
        param=param,
    )


def declined(
    reason: str = "generic_decline",
    *,
    code: str = "card_declined",
    message: str = "Your card was declined.",
    **more: Any,
) -> Refused:
    """Say that a bank refused a card."""
    return Refused(402, message, type_="card_error", code=code, decline_code=reason, **more)


def translated(error: AccrueError) -> Refused:
    """Return what Stripe would answer where the engine refuses; anything else is a failure."""
    if isinstance(error, CardDeclined):
        return declined(_decline(error.reason))
    if isinstance(error, TaxLocationInvalid):
        return Refused(
            400,
            "The customer's location isn't recognized. Set a valid address.",
            code="customer_tax_location_invalid",
            param=None if error.param is None else f"address[{error.param}]",
        )
    if isinstance(error, RemoteMissing):
        return missing(error.noun, error.ref)
    if isinstance(error, ProcessorRejected):
        code = _REASONS.get(error.reason)
        return Refused(400, _sentence(str(error)), code=code, param=error.param)
    if isinstance(error, UnsupportedCapability):
        return Refused(400, _sentence(str(error)), code="not_played_by_the_fake")
    if isinstance(error, InvalidRequest):
        return Refused(400, _sentence(str(error)))
    return failure()


def failure() -> Refused:
    """Say that something broke here; what it was is in the server's log."""
    return Refused(500, "An unknown error occurred", type_="api_error")


def _decline(reason: str) -> str:
    return "generic_decline" if reason == "card_declined" else reason


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
