"""Read mirrored rows back by what the processor calls them."""

from __future__ import annotations

from typing import Any

from accrue_core.db import rows
from accrue_core.db.transaction import Reading
from accrue_core.mirror.absorb import with_children
from accrue_core.mirror.nouns import Mirror


async def row_of(reading: Reading, mirror: Mirror, processor: str, ref: str) -> Any:
    """Return one row with its children, or ``None``."""
    found = await rows.by_ref(reading, mirror.table, {(processor, ref)})
    loaded = await with_children(reading, mirror, found)
    return loaded[0] if loaded else None
