"""Metadata: text that Stripe keeps beside a thing, ours and the host's."""

from __future__ import annotations

from collections.abc import Mapping

OURS = "accrue_"
"""How every field of ours begins."""

ENDED_BY = "accrue_ended_by"
"""The field of a subscription that names the operation which ended it at once."""


def hosts_part(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that are not ours."""
    return {name: value for name, value in metadata.items() if not name.startswith(OURS)}


def without_mark(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a subscription without the mark of an end: a note to ourselves."""
    return {name: value for name, value in metadata.items() if name != ENDED_BY}
