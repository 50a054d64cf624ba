"""Schedules, and what customers and subscriptions are known by beyond their first columns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from accrue_core.db.columns import Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the columns."""
    for name, kind in CUSTOMER_COLUMNS:
        op.add_column("accrue_customers", sa.Column(name, kind, nullable=True))
    for table, name, kind, default in FILLED:
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    for name, kind in SUBSCRIPTION_COLUMNS:
        op.add_column("accrue_subscriptions", sa.Column(name, kind, nullable=True))
    op.add_column(
        "accrue_webhook_deliveries", sa.Column("announces", sa.String(length=40), nullable=True)
    )
    _create_schedules()


def downgrade() -> None:
    """Take them away again; the ledger keeps what it says about them."""
    for name in INDEXES:
        op.drop_index(name, table_name="accrue_schedules")
    op.drop_table("accrue_schedules")
    op.drop_column("accrue_webhook_deliveries", "announces")
    for name, _ in reversed(SUBSCRIPTION_COLUMNS):
        op.drop_column("accrue_subscriptions", name)
    for table, name, _, _ in reversed(FILLED):
        op.drop_column(table, name)
    for name, _ in reversed(CUSTOMER_COLUMNS):
        op.drop_column("accrue_customers", name)


def _create_schedules() -> None:
    op.create_table(
        "accrue_schedules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("processor", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("remote_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreadable", sa.String(length=64), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        sa.Column("subscription_ref", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("end_behavior", sa.String(length=16), nullable=False),
        sa.Column("phases", Json, nullable=False),
        sa.Column("current_phase_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_phase_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("metadata", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["accrue_customers.id"], name=op.f("fk_accrue_schedules_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["accrue_subscriptions.id"],
            name=op.f("fk_accrue_schedules_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_schedules")),
        sa.UniqueConstraint("processor", "ref", name=op.f("uq_accrue_schedules_processor_ref")),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "accrue_schedules", columns, unique=False)


CUSTOMER_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("moved_by", sa.String(length=64)),
    ("locale", sa.String(length=35)),
    ("timezone", sa.String(length=64)),
)
SUBSCRIPTION_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("cancel_reason", sa.String(length=40)),
    ("schedule", sa.String(length=255)),
    ("trial_announced", sa.DateTime(timezone=True)),
)
FILLED: tuple[tuple[str, str, Any, Any], ...] = (
    ("accrue_customers", "tax_location", sa.String(length=16), "unknown"),
    ("accrue_customers", "metadata", Json, "{}"),
    ("accrue_subscriptions", "coupons", Json, "[]"),
    ("accrue_subscriptions", "automatic_tax", sa.Boolean(), sa.false()),
)
INDEXES = {
    "ix_accrue_schedules_customer": ["customer_id", "id"],
    "ix_accrue_schedules_subscription": ["subscription_id"],
    "ix_accrue_schedules_unlinked": ["processor", "customer_ref"],
    "ix_accrue_schedules_without_subscription": ["processor", "subscription_ref"],
}
