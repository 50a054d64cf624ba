"""What ``accrue doctor`` finds in the database. It reads, and changes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from accrue_core.cli.exits import reason
from accrue_core.cli.findings import place_of, sqlite_file
from accrue_core.cli.output import plural
from accrue_core.contracts.checks import Finding, failed

if TYPE_CHECKING:
    from accrue_core.db.transaction import Reading
    from accrue_core.settings import Settings

_SEE_THE_LOG = "look for 'accrue.jobs' in the worker's log, mend the cause, then run '{}'"
_PATIENCE = 15
"""Seconds after which a database that has not answered counts as unreachable."""


async def about_database(settings: Settings) -> list[Finding]:
    """Check that the database answers, has the right schema, and holds nothing given up."""
    found: list[Finding] = []
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        found.append(
            failed(
                "database",
                f"there is no file {file}",
                why="opening it would create an empty one",
                fix="correct ACCRUE_DATABASE_URL, or create it with 'accrue database upgrade'",
            )
        )
        return found
    try:
        async with asyncio.timeout(_PATIENCE):
            await _examine(settings, found)
    except Exception as error:
        found.append(_unanswered(settings, error, is_reachable=bool(found)))
    return found


def _unanswered(settings: Settings, error: Exception, *, is_reachable: bool) -> Finding:
    place, why = place_of(settings), reason(error)
    if is_reachable:
        return failed(
            "database",
            f"{place} answers, but cannot be read ({why})",
            why="the user may lack rights on Accrue's tables",
            fix="repeat as the database's owner, or grant the rights",
        )
    return failed(
        "database",
        f"{place} does not answer ({why})",
        why="nothing works without it",
        fix="start it, or correct ACCRUE_DATABASE_URL",
    )


async def _examine(settings: Settings, found: list[Finding]) -> None:
    """Add findings as they are made, so that an error does not hide the earlier ones."""
    from accrue_core.db import migrate
    from accrue_core.db.engine import build
    from accrue_core.db.transaction import reading

    current, needed = await migrate.current(settings), migrate.head()
    found.append(Finding(check="database", finding=f"{place_of(settings)} answers"))
    if current != needed:
        found.append(
            failed(
                "schema",
                f"the database is at revision {current or 'none'}, this version needs {needed}",
                why="hosts and workers refuse to start",
                fix="run 'accrue database upgrade'",
            )
        )
        return
    found.append(Finding(check="schema", finding=f"at revision {current}, as this version needs"))
    engines = build(settings)
    try:
        async with reading(engines) as connection:
            found.append(await _triggers(connection))
            found.extend(await _given_up(connection))
    finally:
        await engines.close()


async def _triggers(reading: Reading) -> Finding:
    from accrue_core.db.triggers import missing_triggers

    missing = await missing_triggers(reading)
    if not missing:
        return Finding(
            check="ledger", finding="its triggers refuse to change and to delete entries"
        )
    return failed(
        "ledger",
        f"it is not guarded: {', '.join(missing)} missing or disabled",
        why="entries can be changed or deleted, and only the chain would show it",
        fix="run 'accrue ledger verify', then restore the triggers as the first migration "
        "creates them",
    )


async def _given_up(reading: Reading) -> list[Finding]:
    from accrue_core.db.leases import JobStatus
    from accrue_core.operations import queries as operations
    from accrue_core.operations.models import OperationStatus
    from accrue_core.outbox import queries as outbox
    from accrue_core.webhooks import queries as webhooks

    deliveries = (await webhooks.counts(reading)).get(JobStatus.DEAD, 0)
    jobs = await outbox.count_dead(reading)
    runs = await outbox.count_dead_runs(reading)
    stuck = await operations.count(reading, OperationStatus.STUCK)
    return [
        _unless_none(
            "deliveries",
            deliveries,
            none="none was given up",
            some=f"{plural(deliveries, 'delivery', 'deliveries')} given up",
            why="what they announced may be missing here",
            fix="read 'accrue webhooks list --status dead', mend the cause, then run "
            "'accrue webhooks replay'",
        ),
        _unless_none(
            "jobs",
            jobs,
            none="none was given up",
            some=f"{plural(jobs, 'promised job')} given up",
            why="refreshes or handlers that were promised have not happened",
            fix=_SEE_THE_LOG.format("accrue jobs replay"),
        ),
        _unless_none(
            "handlers",
            runs,
            none="no run was given up",
            some=f"{plural(runs, 'handler run')} given up",
            why="what the handlers were to do has not happened",
            fix=_SEE_THE_LOG.format("accrue handlers replay"),
        ),
        _unless_none(
            "operations",
            stuck,
            none="none is stuck",
            some=f"{plural(stuck, 'operation')} stuck",
            why="their effect can be neither found nor repeated safely",
            fix="compare 'accrue operations list --status stuck' with the processor's own pages",
        ),
    ]


def _unless_none(check: str, number: int, *, none: str, some: str, why: str, fix: str) -> Finding:
    if number == 0:
        return Finding(check=check, finding=none)
    return failed(check, some, why=why, fix=fix)
