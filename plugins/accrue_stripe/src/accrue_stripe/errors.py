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
    NotAsked,
    OperationInProgress,
    ProcessorError,
    ProcessorMisconfigured,
    ProcessorRejected,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
)
from accrue_stripe.answers import NO_ANSWER, OTHER_MODE

if TYPE_CHECKING:
    import stripe

NOT_SENT = "accrue_not_sent"
"""The code our transport gives a failure that happened before anything was sent."""

CIRCUIT_OPEN = "accrue_circuit_open"
"""The code it gives a request that it did not send, since Stripe has not answered lately."""

_ADVICE = {
    "insufficient_funds": "There is not enough money on this card: please use another one.",
    "expired_card": "This card has expired: please use another one.",
    "incorrect_cvc": "The card's security code is not right: please enter the card again.",
    "invalid_cvc": "The card's security code is not right: please enter the card again.",
    "incorrect_number": "The card's number is not right: please enter the card again.",
    "invalid_number": "The card's number is not right: please enter the card again.",
    "invalid_expiry_month": "The card's expiry date is not right: please enter the card again.",
    "invalid_expiry_year": "The card's expiry date is not right: please enter the card again.",
    "authentication_required": "The bank asks you to confirm: please try again and confirm.",
    "subscription_payment_intent_requires_action": "The bank asks you to confirm: please try "
    "again and confirm.",
    "issuer_not_available": "The bank could not be reached: please try again in a moment.",
    "processing_error": "The bank could not be reached: please try again in a moment.",
    "try_again_later": "The bank could not be reached: please try again in a moment.",
}
"""What a customer may be told. Why a card is suspected of fraud or theft is not for its holder."""

_SENTENCES = {
    "This customer has no attached payment source": "no_payment_method",
    "Missing email": "no_email",
}
"""Refusals that Stripe gives no code: how its sentence begins, and our word for it."""

_NAMED = frozenset(
    {"coupon", "customer", "default_payment_method", "payment_method", "price", "subscription"}
)
"""Parameters of ours that name another thing than the one that a request is about."""

_VOCABULARY = re.compile(r"[A-Za-z0-9_.\[\]]{1,80}")
_LONGEST_WAIT = 3600.0


class FailureRemembered(ProcessorUnavailable):
    """Stripe answered with a failure of its own, and will say so again under the same key.

    Whether it was done cannot be found out by asking again, but by reading.
    """


@contextmanager
def translated(noun: str, ref: str) -> Iterator[None]:
    """Let only our own errors out of a block that talks to Stripe about one thing."""
    import stripe

    try:
        yield
    except stripe.StripeError as error:
        raise translate(error, noun=noun, ref=ref) from None
    except RecursionError:
        raise ProcessorUnavailable("Stripe's answer is too deep to be read") from None


@contextmanager
def halfway() -> Iterator[None]:
    """Let nobody believe that nothing happened: a part of what was asked is done by now."""
    try:
        yield
    except NotAsked as error:
        raise ProcessorUnavailable(f"done in part; then: {error}") from None


@contextmanager
def afterwards() -> Iterator[None]:
    """Let nobody believe that it was refused: it is done, and only its reading failed."""
    try:
        yield
    except (NotAsked, ProcessorRejected) as error:
        raise ProcessorUnavailable(f"done, but not read; then: {error}") from None


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
    if code == CIRCUIT_OPEN:
        return ProcessorUnreachable("Stripe has not answered lately, and is not asked for a while")
    if code == OTHER_MODE:
        return ProcessorUnavailable(f"Stripe answered in the other mode than the key's ({said})")
    if status in (401, 403):
        return ProcessorMisconfigured(f"Stripe refused the key or its permissions ({said})")
    if status == 429 or (status == 400 and code == "rate_limit"):
        return RateLimited(f"Stripe asks to slow down ({said})", retry_after=_wait(error))
    if code == NO_ANSWER:
        return ProcessorUnavailable(f"what answered was not Stripe ({said})")
    if status == 404 and code == "resource_missing" and not _is_about_another(noun, param):
        return RemoteMissing(noun=noun, ref=ref)
    if status == 409 and code == "idempotency_key_in_use":
        return OperationInProgress(f"{noun} {ref}")
    if status == 402 and _field(error, "type") == "card_error":
        return declined(_field(error, "decline_code") or code or "card_error")
    if status in (400, 402) or (status == 404 and code is not None):
        reason = code or _unsaid(error)
        return ProcessorRejected(
            f"Stripe refused the request ({said})", reason=reason or "rejected", param=param
        )
    failure = FailureRemembered if status is not None and status >= 500 else ProcessorUnavailable
    return failure(f"Stripe did not answer as expected ({said})")


def declined(reason: str) -> CardDeclined:
    """Return the refusal of a card, with advice that its holder may be given."""
    advice = _ADVICE.get(reason)
    return CardDeclined(reason=reason, advice=advice) if advice else CardDeclined(reason=reason)


def _said(error: stripe.StripeError) -> tuple[int | None, str | None, str | None, str]:
    code = _field(error, "code") or _word(error.code)
    param = _field(error, "param")
    parts = {
        "status": error.http_status,
        "type": _field(error, "type"),
        "code": code,
        "reason": None if code else _unsaid(error),
        "param": param,
        "request": _word(error.request_id),
    }
    said = ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None)
    return error.http_status, code, param, said or type(error).__name__


def _is_about_another(noun: str, param: str | None) -> bool:
    """Whether something that the request names is missing, and not the thing that was asked for.

    A path has a name of its own for what it leads to (``id``, ``intent``, ``session``), and no
    brackets.
    """
    return param is not None and ("[" in param or param in _NAMED - {noun})


def _unsaid(error: stripe.StripeError) -> str | None:
    """Return our word for a refusal that has no code of Stripe's, where we know it."""
    if _field(error, "type") == "idempotency_error":
        return "idempotency_mismatch"
    message = str(_inner(error).get("message"))
    known = (word for start, word in _SENTENCES.items() if message.startswith(start))
    return next(known, None)


def _field(error: stripe.StripeError, key: str) -> str | None:
    """Read a field of the error as it was sent; the SDK drops some of them on the way."""
    return _word(_inner(error).get(key))


def _inner(error: stripe.StripeError) -> dict[str, object]:
    body = error.json_body
    inner = body.get("error") if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and _VOCABULARY.fullmatch(value) else None


def _wait(error: stripe.StripeError) -> float | None:
    text = (error.headers or {}).get("retry-after", "")
    return min(float(text), _LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text) else None
