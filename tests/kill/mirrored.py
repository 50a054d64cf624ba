"""The mirror held against the processor: every row's thing is asked for again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from accrue_core import Accrue
from accrue_core.app import MIRRORS
from accrue_core.db import rows
from accrue_core.mirror.absorb import with_children
from accrue_core.mirror.nouns import Mirror


async def differences(accrue: Accrue) -> list[str]:
    """Return what would change, or be news, if the processor told everything now."""
    found = []
    for mirror in MIRRORS.mirrors:
        for row in await _held(accrue, mirror):
            answer = await accrue.plugins.processor(row.processor).fetch(mirror.noun, row.ref)
            wrong = _wrong(mirror, row, answer.main)
            found += [f"{mirror.noun} {row.ref}: {', '.join(wrong)}"] if wrong else []
    return found


async def _held(accrue: Accrue, mirror: Mirror) -> list[Any]:
    table = mirror.table
    async with accrue.billing.reading() as reading:
        names = await reading.all(select(table.c.processor, table.c.ref))
        pairs = {(row["processor"], row["ref"]) for row in names}
        return await with_children(reading, mirror, await rows.by_ref(reading, table, pairs))


def _wrong(mirror: Mirror, row: Any, snapshot: Any) -> list[str]:
    said = mirror.reduce(row, snapshot)
    wrong = [name for name, value in said.columns.items() if getattr(row, name) != value]
    wrong += [type(event).__name__ for event in said.events]
    for attribute, children in said.children.items():
        names = list(children[0]) if children else ["ref"]
        kept = [{name: getattr(one, name) for name in names} for one in getattr(row, attribute)]
        wrong += [attribute] if kept != [dict(child) for child in children] else []
    for parent, _ in mirror.parent_refs(snapshot):
        wrong += [parent.id_column] if getattr(row, parent.id_column) is None else []
    return wrong
