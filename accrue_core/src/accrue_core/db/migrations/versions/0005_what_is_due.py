"""Indexes for what grows: deliveries and runs are claimed, counted and shown by them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin the indexes of what is due with what it is claimed among; add two for runs."""
    _replace("accrue_webhook_deliveries", ["processor", "due_at", "id"])
    _replace("accrue_handler_runs", ["handler", "due_at", "id"])
    for name, columns in RUNS:
        op.create_index(name, "accrue_handler_runs", columns, unique=False)


def downgrade() -> None:
    """Make them as they were."""
    for name, _ in reversed(RUNS):
        op.drop_index(name, table_name="accrue_handler_runs")
    for table in ("accrue_handler_runs", "accrue_webhook_deliveries"):
        _replace(table, ["due_at", "id"])


def _replace(table: str, columns: Sequence[str]) -> None:
    name, unfinished = f"ix_{table}_due", sa.text("status IN ('waiting', 'running')")
    op.drop_index(name, table_name=table)
    op.create_index(
        name,
        table,
        list(columns),
        unique=False,
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )


RUNS = (
    ("ix_accrue_handler_runs_subject", ["subject", "id"]),
    ("ix_accrue_handler_runs_status", ["status", "id"]),
)
