"""Numbers that our own database hands out, always growing.

They order questions and answers, so that no clock has to. On PostgreSQL they come from a
sequence; on SQLite from a counter row, which the one writer moves.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Sequence, String, Table, select, update

from accrue_core.db.base import metadata
from accrue_core.db.transaction import Transaction

questions = Sequence("accrue_questions", metadata=metadata)
counters = Table(
    "accrue_counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

_NEXT = select(questions.next_value())
_COUNT = (
    update(counters)
    .where(counters.c.name == questions.name)
    .values(value=counters.c.value + 1)
    .returning(counters.c.value)
)


async def draw(tx: Transaction) -> int:
    """Return a number larger than any that a committed transaction drew before."""
    statement = _COUNT if tx.is_sqlite else _NEXT
    return int((await tx.execute(statement)).scalar_one())
