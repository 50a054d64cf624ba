"""Checkout sessions, and the indexes behind the operators' lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the indexes."""
    op.create_table(
        "accrue_checkout_sessions",
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
        sa.Column("customer_ref", sa.String(length=255), nullable=True),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        sa.Column("subscription_ref", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["accrue_customers.id"],
            name=op.f("fk_accrue_checkout_sessions_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["accrue_subscriptions.id"],
            name=op.f("fk_accrue_checkout_sessions_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_checkout_sessions")),
        sa.UniqueConstraint(
            "processor", "ref", name=op.f("uq_accrue_checkout_sessions_processor_ref")
        ),
    )
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    """Take them away again; the ledger keeps what it says about sessions."""
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    op.drop_table("accrue_checkout_sessions")


INDEXES = (
    (
        "ix_accrue_checkout_sessions_customer",
        "accrue_checkout_sessions",
        ["customer_id", "id"],
    ),
    (
        "ix_accrue_checkout_sessions_subscription",
        "accrue_checkout_sessions",
        ["subscription_id"],
    ),
    (
        "ix_accrue_checkout_sessions_unlinked",
        "accrue_checkout_sessions",
        ["processor", "customer_ref"],
    ),
    (
        "ix_accrue_checkout_sessions_without_subscription",
        "accrue_checkout_sessions",
        ["processor", "subscription_ref"],
    ),
    ("ix_accrue_ledger_type", "accrue_ledger", ["type", "id"]),
    ("ix_accrue_invoices_number", "accrue_invoices", ["number"]),
    ("ix_accrue_webhook_deliveries_status", "accrue_webhook_deliveries", ["status", "id"]),
    (
        "ix_accrue_webhook_deliveries_object",
        "accrue_webhook_deliveries",
        ["processor", "object_ref", "id"],
    ),
)
