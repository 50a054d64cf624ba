"""A firm of its own for every test, on the database that the test is given."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.simulation.firm import Firm, firm


@pytest.fixture
async def opened(prepared_database_url: str) -> AsyncIterator[Firm]:
    """Open a firm."""
    async with firm(prepared_database_url) as opened:
        yield opened
