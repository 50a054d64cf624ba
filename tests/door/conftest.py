"""The stage behind the door: a whole Accrue whose commit points a test can listen to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.door.senders import Listener
from tests.stage import Stage, staged


@pytest.fixture
def listener() -> Listener:
    """Return what hears of every commit, and may stop one."""
    return Listener()


@pytest.fixture
async def stage(prepared_database_url: str, listener: Listener) -> AsyncIterator[Stage]:
    """Open a stage on a migrated database, on SQLite and on PostgreSQL."""
    async with staged(prepared_database_url, announce=listener) as stage:
        yield stage
