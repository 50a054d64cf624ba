"""Ask again about things whose last answer came too late to be believed."""

from __future__ import annotations

from collections.abc import Collection

from accrue_core.actors import Actor
from accrue_core.context import Context
from accrue_core.mirror.nouns import Name
from accrue_core.mirror.refetch import refetch


async def refresh(
    ctx: Context, names: Collection[Name], *, cause: str = "refresh"
) -> dict[Name, Exception]:
    """Fetch and absorb things; return the errors of those that could not be fetched."""
    fetched = await refetch(ctx.acting_as(Actor("job", "refresh")), names, cause=cause)
    return dict(fetched.errors)
