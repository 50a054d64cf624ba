"""When to try again: pure, one place for every kind of job."""

from __future__ import annotations

from datetime import timedelta

from accrue_core.errors import (
    AccrueError,
    BridgeError,
    CalledInsideTransaction,
    CardDeclined,
    ConfigurationError,
    InvalidRequest,
    NotFound,
    OperationAbandoned,
    OperationMismatch,
    PreviewStale,
    ProcessorRejected,
    RateLimited,
    UnknownVocabulary,
    UnsupportedCapability,
)

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
DAY = timedelta(days=1)
HOPELESS = (
    UnknownVocabulary,
    CardDeclined,
    ProcessorRejected,
    OperationMismatch,
    PreviewStale,
    OperationAbandoned,
    CalledInsideTransaction,
    BridgeError,
    InvalidRequest,
    NotFound,
    UnsupportedCapability,
    ConfigurationError,
)
"""Errors that repeating cannot mend: somebody must look, and replay afterwards."""


def next_wait(error: BaseException, attempts: int, *, max_attempts: int) -> timedelta | None:
    """Return how long to wait after the ``attempts``-th failure; ``None`` means bury it.

    Doubles from five seconds to an hour; a processor's own word on how long to wait counts.
    """
    if isinstance(error, HOPELESS) or attempts >= max_attempts:
        return None
    doublings = min(attempts - 1, 20)
    wait: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 2**doublings)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        # A processor's word is a wish, and may be no number at all.
        wished = error.retry_after if 0 <= error.retry_after <= DAY.total_seconds() else 0
        wait = max(wait, timedelta(seconds=wished))
    return wait


def describe(error: BaseException) -> str:
    """Say what went wrong without repeating what a stranger's code put into its message."""
    if isinstance(error, AccrueError):
        return f"{error.code}: {error}"
    return type(error).__name__
