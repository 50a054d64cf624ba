"""``accrue worker``: the job runner in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import pass_accrue
from accrue_core.errors import ConfigurationError

if TYPE_CHECKING:
    from accrue_core.app import Accrue

_log = logging.getLogger("accrue.worker")


@click.command()
@pass_accrue
def worker(accrue: Accrue) -> None:
    """Work off deliveries and jobs until told to stop.

    This is the job runner of a host in a process of its own: deliveries, promised jobs, handler
    runs and the recovery of operations.

    Safe to run many times over, beside each other and beside hosts that run their own: rows are
    claimed under leases. SIGTERM and SIGINT let it finish what it has claimed; a second one ends
    it at once, and another process takes over when the leases end.
    """
    if accrue.settings.job_runner == "inline":
        raise ConfigurationError(
            "job_runner is 'inline', which works inside each call and leaves a worker nothing to "
            "do: set ACCRUE_JOB_RUNNER to 'embedded' for the worker and its hosts"
        )
    _log_to_stderr()
    asyncio.run(_work(accrue))


async def _work(accrue: Accrue) -> None:
    told = asyncio.Event()
    _listen(told)
    async with accrue.lifespan():
        runner, processors = accrue.plugins.job_runner.name, ", ".join(accrue.plugins.processors)
        _log.info("worker started: runner %s, processors %s", runner, processors or "none")
        await told.wait()
    _log.info("worker stopped: what it had claimed is finished")


def _listen(told: asyncio.Event) -> None:
    """Stop politely at the first signal; leave the second to do what it always does."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def _log_to_stderr() -> None:
    """Show Accrue's own log, unless the host's application has set up logging already."""
    if logging.getLogger().handlers:
        return
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    form.converter = time.gmtime
    form.default_msec_format = "%s.%03dZ"
    handler = logging.StreamHandler()
    handler.setFormatter(form)
    ours = logging.getLogger("accrue")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
