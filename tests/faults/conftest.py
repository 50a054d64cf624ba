"""The stage of every fault: a whole Accrue, a Fake that can fail, and a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.stage import Stage, staged


@pytest.fixture
async def stage(prepared_database_url: str) -> AsyncIterator[Stage]:
    """Open a stage on a migrated database, on SQLite and on PostgreSQL."""
    async with staged(prepared_database_url) as stage:
        yield stage
