"""The versions of Stripe's API that answers and events can be had at.

A release begins with a version that moves things; the versions that follow it month by month only
add. So what was where is a question of the release, and the version is only told back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from accrue_fake.wire.stripe.shapes.keys import API_VERSION

RELEASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "endive": ("2026-10-28", "2026-09-30"),
        "dahlia": (
            "2026-08-26", "2026-07-29", "2026-06-24", "2026-05-27", "2026-04-22", "2026-03-25",
        ),
        "clover": (
            "2026-02-25", "2026-01-28", "2025-12-15", "2025-11-17", "2025-10-29", "2025-09-30",
        ),
        "basil": (
            "2025-08-27", "2025-07-30", "2025-06-30", "2025-05-28", "2025-04-30", "2025-03-31",
        ),
        "acacia": (
            "2025-02-24", "2025-01-27", "2024-12-18", "2024-11-20", "2024-10-28", "2024-09-30",
        ),
        "": ("2024-06-20",),
    }
)  # fmt: skip
"""The days of each release's versions; both newest first. The oldest one has no name."""

PRESENT = API_VERSION.rpartition(".")[2]
"""The release whose shapes the renderers make."""

OLDEST = "2024-06-20"
"""The version before which nothing is played."""

_WRITTEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(\.[a-z]{1,30})?", re.ASCII)


def release_of(version: str) -> str | None:
    """Return the release that a version belongs to; none where Stripe has no such version."""
    return _releases().get(version)


def is_before_all(version: str) -> bool:
    """Whether this is written as a version is that Stripe had before the oldest one here."""
    written = _WRITTEN.fullmatch(version)
    return written is not None and written[2] is None and written[1] < OLDEST


def is_older(release: str, than: str) -> bool:
    """Whether one release came before another one."""
    order = list(RELEASES)
    return order.index(release) > order.index(than)


@cache
def _releases() -> Mapping[str, str]:
    return {
        f"{day}.{name}".removesuffix("."): name for name, days in RELEASES.items() for day in days
    }
