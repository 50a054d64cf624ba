"""A circuit breaker: while Stripe does not answer, it is not asked for a while.

Every call that waits for a timeout holds a worker and a row. After some failures in a row nothing
is sent any more; after a pause one request is let through, and its outcome decides for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class CircuitBreaker:
    """The state of one account's line. It may be used from several event loops at once."""

    def __init__(self, *, most_failures: int, pause: float, monotonic: Callable[[], float]) -> None:
        self._most = most_failures
        self._pause = pause
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._is_probing = False

    def admits(self) -> bool:
        """Whether a request may be sent now. After the pause one may, to see how it goes."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._is_probing or self._monotonic() - self._opened_at < self._pause:
                return False
            self._is_probing = True
            return True

    def succeeded(self) -> None:
        """Note that Stripe has answered."""
        with self._lock:
            self._failures, self._opened_at, self._is_probing = 0, None, False

    def failed(self) -> None:
        """Note that it has not, or not as itself."""
        with self._lock:
            self._failures += 1
            if self._is_probing or self._failures >= self._most:
                self._opened_at, self._is_probing = self._monotonic(), False

    def gave_up(self) -> None:
        """Note that nobody waited for the outcome: the next request is let through instead."""
        with self._lock:
            self._is_probing = False
