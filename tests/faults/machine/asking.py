"""How the town is asked: a call that may fail, a moment, one of the things that are there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from accrue_core.app import MIRRORS
from accrue_core.errors import AccrueError, NotAsked, OperationInProgress, ProcessorUnavailable
from accrue_core.mirror.load import row_of
from tests.faults.machine.town import EXPECTED, Town

Call = Callable[[], Awaitable[Any]]


async def attempt(town: Town, call: Call) -> Any:
    """Call a verb; keep it for a retry when its outcome is unknown, for a repetition when not."""
    try:
        result = await call()
    except (ProcessorUnavailable, NotAsked, OperationInProgress):
        town.unknown.append(call)
        return None
    except EXPECTED:
        return None
    town.done.append(call)
    return result


def ahead(town: Town, hours: int) -> datetime:
    """Return a moment so far ahead, or behind, in whole seconds."""
    return (town.engine.clock.now() + timedelta(hours=hours)).replace(microsecond=0)


async def subscription_of(town: Town, which: int) -> Any:
    """Return one subscription that the mirror has, if it has any; the newest are likelier."""
    return await _held(town, "subscription", town.engine.books.subscriptions, which)


async def schedule_of(town: Town, which: int) -> Any:
    """Return one schedule that the mirror has, if it has any."""
    return await _held(town, "schedule", town.engine.books.schedules, which)


async def _held(town: Town, noun: str, shelf: Mapping[str, Any], which: int) -> Any:
    async with town.stage.billing.reading() as reading:
        rows = [await row_of(reading, MIRRORS.noun(noun), "fake", ref) for ref in reversed(shelf)]
    found = [row for row in rows if row is not None]
    return found[which % len(found)] if found else None


def on_page(town: Town, deed: Callable[[], Any]) -> None:
    """Do what a customer does at the processor; what the page refuses is refused."""
    try:
        deed()
    except AccrueError:
        return
    town.look()
