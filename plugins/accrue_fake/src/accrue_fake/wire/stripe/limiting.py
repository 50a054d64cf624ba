"""Limiting: how many requests a second are answered, where somebody wants to see what happens then.

Stripe answers 25 a second in its test mode. Nothing is limited here unless it is asked for.
"""

from __future__ import annotations

from accrue_core.errors import ConfigurationError
from accrue_fake.wire.stripe.problems import Refused


class Limit:
    """A bucket that holds what a second allows, and fills as real time passes."""

    def __init__(self, per_second: float) -> None:
        if per_second < 1:
            raise ConfigurationError("a rate limit is at least one request a second")
        self._per_second = per_second
        self._left = per_second
        self._at: float | None = None

    def take(self, now: float) -> None:
        """Take one request at a moment in seconds, or refuse it where too many came."""
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._left = min(self._per_second, self._left + passed * self._per_second)
        if self._left < 1:
            raise Refused(
                429,
                "Request rate limit exceeded: send fewer at a time, and wait longer before "
                "each further try.",
                code="rate_limit",
                headers={"stripe-rate-limited-reason": "global-rate"},
            )
        self._left -= 1
