"""A migrated database of the test's own, and one whose ledger has been written."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from accrue_core.db.engine import build
from accrue_core.settings import Settings
from tests.spine.database import Spine
from tests.spine.ledgers import LENGTH, write


@pytest.fixture
async def spine(prepared_database_url: str) -> AsyncIterator[Spine]:
    """Open a migrated database, on SQLite and on PostgreSQL."""
    engines = build(Settings(database_url=prepared_database_url))
    try:
        yield Spine(prepared_database_url, engines)
    finally:
        await engines.close()


@pytest.fixture
async def written(spine: Spine) -> Spine:
    """Give three chains of six entries."""
    await write(spine, chains=3, length=LENGTH)
    return spine
