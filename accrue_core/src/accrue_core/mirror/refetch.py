"""Ask about things again, whatever we hold of them, and absorb what is answered."""

from __future__ import annotations

from collections.abc import Collection

from accrue_core.context import Context
from accrue_core.db.numbers import draw
from accrue_core.mirror.absorb import Told, absorb_many, promise_refreshes
from accrue_core.mirror.fetching import Fetched, fetch_all
from accrue_core.mirror.nouns import Name


async def refetch(ctx: Context, names: Collection[Name], *, cause: str) -> Fetched:
    """Fetch and absorb things; return what was answered, and the errors of the others.

    ``cause`` is the word before the colon: the ref of each thing follows it.
    """
    async with ctx.transaction("refresh.ask") as tx:
        asked = await draw(tx)
    fetched = await fetch_all(ctx, names)
    await promise_refreshes(ctx, fetched.owed)
    told = [
        Told(
            processor=name[1],
            asked=asked,
            snapshots=answer.snapshots,
            cause=f"{cause}:{name[2]}",
        )
        for name, answer in fetched.answers.items()
    ]
    if told:
        async with ctx.transaction("refresh.absorb") as tx:
            await absorb_many(tx, told)
    return fetched
