"""The first schema: mirror, ledger, operations, outbox and deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

json = sa.JSON().with_variant(JSONB(), "postgresql")

POSTGRESQL_APPEND_ONLY = (
    """
    CREATE FUNCTION accrue_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'accrue_ledger is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER accrue_ledger_no_change BEFORE UPDATE OR DELETE ON accrue_ledger
    FOR EACH ROW EXECUTE FUNCTION accrue_ledger_is_append_only()
    """,
    """
    CREATE TRIGGER accrue_ledger_no_truncate BEFORE TRUNCATE ON accrue_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION accrue_ledger_is_append_only()
    """,
)
SQLITE_APPEND_ONLY = (
    """
    CREATE TRIGGER accrue_ledger_no_update BEFORE UPDATE ON accrue_ledger
    BEGIN SELECT RAISE(ABORT, 'accrue_ledger is append-only'); END
    """,
    """
    CREATE TRIGGER accrue_ledger_no_delete BEFORE DELETE ON accrue_ledger
    BEGIN SELECT RAISE(ABORT, 'accrue_ledger is append-only'); END
    """,
)


def upgrade() -> None:
    """Create everything, and guard the ledger with triggers."""
    create_tables()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        op.execute("INSERT INTO accrue_counters (name, value) VALUES ('accrue_questions', 0)")
    else:
        op.execute(sa.schema.CreateSequence(sa.Sequence("accrue_questions")))
    # asyncpg takes one statement at a time.
    for statement in SQLITE_APPEND_ONLY if is_sqlite else POSTGRESQL_APPEND_ONLY:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything; the triggers go with their table."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION accrue_ledger_is_append_only()")
        op.execute(sa.schema.DropSequence(sa.Sequence("accrue_questions")))


TABLES = (
    "accrue_counters",
    "accrue_customers",
    "accrue_handler_runs",
    "accrue_jobs",
    "accrue_ledger",
    "accrue_ledger_heads",
    "accrue_operations",
    "accrue_webhook_deliveries",
    "accrue_payment_methods",
    "accrue_subscriptions",
    "accrue_invoices",
    "accrue_subscription_items",
    "accrue_invoice_lines",
    "accrue_invoice_payments",
)


def create_tables() -> None:
    """Create the tables and their indexes."""
    op.create_table(
        "accrue_counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_accrue_counters")),
    )
    op.create_table(
        "accrue_customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("processor", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("remote_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreadable", sa.String(length=64), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_type", sa.String(length=40), nullable=True),
        sa.Column("owner_id", sa.String(length=200), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("default_payment_method", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_customers")),
        sa.UniqueConstraint("processor", "ref", name=op.f("uq_accrue_customers_processor_ref")),
    )
    op.create_index("ix_accrue_customers_email", "accrue_customers", ["email"], unique=False)
    op.create_index(
        "ix_accrue_customers_owner",
        "accrue_customers",
        ["owner_type", "owner_id", "processor"],
        unique=False,
    )
    op.create_table(
        "accrue_handler_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'dead')",
            name=op.f("ck_accrue_handler_runs_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_handler_runs")),
        sa.UniqueConstraint(
            "handler", "subject", name=op.f("uq_accrue_handler_runs_handler_subject")
        ),
    )
    op.create_index(
        "ix_accrue_handler_runs_due",
        "accrue_handler_runs",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
        sqlite_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_table(
        "accrue_jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("dedupe_key", sa.String(length=255), nullable=True),
        sa.Column("payload", json, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'dead')", name=op.f("ck_accrue_jobs_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_jobs")),
    )
    op.create_index(
        "ix_accrue_jobs_due",
        "accrue_jobs",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
        sqlite_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_index("uq_accrue_jobs_dedupe_key", "accrue_jobs", ["dedupe_key"], unique=True)
    op.create_table(
        "accrue_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_ledger")),
        sa.UniqueConstraint("chain", "sequence", name=op.f("uq_accrue_ledger_chain_sequence")),
    )
    op.create_index(
        "ix_accrue_ledger_customer",
        "accrue_ledger",
        ["customer_id", "at", "sequence"],
        unique=False,
    )
    op.create_index(
        "ix_accrue_ledger_subject", "accrue_ledger", ["subject", "at", "sequence"], unique=False
    )
    op.create_table(
        "accrue_ledger_heads",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_accrue_ledger_heads")),
    )
    op.create_table(
        "accrue_operations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("processor", sa.String(length=40), nullable=False),
        sa.Column("request", json, nullable=False),
        sa.Column("personal", json, nullable=True),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(length=220), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_noun", sa.String(length=32), nullable=True),
        sa.Column("result_ref", sa.String(length=255), nullable=True),
        sa.Column("refusal", json, nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'released', 'settled', 'refused', 'abandoned', 'stuck')",
            name=op.f("ck_accrue_operations_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_operations")),
        sa.UniqueConstraint("key", name=op.f("uq_accrue_operations_key")),
    )
    op.create_index(
        "ix_accrue_operations_subject", "accrue_operations", ["subject", "method"], unique=False
    )
    op.create_index(
        "ix_accrue_operations_status", "accrue_operations", ["status", "lease_until"], unique=False
    )
    op.create_index(
        "uq_accrue_operations_open_subject",
        "accrue_operations",
        ["subject"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
        sqlite_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "accrue_webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("processor", sa.String(length=40), nullable=False),
        sa.Column("event_ref", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("noun", sa.String(length=40), nullable=True),
        sa.Column("object_ref", sa.String(length=255), nullable=True),
        sa.Column("is_deletion", sa.Boolean(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("remote_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'dead')",
            name=op.f("ck_accrue_webhook_deliveries_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_webhook_deliveries")),
        sa.UniqueConstraint(
            "processor", "event_ref", name=op.f("uq_accrue_webhook_deliveries_processor_event_ref")
        ),
    )
    op.create_index(
        "ix_accrue_webhook_deliveries_due",
        "accrue_webhook_deliveries",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
        sqlite_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_table(
        "accrue_payment_methods",
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
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("brand", sa.String(length=40), nullable=True),
        sa.Column("last4", sa.String(length=4), nullable=True),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["accrue_customers.id"],
            name=op.f("fk_accrue_payment_methods_customer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_payment_methods")),
        sa.UniqueConstraint(
            "processor", "ref", name=op.f("uq_accrue_payment_methods_processor_ref")
        ),
    )
    op.create_index(
        "ix_accrue_payment_methods_customer",
        "accrue_payment_methods",
        ["customer_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_accrue_payment_methods_unlinked",
        "accrue_payment_methods",
        ["processor", "customer_ref"],
        unique=False,
    )
    op.create_table(
        "accrue_subscriptions",
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
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("collection", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), nullable=False),
        sa.Column("cancel_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collection_paused", sa.String(length=40), nullable=True),
        sa.Column("default_payment_method", sa.String(length=255), nullable=True),
        sa.Column("latest_invoice", sa.String(length=255), nullable=True),
        sa.Column("metadata", json, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["accrue_customers.id"],
            name=op.f("fk_accrue_subscriptions_customer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_subscriptions")),
        sa.UniqueConstraint("processor", "ref", name=op.f("uq_accrue_subscriptions_processor_ref")),
    )
    op.create_index(
        "ix_accrue_subscriptions_customer",
        "accrue_subscriptions",
        ["customer_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_accrue_subscriptions_status", "accrue_subscriptions", ["status", "id"], unique=False
    )
    op.create_index(
        "ix_accrue_subscriptions_unlinked",
        "accrue_subscriptions",
        ["processor", "customer_ref"],
        unique=False,
    )
    op.create_table(
        "accrue_invoices",
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
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_due_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_remaining_minor", sa.BigInteger(), nullable=False),
        sa.Column("billing_reason", sa.String(length=40), nullable=True),
        sa.Column("collection", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finalized_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["accrue_customers.id"], name=op.f("fk_accrue_invoices_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["accrue_subscriptions.id"],
            name=op.f("fk_accrue_invoices_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_invoices")),
        sa.UniqueConstraint("processor", "ref", name=op.f("uq_accrue_invoices_processor_ref")),
    )
    op.create_index(
        "ix_accrue_invoices_customer", "accrue_invoices", ["customer_id", "id"], unique=False
    )
    op.create_index("ix_accrue_invoices_status", "accrue_invoices", ["status", "id"], unique=False)
    op.create_index(
        "ix_accrue_invoices_subscription",
        "accrue_invoices",
        ["subscription_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_accrue_invoices_unlinked",
        "accrue_invoices",
        ["processor", "customer_ref"],
        unique=False,
    )
    op.create_index(
        "ix_accrue_invoices_without_subscription",
        "accrue_invoices",
        ["processor", "subscription_ref"],
        unique=False,
    )
    op.create_table(
        "accrue_subscription_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("price", sa.String(length=255), nullable=False),
        sa.Column("product", sa.String(length=255), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("current_period_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_period_end", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["accrue_subscriptions.id"],
            name=op.f("fk_accrue_subscription_items_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_subscription_items")),
        sa.UniqueConstraint(
            "subscription_id", "ref", name=op.f("uq_accrue_subscription_items_subscription_id_ref")
        ),
    )
    op.create_table(
        "accrue_invoice_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("price", sa.String(length=255), nullable=True),
        sa.Column("period_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_proration", sa.Boolean(), nullable=False),
        sa.Column("subscription_item", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["accrue_invoices.id"], name=op.f("fk_accrue_invoice_lines_invoice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_invoice_lines")),
        sa.UniqueConstraint(
            "invoice_id", "ref", name=op.f("uq_accrue_invoice_lines_invoice_id_ref")
        ),
    )
    op.create_table(
        "accrue_invoice_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("payment", sa.String(length=255), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["accrue_invoices.id"],
            name=op.f("fk_accrue_invoice_payments_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrue_invoice_payments")),
        sa.UniqueConstraint(
            "invoice_id", "ref", name=op.f("uq_accrue_invoice_payments_invoice_id_ref")
        ),
    )
    op.create_index(
        "ix_accrue_invoice_payments_payment", "accrue_invoice_payments", ["payment"], unique=False
    )
