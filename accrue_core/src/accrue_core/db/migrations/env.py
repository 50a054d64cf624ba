"""Alembic's environment: runs on the connection that ``db.migrate`` gives it."""

from __future__ import annotations

from alembic import context

from accrue_core.db.base import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
