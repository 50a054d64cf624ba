"""Find out what became of operations whose process went away.

Looks first: a creation is looked for under its parent, a change is compared with the thing as it
is. Asks again only while the processor certainly remembers the key. Gives up what would move
money long after the customer has left. What can be neither found nor repeated is marked for an
operator. The stored request is sent through the gateway, never through the verb: guards that the
world has meanwhile moved past do not apply to it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any, Literal

from accrue_core.context import Context
from accrue_core.contracts.processor import Processor, Recovery
from accrue_core.contracts.results import Answer
from accrue_core.db.numbers import draw
from accrue_core.db.transaction import Reading
from accrue_core.errors import (
    CardDeclined,
    NotFound,
    ProcessorRejected,
    ProcessorUnavailable,
)
from accrue_core.operations import queries
from accrue_core.operations.models import OperationRecord, OperationStatus
from accrue_core.operations.operation import Operation
from accrue_core.operations.stored import joined, refusal_of
from accrue_core.outbox.retry import describe

_log = logging.getLogger("accrue.operations")

Recovered = Literal["settled", "refused", "abandoned", "stuck", "open"]

_WORDS: dict[OperationStatus, Recovered] = {
    OperationStatus.OPEN: "open",
    OperationStatus.RELEASED: "open",
    OperationStatus.SETTLED: "settled",
    OperationStatus.REFUSED: "refused",
    OperationStatus.ABANDONED: "abandoned",
    OperationStatus.STUCK: "stuck",
}

CLOCK_MARGIN = timedelta(hours=1)
"""How far a processor's clock may be behind ours when we list what was created since."""

KEY_MARGIN = timedelta(hours=1)
"""How long before its lifetime ends we no longer trust a processor to remember a key."""

LONGEST_WAIT = timedelta(minutes=15)


async def recover_before(ctx: Context, subject: str, *, key: str | None) -> None:
    """Recover the open operation on a subject if its process went away, before a command begins.

    One under the command's own key is recovered as well: after its lease, nobody knows whether the
    processor still remembers the key, so the effect is looked for before it is asked for again. If
    it cannot be looked for, that is ``ProcessorUnavailable``, and nothing was asked.
    """
    async with ctx.reading() as reading:
        other = await queries.open_on(reading, subject)
        if other is None or not await queries.is_expired(reading, other.id):
            return
    outcome = await recover(ctx, other.id)
    if outcome == "open" and other.key == key:
        raise ProcessorUnavailable(
            f"{other.processor} could not say what became of this operation", operation_id=key
        )


async def recover(ctx: Context, operation_id: str) -> Recovered:
    """Bring one operation to an end if its lease has ended; say how it ended.

    ``open`` means that somebody holds its lease, or that the processor could not be asked: it
    will be tried again later.
    """
    async with ctx.reading() as reading:
        if not await queries.is_expired(reading, operation_id):
            return await _outcome(reading, operation_id)
    async with ctx.transaction("recover.take") as tx:
        record = await queries.take_expired(tx, operation_id, lease=ctx.settings.lease)
        if record is None:
            return await _outcome(tx, operation_id)
        age = await tx.db_now() - record.started_at
        asked = await draw(tx)
    operation = Operation(record)
    try:
        processor = ctx.plugins.processor(record.processor)
        async with asyncio.timeout(ctx.settings.call_deadline.total_seconds()):
            found = await _look(processor, operation)
        if found is not None:
            await operation.settle(ctx, found, asked=asked)
            return "settled"
        return await _without_trace(ctx, processor, operation, age)
    except (CardDeclined, ProcessorRejected) as error:
        return await _end(ctx, record, OperationStatus.REFUSED, refusal=refusal_of(error))
    except Exception as error:
        # One operation that cannot be recovered must not keep the others from it.
        _log.warning("operation %s is not recovered yet: %s", record.id, describe(error))
        return await _later(ctx, record)


async def _without_trace(
    ctx: Context, processor: Processor, operation: Operation, age: timedelta
) -> Recovered:
    """Decide about an operation whose effect cannot be seen."""
    record = operation.record
    request = joined(record)
    promise = processor.recovery.get(record.method, Recovery(timedelta(0), is_findable=False))
    can_look = promise.is_findable or request.effect == "change"
    if request.moves_money and age > ctx.settings.money_deadline and can_look:
        return await _end(ctx, record, OperationStatus.ABANDONED)
    if age < promise.key_lifetime - KEY_MARGIN:
        async with operation.asking(ctx):
            gateway: Any = getattr(processor, request.gateway)
            answer: Answer = await getattr(gateway, request.method)(request, key=operation.key)
        await operation.settle(ctx, answer)
        return "settled"
    return await _end(ctx, record, OperationStatus.ABANDONED if can_look else OperationStatus.STUCK)


async def _look(processor: Processor, operation: Operation) -> Answer | None:
    record = operation.record
    request: Any = joined(record)
    if request.effect == "change":
        answer = await processor.fetch(request.noun, request.ref)
        return answer if request.is_met_by(answer.main) else None
    promise = processor.recovery.get(record.method)
    if promise is None or not promise.is_findable:
        return None
    since = record.started_at - CLOCK_MARGIN
    return await processor.find_created(request, key=operation.key, since=since)


async def _end(
    ctx: Context,
    record: OperationRecord,
    status: OperationStatus,
    *,
    refusal: dict[str, Any] | None = None,
) -> Recovered:
    async with ctx.transaction(f"recover.{status.value}") as tx:
        await queries.end(tx, record.id, status, refusal=refusal)
        return await _outcome(tx, record.id)


async def _later(ctx: Context, record: OperationRecord) -> Recovered:
    wait = min(LONGEST_WAIT, ctx.settings.lease * record.attempts)
    async with ctx.transaction("recover.later") as tx:
        await queries.postpone(tx, record.id, wait=wait)
        return await _outcome(tx, record.id)


async def _outcome(reading: Reading, operation_id: str) -> Recovered:
    record = await queries.by_id(reading, operation_id)
    if record is None:
        raise NotFound(f"no operation {operation_id}")
    return _WORDS[record.status]
