"""Pure: which of a host's own fields every processor can keep."""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core.errors import InvalidRequest
from accrue_core.text import is_storable

METADATA_KEYS = 40


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return metadata that every processor can keep: flat text, at most 40 short keys.

    The limits are Stripe's documented ones (50 keys of 40 characters, values of 500), less what
    Accrue itself stores there.
    """
    if not isinstance(metadata, Mapping) or len(metadata) > METADATA_KEYS:
        raise InvalidRequest(f"metadata maps text to text, with at most {METADATA_KEYS} keys")
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidRequest("metadata maps text to text")
        if not 0 < len(key) <= 40 or len(value) > 500 or "[" in key or "]" in key:
            raise InvalidRequest(
                f"metadata key {key[:40]!r}: keys have 1 to 40 characters and no brackets, "
                "values at most 500"
            )
        if not is_storable(key) or not is_storable(value):
            raise InvalidRequest("metadata holds characters that cannot be stored")
        if key.startswith("accrue_"):
            raise InvalidRequest("metadata keys that start with accrue_ are Accrue's own")
    return dict(metadata)


def checked_metadata_changes(changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return changes to merge into metadata; ``None`` and empty text both remove a field."""
    if not isinstance(changes, Mapping):
        raise InvalidRequest("metadata maps text to text, or to None for what is to go")
    return checked_metadata({key: "" if value is None else value for key, value in changes.items()})
