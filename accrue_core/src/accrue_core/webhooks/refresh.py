"""Ask again about things whose last answer came too late to be believed."""

from __future__ import annotations

from collections.abc import Collection

from accrue_core.actors import Actor
from accrue_core.context import Context
from accrue_core.db.numbers import draw
from accrue_core.mirror.absorb import Told, absorb_many
from accrue_core.mirror.nouns import Name
from accrue_core.webhooks.fetching import fetch_all


async def refresh(
    ctx: Context, names: Collection[Name], *, cause: str = "refresh"
) -> dict[Name, Exception]:
    """Fetch and absorb things; return the errors of those that could not be fetched."""
    ctx = ctx.acting_as(Actor("job", "refresh"))
    async with ctx.transaction("refresh.ask") as tx:
        asked = await draw(tx)
    fetched = await fetch_all(ctx, names)
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
    return dict(fetched.errors)
