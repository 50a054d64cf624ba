"""The runners that need nothing but the database."""

from __future__ import annotations

from collections.abc import Iterable

from accrue_core.contracts.job_runner import JobRunner
from accrue_core.hookspecs import hookimpl
from accrue_core.jobs.runners import EmbeddedRunner, InlineRunner
from accrue_core.settings import Settings


@hookimpl
def register_job_runners(settings: Settings) -> Iterable[JobRunner]:
    """Offer the embedded and the inline runner."""
    return (EmbeddedRunner(settings), InlineRunner())
