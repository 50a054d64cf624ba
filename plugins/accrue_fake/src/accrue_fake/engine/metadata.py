"""Metadata: flat text that a processor keeps beside a thing, ours and the host's."""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core.errors import ProcessorRejected

OURS = "accrue_"
"""How every field of ours begins."""

MOST, LONGEST_NAME, LONGEST_VALUE = 50, 40, 500
"""What Stripe keeps of it (docs.stripe.com/api/metadata)."""


def hosts_part(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that are not ours."""
    return {name: value for name, value in metadata.items() if not name.startswith(OURS)}


def merged(before: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with the new values among them; an empty text deletes its field.

    More or longer fields than Stripe keeps are refused.
    """
    after = {name: value for name, value in {**before, **said}.items() if value}
    fits = all(len(name) <= LONGEST_NAME and len(after[name]) <= LONGEST_VALUE for name in after)
    if len(after) > MOST or not fits:
        raise ProcessorRejected(
            f"metadata has at most {MOST} fields of {LONGEST_NAME} and {LONGEST_VALUE} characters",
            param="metadata",
        )
    return after


def require_hosts_own(metadata: Mapping[str, str]) -> None:
    """Refuse to let a host write what is ours."""
    if any(name.startswith(OURS) for name in metadata):
        raise ProcessorRejected(f"fields named {OURS}... are not the host's", param="metadata")
