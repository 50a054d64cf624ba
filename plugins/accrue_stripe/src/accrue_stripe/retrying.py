"""Whether a request to Stripe is sent again, and after how long. Pure.

One rule stands above the others: what changes something is sent again only where that is the same
as sending it once. Stripe remembers the keys of POSTs, and of nothing else; a DELETE is repeated
only when it certainly was not carried out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_DELAY = 5.0
"""Seconds; Stripe's own ``Retry-After`` may be longer."""

_TURNED_AWAY = frozenset({401, 403, 429})
"""What is answered before anything is carried out."""

_IN_FLIGHT = "idempotency_key_in_use"
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Sending:
    """A request, as far as repeating it is concerned."""

    method: str
    has_key: bool

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"

    @property
    def is_repeatable(self) -> bool:
        """Whether twice is the same as once, whatever became of the first."""
        return self.is_read or (self.method == "POST" and self.has_key)


@dataclass(frozen=True, slots=True)
class Tried:
    """How one try ended: with a status, or without one. ``was_sent`` is false if nothing left."""

    status: int | None = None
    was_sent: bool = True
    code: str | None = None
    should_retry: bool | None = None
    retry_after: float | None = None

    @property
    def is_failure(self) -> bool:
        """Whether Stripe is not well, or cannot be reached."""
        return self.status is None or self.status >= 500

    @property
    def is_undecided(self) -> bool:
        """Whether it may have been carried out, and may not."""
        return self.was_sent and (self.is_failure or self.status == 409)

    @property
    def is_turned_away(self) -> bool:
        """Whether it says that this try had no effect, and nothing about an earlier one."""
        in_flight = self.status == 409 and self.code == _IN_FLIGHT
        return not self.was_sent or self.status in _TURNED_AWAY or in_flight


def answered(status: int, headers: Mapping[str, str], body: bytes) -> Tried:
    """Read from an answer what matters for repeating the request."""
    said = headers.get("stripe-should-retry")
    wait = headers.get("retry-after", "")
    return Tried(
        status=status,
        code=_code(body) if status == 409 else None,
        should_retry={"true": True, "false": False}.get(said or ""),
        retry_after=float(wait) if _SECONDS.fullmatch(wait) else None,
    )


def is_worth_repeating(sending: Sending, tried: Tried, *, is_first: bool) -> bool:
    """Whether sending it again may help, and cannot do harm.

    409 has two meanings. Another try under the key is in flight: if that may be an earlier one of
    ours, waiting for it helps; else it is somebody else's, who will settle it. Or a thing is
    locked for a moment, and then the request was not carried out.
    """
    if not tried.was_sent or tried.status == 429:
        return tried.should_retry is not False
    if not (sending.is_repeatable or tried.should_retry):
        return False
    if tried.should_retry is not None and tried.code != _IN_FLIGHT:
        return tried.should_retry
    if tried.status == 409:
        return tried.code != _IN_FLIGHT or not is_first
    return tried.is_failure


def delay_before(number: int, tried: Tried, *, first: float, jitter: float) -> float:
    """Return the seconds to wait before try ``number``, counted from 1 for the second one.

    They double, and ``jitter`` (0 to 1) adds up to a half, so that many processes that were turned
    away together do not come back together. ``Retry-After`` is the least.
    """
    doubled = min(first * 2.0 ** (number - 1), LONGEST_DELAY)
    return float(max(doubled * (1 + jitter / 2), tried.retry_after or 0.0))


def _code(body: bytes) -> str | None:
    try:
        said: Any = json.loads(body)
    except ValueError:
        return None
    error = said.get("error") if isinstance(said, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None
