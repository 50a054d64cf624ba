"""Job runners: who works off what the database holds."""

from __future__ import annotations

from typing import Protocol


class Work(Protocol):
    """What there is to do, whoever does it. Everything it needs is in the database."""

    async def round(self) -> int:
        """Claim one batch of each kind, do it, and return how many pieces that was.

        A runner that is told to stop stops between rounds: what was claimed is finished.
        """
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
