"""What the engine keeps about the clocks of some customers' own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accrue_fake.engine.records import Due


@dataclass(slots=True, kw_only=True)
class ClockRecord:
    """A clock of some customers' own; ``due`` is what its time will do, and to nobody else."""

    ref: str
    now: datetime
    name: str | None = None
    due: list[Due] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSnapshot:
    """Where a clock stands, and which customers live by it."""

    ref: str
    now: datetime
    name: str | None = None
    customers: tuple[str, ...] = ()
