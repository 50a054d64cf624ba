"""The house of every test: the portal, a Fake, and a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.portal.house import House, open_house
from tests.portal.shop import open_shop


@pytest.fixture
async def house(prepared_database_url: str) -> AsyncIterator[House]:
    """Open a house on a migrated database, on SQLite and on PostgreSQL."""
    async with open_house(prepared_database_url) as house:
        yield house


@pytest.fixture
async def shop(prepared_database_url: str) -> AsyncIterator[House]:
    """Open a shop, which sells by the seat, on a migrated database."""
    async with open_shop(prepared_database_url) as shop:
        yield shop
