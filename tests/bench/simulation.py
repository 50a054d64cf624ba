"""How long a whole business takes: customers, months, every webhook through the door."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from accrue_core import Settings
from accrue_core.db import migrate
from accrue_core.testing.simulation.run import Report, simulate
from tests.simulation.firm import MARKET, firm

CUSTOMERS, MONTHS, SEED = 1000, 24, 7
BATCH = 200
"""Days come at once here: deliveries and jobs are claimed by the hundred, not by fifties."""


async def simulated(*, customers: int = CUSTOMERS, months: int = MONTHS) -> None:
    """Run it on a new SQLite file, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'accrue.sqlite3'}"
        await migrate.upgrade(Settings(database_url=url))
        async with firm(url, batch_size=BATCH) as opened:
            started, busy = time.perf_counter(), time.process_time()
            report = await simulate(
                opened.accrue, opened.engine, MARKET, customers=customers, months=months, seed=SEED
            )
            seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    sys.stdout.write(_shown(report, seconds, cpu))


def _shown(report: Report, seconds: float, cpu: float) -> str:
    entries = sum(report.entries.values())
    verbs = sum(report.verbs.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    came_in = ", ".join(f"{minor:,} {currency}" for currency, minor in report.money.items())
    return (
        f"{report.customers:,} customers, {report.months} months: {verbs:,} verbs, "
        f"{report.webhooks:,} webhooks, {entries:,} entries, {report.audits} audits\n"
        f"came in: {came_in} (minor units); story {report.digest[:16]}\n"
        f"{seconds:.1f} s ({cpu:.1f} s CPU), at most {peak} MiB\n"
    )
