"""Several accounts side by side, over the wire: each has a server, a key and secrets of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.journeys import test_several_processors as journeys
from tests.stage import Stage, new_engine
from tests.wire.lanes.both import over_the_wire
from tests.wire.stage import WiredProcessor, wired

globals().update(over_the_wire(journeys))


@asynccontextmanager
async def two_accounts(url: str, **settings: Any) -> AsyncIterator[tuple[Stage, WiredProcessor]]:
    north = WiredProcessor(new_engine(seed=1), "north")
    south = WiredProcessor(new_engine(seed=2), "south")
    async with wired(
        url, processor=north, others=[south], catalog=journeys.PLANS, settings=settings
    ) as stage:
        yield stage, south


async def owed_by(account: WiredProcessor) -> list[tuple[bytes, Mapping[str, str]]]:
    owed: list[tuple[bytes, Mapping[str, str]]] = []

    async def take(_url: str, headers: Mapping[str, str], body: bytes) -> int:
        owed.append((body, headers))
        return 200

    account.server.courier.post = take
    account.server.desk.tidy()
    await account.server.deliver()
    return owed


@pytest.fixture(autouse=True)
def processors_are_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the journeys open their stage with accounts, and carry these accounts' webhooks."""
    monkeypatch.setattr(journeys, "two_processors", two_accounts)
    monkeypatch.setattr(journeys, "owed_by", owed_by)
