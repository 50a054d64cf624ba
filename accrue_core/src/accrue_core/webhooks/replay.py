"""Look at deliveries, and have them dispatched again."""

from __future__ import annotations

from accrue_core.context import Context, verb
from accrue_core.contracts.results import Page
from accrue_core.db.leases import JobStatus
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.ids import checked
from accrue_core.outbox import queries as outbox
from accrue_core.webhooks import queries
from accrue_core.webhooks.models import Delivery

_MOST = 1_000


@verb("webhook_deliveries")
async def webhook_deliveries(
    ctx: Context, *, status: str | None = None, before: str | None = None, limit: int = 50
) -> Page[Delivery]:
    """Return received webhooks, newest first, of one status or of all.

    A status is ``waiting``, ``running``, ``done`` or ``dead``.
    """
    if not 1 <= limit <= 500:
        raise InvalidRequest("limit is between 1 and 500")
    wanted = None if status is None else _status(status)
    cursor = None if before is None else checked("delivery", before)
    async with ctx.reading() as reading:
        rows = await queries.listed(reading, status=wanted, before=cursor, limit=limit + 1)
    page = tuple(rows[:limit])
    return Page(page, page[-1].id if len(rows) > limit else None)


@verb("replay_webhook")
async def replay_webhook(ctx: Context, delivery_id: str) -> Delivery:
    """Have one delivery dispatched again. Safe to repeat: facts already absorbed change nothing.

    Handlers that have already run for it do not run again.
    """
    async with ctx.transaction("replay") as tx:
        await queries.replay(tx, [checked("delivery", delivery_id)])
        delivery = await queries.get(tx, delivery_id)
    if delivery is None:
        raise NotFound(f"no delivery {delivery_id}")
    return delivery


@verb("replay_webhooks")
async def replay_webhooks(ctx: Context, *, status: str = "dead", limit: int = _MOST) -> int:
    """Have deliveries of a status dispatched again, newest first; return how many."""
    _check(limit)
    async with ctx.transaction("replay") as tx:
        found = await queries.listed(tx, status=_status(status), limit=limit)
        return await queries.replay(tx, [delivery.id for delivery in found])


@verb("replay_handlers")
async def replay_handlers(ctx: Context, *, limit: int = _MOST) -> int:
    """Have handler runs that were given up run again; return how many."""
    _check(limit)
    async with ctx.transaction("replay") as tx:
        tx.has_promised = True
        return await outbox.revive_runs(tx, statuses=[JobStatus.DEAD], limit=limit)


@verb("replay_jobs")
async def replay_jobs(ctx: Context, *, limit: int = _MOST) -> int:
    """Have promised jobs that were given up done again; return how many."""
    _check(limit)
    async with ctx.transaction("replay") as tx:
        tx.has_promised = True
        return await outbox.revive_jobs(tx, limit=limit)


def _check(limit: int) -> None:
    if not 1 <= limit <= _MOST:
        raise InvalidRequest(f"limit is between 1 and {_MOST}")


def _status(status: str) -> JobStatus:
    try:
        return JobStatus(status)
    except ValueError:
        words = ", ".join(word.value for word in JobStatus)
        raise InvalidRequest(f"no status {status!r}; there is: {words}") from None
