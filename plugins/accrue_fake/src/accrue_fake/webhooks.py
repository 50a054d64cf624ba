"""Webhooks as they arrive: the signature is checked, the body says where to look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec

from accrue_core.contracts.events import TRIAL_ENDING, ProcessorEvent
from accrue_core.errors import WebhookUnreadable
from accrue_core.settings import Secret
from accrue_fake.engine import signing

NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "customer": "customer",
        "payment_method": "payment_method",
        "subscription": "subscription",
        "schedule": "schedule",
        "invoice": "invoice",
        "checkout_session": "checkout_session",
    }
)
"""The engine's words for things, and ours. Things of other kinds concern nobody here."""

WARNING = "customer.subscription.trial_will_end"
DELETIONS = frozenset({"customer.deleted", "invoice.deleted"})


class _Object(msgspec.Struct, frozen=True):
    object: str
    id: str


class _Data(msgspec.Struct, frozen=True):
    object: _Object


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    created: int
    data: _Data
    livemode: bool = False


_DECODER = msgspec.json.Decoder(_Event)


def read(
    body: bytes, headers: Mapping[str, str], *, secret: Secret, now: datetime
) -> ProcessorEvent:
    """Return the event that these bytes announce, once their signature holds."""
    signing.check(body, headers.get(signing.HEADER), secret=secret, now=now)
    return announced(body)


def announced(body: bytes) -> ProcessorEvent:
    """Return the event that these bytes announce, whoever brings them."""
    try:
        event = _DECODER.decode(body)
        created_at = datetime.fromtimestamp(event.created, UTC)
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError, RecursionError):
        raise WebhookUnreadable("the body is not an event of the fake processor") from None
    noun = NOUNS.get(event.data.object.object)
    return ProcessorEvent(
        ref=event.id,
        type=event.type,
        noun=noun,
        object_ref=None if noun is None else event.data.object.id,
        is_deletion=event.type in DELETIONS,
        livemode=event.livemode,
        announces=TRIAL_ENDING if event.type == WARNING else None,
        created_at=created_at,
    )
