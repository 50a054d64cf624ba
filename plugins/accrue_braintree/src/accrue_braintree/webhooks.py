"""Webhooks from Braintree: who signed it, and what it points at.

Standard library only: this runs in the request, before anything is stored, and must not pay for
the SDK. A notification is a form of two fields. ``bt_payload`` is XML in base64; ``bt_signature``
holds one ``<public key>|<digest>`` for each key pair of the gateway, the digest being HMAC-SHA1
over the payload's text under the SHA-1 of the private key. Only the pair of this account counts.

There is no event id. The SHA-256 of the XML takes its place: what Braintree sends again is the
same text, so a repetition is a duplicate, and two notifications that differ in a single letter are
two events. Were a repetition dated anew, it would lead to one more fetch that changes nothing.

Nothing but the ``timestamp`` inside dates it, and the SDK checks no age. Braintree repeats a
notification for up to 24 hours until somebody answers 200, so a narrow window would lose events.
One is refused when it is older than ``max_age`` (three days, so that a backlog at Braintree's end
still gets through) or more than ``max_ahead`` (five minutes) ahead of our time. Within that, one
who has captured a notification can repeat it, and gets an answer: it had been received before.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from accrue_braintree.elements import Element, ElementsRefused, read
from accrue_braintree.settings import BraintreeSettings
from accrue_core.contracts.events import ProcessorEvent
from accrue_core.errors import SignatureInvalid, WebhookUnreadable

_MOST_FIELDS = 16
_PAYLOAD = re.compile(r"[A-Za-z0-9+=/\n]*")
_DIGEST = re.compile(r"[0-9a-f]{40}")
_KIND = re.compile(r"[a-z0-9_]{1,120}")
_REF = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)

_SUBSCRIPTION = "subscription_"
_CHARGES = frozenset(
    {"transaction_retried", "transaction_settled", "transaction_settlement_declined"}
)
"""What they tell of changes an invoice, if the transaction is a subscription's."""

_PAYMENT_METHODS = frozenset(
    {"payment_method_customer_data_updated", "payment_method_revoked_by_customer"}
)
"""Payment methods in our vault. Granted ones are in somebody else's."""

Target = tuple[str | None, str | None]
_NOWHERE: Target = (None, None)


def verify(
    body: bytes,
    headers: Mapping[str, str],  # noqa: ARG001
    settings: BraintreeSettings,
    *,
    now: datetime,
) -> ProcessorEvent:
    """Check who signed the payload and when, then say where the notification points.

    Everything is in the body. A body that is no such form counts as unsigned.
    """
    signature, payload = _fields(body)
    check_signature(payload, signature, settings)
    content = _decoded(payload)
    notification = _notification(content)
    created_at = _moment(_required(notification, "timestamp", _MOMENT))
    check_age(created_at, settings, now=now)
    kind = _required(notification, "kind", _KIND)
    source = notification.child("source_merchant_id")
    is_ours = source is None or source.text in ("", settings.merchant_id)
    noun, ref = _target(kind, _subject(notification)) if is_ours else _NOWHERE
    return ProcessorEvent(
        ref=f"sha256:{hashlib.sha256(content).hexdigest()}",
        type=kind,
        noun=noun,
        object_ref=ref,
        livemode=settings.livemode,
        created_at=created_at,
    )


def check_signature(payload: str, signature: str, settings: BraintreeSettings) -> None:
    """Raise ``SignatureInvalid`` unless our own key pair signed exactly this payload.

    Like the SDK, accept a payload that lost the line break at its end on the way, and only the
    first digest that claims to be ours.
    """
    if not _PAYLOAD.fullmatch(payload):
        raise SignatureInvalid("bt_payload holds something other than base64")
    pairs = [pair.split("|") for pair in signature.split("&") if "|" in pair]
    if any(len(pair) != 2 for pair in pairs):
        raise SignatureInvalid("bt_signature is not a list of keys and digests")
    digest = next((theirs for key, theirs in pairs if key == settings.public_key), "")
    if not _DIGEST.fullmatch(digest):
        raise SignatureInvalid("bt_signature has no digest of our public key")
    secret = hashlib.sha1(settings.private_key.reveal().encode()).digest()  # noqa: S324
    matched = False
    for signed in (payload, f"{payload}\n"):
        expected = hmac.new(secret, signed.encode(), "sha1").hexdigest()
        matched |= hmac.compare_digest(expected, digest)
    if not matched:
        raise SignatureInvalid("our key pair did not sign this payload")


def check_age(created_at: datetime, settings: BraintreeSettings, *, now: datetime) -> None:
    """Raise ``SignatureInvalid`` unless a notification is about as old as one may be."""
    age = (now - created_at).total_seconds()
    if age > settings.max_age:
        raise SignatureInvalid(f"the notification is more than {settings.max_age} seconds old")
    if age < -settings.max_ahead:
        raise SignatureInvalid(f"the notification is over {settings.max_ahead} seconds ahead of us")


def _fields(body: bytes) -> tuple[str, str]:
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise SignatureInvalid("not a form of bt_signature and bt_payload") from None
    signatures = [value for name, value in fields if name == "bt_signature"]
    payloads = [value for name, value in fields if name == "bt_payload"]
    if len(signatures) != 1 or len(payloads) != 1:
        raise SignatureInvalid("not a form of one bt_signature and one bt_payload")
    return signatures[0], payloads[0]


def _decoded(payload: str) -> bytes:
    try:
        return a2b_base64(payload)
    except Base64Error:
        raise WebhookUnreadable("signed, but not base64") from None


def _notification(content: bytes) -> Element:
    try:
        found = read(content)
    except ElementsRefused as error:
        raise WebhookUnreadable(f"signed, but {error}") from None
    if found.tag != "notification":
        raise WebhookUnreadable("signed, but not a notification")
    return found


def _subject(notification: Element) -> Element:
    """Return the one element that a notification is about, out of its wrappings."""
    subject = notification.child("subject")
    wrapped = subject and (subject.child("api_error_response") or subject)
    if not wrapped or not wrapped.children:
        raise WebhookUnreadable("signed, but a notification without a subject")
    return wrapped


def _target(kind: str, subject: Element) -> Target:
    """Name the noun and ref a notification concerns.

    No kind announces a deletion: a customer or payment method that was deleted is just not there
    any more, and nobody is told. A kind that does not carry its own object is malformed, not
    irrelevant; kinds that we do not mirror, or have never heard of, concern nothing.
    """
    if kind.startswith(_SUBSCRIPTION):
        return "subscription", _required(_carried(kind, subject, "subscription"), "id", _REF)
    if kind in _CHARGES:
        of = _carried(kind, subject, "transaction").child("subscription_id")
        return ("subscription", _checked(of.text, _REF)) if of and of.text else _NOWHERE
    if kind in _PAYMENT_METHODS:
        carried = subject.children[0]
        return "payment_method", _required(carried, "token", _REF)
    return _NOWHERE


def _carried(kind: str, subject: Element, tag: str) -> Element:
    found = subject.child(tag)
    if found is None:
        raise WebhookUnreadable(f"signed, but {kind} does not carry its {tag}")
    return found


def _required(element: Element, tag: str, pattern: re.Pattern[str]) -> str:
    found = element.child(tag)
    return _checked(found.text if found is not None else "", pattern)


def _checked(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise WebhookUnreadable("signed, but a part of the notification is missing or malformed")
    return text


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise WebhookUnreadable("signed, but dated with a moment that never was") from None
