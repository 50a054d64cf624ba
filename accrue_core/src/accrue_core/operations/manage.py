"""Look at operations, and bring those whose process went away to an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from accrue_core.context import Context, verb
from accrue_core.errors import InvalidRequest
from accrue_core.operations import queries
from accrue_core.operations.models import OperationRecord, OperationStatus
from accrue_core.operations.recover import Recovered, recover

_UNSETTLED = (OperationStatus.OPEN, OperationStatus.RELEASED, OperationStatus.STUCK)


@verb("open_operations")
async def open_operations(
    ctx: Context, *, status: str | None = None, limit: int = 100
) -> list[OperationRecord]:
    """Return operations whose outcome is not known, newest first; or those of one status."""
    _check(limit)
    try:
        statuses = _UNSETTLED if status is None else (OperationStatus(status),)
    except ValueError:
        words = ", ".join(word.value for word in OperationStatus)
        raise InvalidRequest(f"no status {status!r}; there is: {words}") from None
    async with ctx.reading() as reading:
        return await queries.listed(reading, statuses=statuses, limit=limit)


@verb("recover_operations")
async def recover_operations(ctx: Context, *, limit: int = 100) -> Mapping[Recovered, int]:
    """Find out what became of operations whose lease has ended; return how many ended how."""
    _check(limit)
    async with ctx.reading() as reading:
        expired = await queries.expired(reading, limit=limit)
    outcomes: Counter[Recovered] = Counter()
    for record in expired:
        outcomes[await recover(ctx, record.id)] += 1
    return outcomes


def _check(limit: int) -> None:
    if not 1 <= limit <= 10_000:
        raise InvalidRequest("limit is between 1 and 10000")
