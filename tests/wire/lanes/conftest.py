"""The lane of the wire: the journeys as they are, on a stage with Stripe's wire in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.databases import Prepare, SqliteDatabases
from tests.stage import Stage, staged
from tests.wire.stage import wired


@pytest.fixture
async def stage(prepared_database_url: str) -> AsyncIterator[Stage]:
    """Open a stage with the wire in it."""
    async with wired(prepared_database_url) as stage:
        yield stage


@pytest.fixture
def plain_database_url(
    sqlite_databases: SqliteDatabases, prepare_database: Prepare, tmp_path: Path
) -> str:
    """Return the URL of one more database: what is told must not depend on which it is."""
    folder = tmp_path / "plain"
    folder.mkdir()
    return sqlite_databases.create_prepared(folder, prepare_database)


@pytest.fixture
async def plain_stage(plain_database_url: str) -> AsyncIterator[Stage]:
    """Open a stage as the journeys know it, to compare with."""
    async with staged(plain_database_url) as stage:
        yield stage


@pytest.fixture
def stages_are_wired(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let journeys that open stages of their own open them with the wire in."""
    names = request.function.__globals__
    assert names["staged"] is staged
    monkeypatch.setitem(names, "staged", wired)
