"""Deliveries are claimed for some processors at a time: their index of what is due says so."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "ix_accrue_webhook_deliveries_due"


def upgrade() -> None:
    """Begin the index with the processor."""
    _replace(["processor", "due_at", "id"])


def downgrade() -> None:
    """Leave the processor out again."""
    _replace(["due_at", "id"])


def _replace(columns: Sequence[str]) -> None:
    table = "accrue_webhook_deliveries"
    op.drop_index(NAME, table_name=table)
    unfinished = sa.text("status IN ('waiting', 'running')")
    op.create_index(
        NAME,
        table,
        list(columns),
        unique=False,
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )
