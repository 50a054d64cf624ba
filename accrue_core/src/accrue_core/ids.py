"""Our own identifiers: UUIDv7 in the database, prefixed text everywhere else.

The text is ``<prefix>_`` and 26 characters of Crockford base 32, as the TypeID specification
writes UUIDs. It sorts by creation time, and its prefixes differ from Stripe's, so that an
operator never takes one of our ids for a processor's ref.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NewType, Protocol
from uuid import UUID

from accrue_core.errors import InvalidRequest, NotFound

CustomerId = NewType("CustomerId", str)
PaymentMethodId = NewType("PaymentMethodId", str)
SubscriptionId = NewType("SubscriptionId", str)
SubscriptionItemId = NewType("SubscriptionItemId", str)
InvoiceId = NewType("InvoiceId", str)
CheckoutSessionId = NewType("CheckoutSessionId", str)
ScheduleId = NewType("ScheduleId", str)
OperationId = NewType("OperationId", str)
DeliveryId = NewType("DeliveryId", str)

PREFIXES = {
    "customer": "acus",
    "payment_method": "apm",
    "subscription": "asub",
    "subscription_item": "asit",
    "invoice": "ainv",
    "invoice_line": "ainl",
    "invoice_payment": "ainp",
    "checkout_session": "achk",
    "schedule": "asch",
    "operation": "aop",
    "ledger_entry": "aled",
    "job": "ajob",
    "delivery": "awhd",
    "handler_run": "ahr",
}
"""Every kind of thing that has an id, and the prefix its ids carry."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
_SHAPE = re.compile(f"[0-7][{_ALPHABET}]{{{_LENGTH - 1}}}")
_TO_BASE_32 = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""Crockford's letters to those that ``int`` reads."""

_REMEMBERED = 16_384
"""How many ids are kept in both forms: a transaction names the same few again and again."""

_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_SHIFTS = range(120, -1, -10)
"""Two letters at a time: ten bits each, thirteen times, the highest first."""


class IdSource(Protocol):
    """Where new ids come from."""

    def new(self) -> UUID:
        """Return an id that sorts after those made before it."""
        ...


class TimeOrderedIds:
    """UUIDv7 (RFC 9562), monotonic within a process."""

    def new(self) -> UUID:
        """Return the next UUIDv7."""
        from uuid_utils import compat

        return compat.uuid7()


def to_text(prefix: str, value: UUID) -> str:
    """Write an id as prefixed text.

    >>> to_text("asub", UUID(int=0))
    'asub_00000000000000000000000000'
    """
    number = value.int
    return f"{prefix}_{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"


def to_uuid(prefix: str, text: str) -> UUID:
    """Read prefixed text back; anything else is an ``InvalidRequest``."""
    if not isinstance(text, str):
        raise InvalidRequest(f"not an id of the form {prefix}_...: {text!r}")
    return _read(prefix, text)


@lru_cache(_REMEMBERED)
def _read(prefix: str, text: str) -> UUID:
    head, _, tail = text.rpartition("_")
    if head != prefix or not _SHAPE.fullmatch(tail):
        raise InvalidRequest(f"not an id of the form {prefix}_...: {text!r}")
    return UUID(int=int(tail.translate(_TO_BASE_32), 32))


@lru_cache(_REMEMBERED)
def text_of_hex(prefix: str, digits: str) -> str:
    """Write an id as prefixed text, from the 32 digits that databases without UUIDs keep."""
    return to_text(prefix, UUID(digits))


def kind_of(text: str) -> str | None:
    """Say what kind of thing an id names, by its prefix; ``None`` when it is not ours."""
    prefix = text.rpartition("_")[0]
    return next((kind for kind, known in PREFIXES.items() if known == prefix), None)


def checked(kind: str, text: str) -> str:
    """Return an id of this kind as given; anything that cannot be one is ``NotFound``."""
    try:
        to_uuid(PREFIXES[kind], text)
    except InvalidRequest:
        raise NotFound(f"no {kind.replace('_', ' ')} {str(text)[:64]!r}") from None
    return text
