"""Metadata: text that Stripe keeps beside a thing, ours and the host's."""

from __future__ import annotations

from collections.abc import Mapping

OURS = "accrue_"
"""How every field of ours begins."""


def hosts_part(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that are not ours."""
    return {name: value for name, value in metadata.items() if not name.startswith(OURS)}
