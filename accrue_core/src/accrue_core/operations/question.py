"""Questions to a processor that change nothing there, and so are no operations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from accrue_core import telemetry
from accrue_core.context import Context
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import NextAction
from accrue_core.db.transaction import refuse_inside
from accrue_core.errors import AccrueError, ProcessorUnavailable


@asynccontextmanager
async def questioning(ctx: Context, name: str, what: str) -> AsyncIterator[Processor]:
    """Give a processor to ask within the deadline, never inside a transaction.

    ``what`` names the span. No answer in time is ``ProcessorUnavailable``.
    """
    refuse_inside("a processor call")
    try:
        with telemetry.span(f"processor.{what}", processor=name):
            async with asyncio.timeout(ctx.settings.call_deadline.total_seconds()):
                yield ctx.plugins.processor(name)
    except TimeoutError as error:
        raise ProcessorUnavailable(f"{name} did not answer in time") from error


async def next_action_of(ctx: Context, name: str, noun: str, ref: str) -> NextAction | None:
    """Read what the customer has to do about a thing; when nobody can say, nothing is shown."""
    try:
        async with questioning(ctx, name, "next_action") as processor:
            return (await processor.fetch(noun, ref)).next_action
    except AccrueError:
        return None
