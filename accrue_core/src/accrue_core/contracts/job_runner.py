"""Job runners: who works off what the database holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol


class Work(Protocol):
    """What there is to do, whoever does it. Everything it needs is in the database."""

    @property
    def rounds(self) -> Sequence[Callable[[], Awaitable[int]]]:
        """The kinds of work that must not wait for each other: the mirror, and handlers.

        Each call claims one batch and returns how many pieces it found. A runner repeats each
        kind by itself, and stops between rounds when it is told to stop.
        """
        ...

    async def finish(self) -> None:
        """Wait for what rounds have begun and not ended on the running loop."""
        ...

    async def drain(self) -> int:
        """Do everything that is due; return how many pieces that was.

        Safe to run anywhere, any number of times at once: rows are claimed under leases.
        """
        ...


class JobRunner(Protocol):
    """Decides when to drain. It keeps no record: attempts, leases and deaths are rows."""

    @property
    def name(self) -> str:
        """What ``settings.job_runner`` calls it."""
        ...

    async def start(self, work: Work) -> None:
        """Begin, on the running loop. Called when the host's lifespan starts."""
        ...

    async def wake(self, work: Work) -> None:
        """Work may have been promised: a hint, given after a commit, that may be dropped."""
        ...

    async def stop(self) -> None:
        """Finish what is claimed and end. Called when the host's lifespan ends."""
        ...
