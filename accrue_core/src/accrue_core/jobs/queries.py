"""What is due, asked in one question: most of the time nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, exists, literal, select, union_all

from accrue_core.db import leases
from accrue_core.db.transaction import Reading
from accrue_core.operations import queries as operations
from accrue_core.outbox.models import jobs
from accrue_core.webhooks.models import deliveries


class Due(StrEnum):
    """A kind of work that waits in the database."""

    DELIVERIES = "deliveries"
    JOBS = "jobs"
    EXPIRED = "expired operations"
    RELEASED = "released operations"


async def what_is_due(
    reading: Reading, *, processors: Sequence[str], released_for: timedelta
) -> set[Due]:
    """Return the kinds of which there is something to do; takes no lock."""
    found = await reading.all(_question(released_for), {"among": list(processors)})
    return {Due(row["kind"]) for row in found}


@cache
def _question(released_for: timedelta) -> CompoundSelect[Any]:
    asked = {
        Due.DELIVERIES: leases.due(deliveries, deliveries.c.processor),
        Due.JOBS: leases.due(jobs),
        Due.EXPIRED: operations.one_expired(),
        Due.RELEASED: operations.one_released(older_than=released_for),
    }
    return union_all(
        *(
            select(literal(kind.value).label("kind")).where(exists(question))
            for kind, question in asked.items()
        )
    )
