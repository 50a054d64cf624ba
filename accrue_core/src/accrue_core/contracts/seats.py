"""Seats from facts: a host's own count, which a subscription's quantity follows."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from typing import Protocol

from accrue_core.contracts.changes import Proration
from accrue_core.owners import Owner


class SeatCounter(Protocol):
    """Counts what some plans are paid by: an owner's members, projects, devices.

    The count is the host's own query. It is asked when somebody says that seats changed, when a
    subscription starts or changes, and again after each correction; it is never added up from
    single joins and leaves, so that nothing can be counted twice or be forgotten.
    """

    @property
    def name(self) -> str:
        """Unique among counters."""
        ...

    @property
    def plans(self) -> Collection[str]:
        """The keys of the plans whose quantity it is; a plan has one counter at most."""
        ...

    @property
    def proration(self) -> Proration:
        """What becomes of the rest of the period when the number changes."""
        ...

    def count(self, owner: Owner) -> int | Awaitable[int]:
        """Return how many seats an owner uses now; less than one is paid as one.

        May be ``async def`` or plain ``def``; a plain one runs in a thread. What it raises fails
        the job, which is tried again.
        """
        ...
