"""Pure: the bytes of an entry, and its hash.

An entry's hash is SHA-256 over the hash before it and the entry's stored bytes. The bytes are
written once and hashed as stored, never rebuilt from columns; ``agrees`` binds the columns to
them, so that neither can be edited without the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.ledger.models import LedgerEntry

GENESIS = bytes(32)
_TAG = b"accrue-ledger-1\x00"


def canonical_bytes(content: Mapping[str, Any]) -> bytes:
    """Write JSON with sorted keys, UTC moments and no floats."""
    return msgspec.json.encode(_plain(content), order="sorted")


def entry_hash(previous: bytes, body: bytes) -> bytes:
    """Return the hash of an entry that follows the one with hash ``previous``."""
    return hashlib.sha256(_TAG + previous + body).digest()


def moment_text(moment: datetime) -> str:
    """Write a moment in UTC, always with six digits of microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def read(body: bytes) -> dict[str, Any]:
    """Read an entry's bytes back."""
    content = msgspec.json.decode(body)
    if not isinstance(content, dict):
        raise ValueError("not an object")
    return content


def agrees(entry: LedgerEntry, content: Mapping[str, Any]) -> bool:
    """Whether an entry's columns say the same as its bytes."""
    return (
        content.get("id") == entry.id
        and content.get("chain") == entry.chain
        and content.get("sequence") == entry.sequence
        and content.get("type") == entry.type
        and content.get("subject") == entry.subject
        and content.get("customer_id") == entry.customer_id
        and content.get("at") == moment_text(entry.at)
    )


def view(entry: LedgerEntry) -> LedgerEntryView:
    """Return an entry as handlers and timelines see it."""
    content = read(entry.body)
    return LedgerEntryView(
        id=entry.id,
        type=entry.type,
        subject=entry.subject,
        customer_id=entry.customer_id,
        sequence=entry.sequence,
        at=entry.at,
        actor=content["actor"],
        cause=content["cause"],
        data=content["data"],
        after=content["after"],
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    raise TypeError(f"a {type(value).__name__} has no place in the ledger")
