"""What a change of a subscription leaves in its row: a pause's end, and a change that waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("collection_resumes_at", "pending_until")


def upgrade() -> None:
    """Add the columns."""
    for name in COLUMNS:
        op.add_column(
            "accrue_subscriptions", sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    """Take them away again."""
    for name in reversed(COLUMNS):
        op.drop_column("accrue_subscriptions", name)
