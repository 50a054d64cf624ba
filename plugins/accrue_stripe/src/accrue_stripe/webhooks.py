"""Webhooks from Stripe: who signed it, and what it points at.

Standard library and msgspec only: this runs in the request, before anything is stored, and must
not pay for the SDK. The signature scheme is Stripe's: HMAC-SHA256 under the endpoint's secret
over ``<timestamp>.<raw body>``, in the header ``Stripe-Signature: t=...,v1=...[,v1=...]``.
It refuses what the SDK refuses, and two things that the SDK lets pass: a timestamp from the
future, and a header that Stripe would not write (``t= 17``, ``t=1_7``, two timestamps).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from accrue_core.contracts.events import TRIAL_ENDING, ProcessorEvent
from accrue_core.errors import SignatureInvalid, WebhookUnreadable
from accrue_core.settings import Secret
from accrue_stripe.settings import StripeSettings

HEADER = "stripe-signature"

_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,11}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]

_FAMILIES: tuple[tuple[str, str, str, str], ...] = (
    ("customer.subscription.", "subscription", "subscription", "id"),
    ("customer.discount.", "discount", "subscription", "subscription"),
    ("customer.", "customer", "customer", "id"),
    ("payment_method.", "payment_method", "payment_method", "id"),
    ("invoice.", "invoice", "invoice", "id"),
    ("invoice_payment.", "invoice_payment", "invoice", "invoice"),
    ("invoiceitem.", "invoiceitem", "invoice", "invoice"),
    ("checkout.session.", "checkout.session", "checkout_session", "id"),
    ("subscription_schedule.", "subscription_schedule", "schedule", "id"),
)
"""Event names by prefix: the object they carry, the noun it concerns, where that noun's ref is."""

_DELETIONS = frozenset({"customer.deleted", "invoice.deleted"})
"""``customer.subscription.deleted`` is not one: the subscription has ended and can be fetched."""

_ANNOUNCEMENTS = {"customer.subscription.trial_will_end": TRIAL_ENDING}
"""Events that tell what no fetch would show."""

_NOT_STORED = frozenset({"invoice.upcoming"})
"""Events about something that Stripe itself does not keep: there is nothing to fetch."""

_MIRRORED = {
    "customer": "customer",
    "payment_method": "payment_method",
    "subscription": "subscription",
    "invoice": "invoice",
    "checkout.session": "checkout_session",
    "subscription_schedule": "schedule",
}
"""What a thin notification may be about: Stripe's name of the object, and ours."""


class _Kind(msgspec.Struct):
    object: str


class _Object(msgspec.Struct):
    object: str | None = None
    id: str | None = None
    invoice: msgspec.Raw = msgspec.Raw(b"null")
    subscription: msgspec.Raw = msgspec.Raw(b"null")


class _Data(msgspec.Struct):
    object: _Object


class _Snapshot(msgspec.Struct):
    id: _Text
    type: _Text
    created: _Seconds
    livemode: bool
    data: _Data
    account: str | None = None


class _Related(msgspec.Struct):
    type: _Text
    id: str | None = None


class _Notification(msgspec.Struct):
    id: _Text
    type: _Text
    created: _Moment
    livemode: bool
    related_object: _Related | None = None
    context: str | None = None
    snapshot_event: _Text | None = None


class _Identified(msgspec.Struct):
    id: _Text


def verify(
    body: bytes, headers: Mapping[str, str], settings: StripeSettings, *, now: datetime
) -> ProcessorEvent:
    """Check who signed the raw bytes and when, then say where the event points."""
    check_signature(
        body,
        headers.get(HEADER, ""),
        settings.webhook_secrets,
        tolerance=settings.tolerance,
        now=now,
    )
    event = read(body)
    if event.livemode != settings.livemode:
        theirs, ours = ("live", "test") if event.livemode else ("test", "live")
        raise WebhookUnreadable(
            f"a {theirs} event reached an account that is set up in {ours} mode"
        )
    return event


def check_signature(
    body: bytes, header: str, secrets: tuple[Secret, ...], *, tolerance: int, now: datetime
) -> None:
    """Raise ``SignatureInvalid`` unless one of the secrets signed these bytes around ``now``.

    Every secret is compared with every signature, so that the time taken does not tell which of
    them matched.
    """
    timestamp, signatures = _parts(header)
    signed = b"%d.%b" % (timestamp, body)
    matched = False
    for secret in secrets:
        expected = hmac.new(secret.reveal().encode(), signed, "sha256").hexdigest()
        for signature in signatures:
            matched |= hmac.compare_digest(expected, signature)
    if not matched:
        raise SignatureInvalid("no active webhook secret signed this body")
    if abs(now.timestamp() - timestamp) > tolerance:
        raise SignatureInvalid(f"the signature is more than {tolerance} seconds from our time")


def read(body: bytes) -> ProcessorEvent:
    """Read a signed body, a snapshot event or a thin notification; else ``WebhookUnreadable``."""
    try:
        kind = msgspec.json.decode(body, type=_Kind).object
        if kind == "event":
            return _of_snapshot(msgspec.json.decode(body, type=_Snapshot))
        if kind == "v2.core.event":
            return _of_notification(msgspec.json.decode(body, type=_Notification))
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise WebhookUnreadable(f"signed, but not an event: {type(error).__name__}") from None
    raise WebhookUnreadable("signed, but neither a snapshot event nor a thin notification")


def _parts(header: str) -> tuple[int, list[str]]:
    timestamps: list[str] = []
    signatures: list[str] = []
    for item in header.split(","):
        scheme, _, value = item.partition("=")
        if scheme == "t":
            timestamps.append(value)
        elif scheme == "v1" and _SIGNATURE.fullmatch(value):
            signatures.append(value)
    if len(timestamps) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]):
        raise SignatureInvalid("the Stripe-Signature header is missing or has no one timestamp")
    if not signatures:
        raise SignatureInvalid("the Stripe-Signature header has no v1 signature")
    return int(timestamps[0]), signatures


def _of_snapshot(event: _Snapshot) -> ProcessorEvent:
    noun, ref = (None, None) if event.account else _target(event.type, event.data.object)
    return ProcessorEvent(
        ref=event.id,
        type=event.type,
        noun=noun,
        object_ref=ref,
        is_deletion=noun is not None and event.type in _DELETIONS,
        livemode=event.livemode,
        created_at=datetime.fromtimestamp(event.created, UTC),
        announces=_announced(event.type, noun),
    )


def _target(type_: str, carried: _Object) -> tuple[str | None, str | None]:
    """Name the noun and ref an event concerns.

    ``customer.source.created`` and its like belong to a family by name and carry something else:
    they concern nothing we mirror. A plain member (``invoice.paid``) that does not carry its own
    object is malformed, not irrelevant.
    """
    for prefix, expected, noun, key in _FAMILIES:
        if type_.startswith(prefix) and type_ not in _NOT_STORED:
            if carried.object == expected:
                ref = _ref(carried, key)
                return (noun, ref) if ref is not None else (None, None)
            if carried.object is None or "." not in type_.removeprefix(prefix):
                raise WebhookUnreadable(f"signed, but {type_} does not carry its object")
            return None, None
    return None, None


def _ref(carried: _Object, key: str) -> str | None:
    if key == "id":
        return msgspec.convert(carried.id, _Text)
    raw = carried.invoice if key == "invoice" else carried.subscription
    parent = msgspec.json.decode(raw, type=_Text | _Identified | None)
    if parent is None and carried.object == "invoice_payment":
        raise WebhookUnreadable("signed, but an invoice payment does not name its invoice")
    return parent.id if isinstance(parent, _Identified) else parent


def _of_notification(event: _Notification) -> ProcessorEvent:
    """Read a thin notification; one with a context is about another account than ours.

    Where both kinds are sent, the same news is told twice. A notification that names its snapshot
    event is known by that one's ref and type, so that whichever comes second is a duplicate and a
    handler of the type runs once. One that does not say what it concerns keeps its own: its
    snapshot may say more.
    """
    related, twin = event.related_object, event.snapshot_event
    noun = ref = None
    if related is not None and related.type in _MIRRORED and not event.context:
        noun, ref = _MIRRORED[related.type], msgspec.convert(related.id, _Text)
    type_ = event.type.removeprefix("v1.")
    known_as = (event.id, event.type) if twin is None or noun is None else (twin, type_)
    return ProcessorEvent(
        ref=known_as[0],
        type=known_as[1],
        noun=noun,
        object_ref=ref,
        is_deletion=noun is not None and type_ in _DELETIONS,
        livemode=event.livemode,
        created_at=event.created.astimezone(UTC),
        announces=_announced(type_, noun),
    )


def _announced(type_: str, noun: str | None) -> str | None:
    return None if noun is None else _ANNOUNCEMENTS.get(type_)
