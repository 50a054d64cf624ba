"""A stage whose account tells of events at an old version of the API, or only what they are about.

Accrue asks at its own version; what it is told of comes at the version of the endpoint.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from accrue_fake.wire.stripe.app import create_stripe_app
from accrue_stripe.operating.endpoints import EVENTS
from tests.services.databases import Prepare, SqliteDatabases
from tests.stage import ORIGIN, Stage, new_engine, staged
from tests.wire.stage import KEY, NAME, SERVERS, wired

URL = f"{ORIGIN}/webhooks/{NAME}"
THIN = "thin"
WAYS = ("2024-06-20", "2025-02-24.acacia", THIN)


def endpoint(way: str) -> tuple[str, dict[str, Any]]:
    """Return the request that registers an endpoint that is told in this way."""
    if way != THIN:
        old: dict[str, Any] = {"url": URL, "enabled_events": list(EVENTS), "api_version": way}
        return "/v1/webhook_endpoints", old
    values: dict[str, Any] = {
        "name": "Accrue",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": [f"v1.{type_}" for type_ in EVENTS],
        "webhook_endpoint": {"url": URL},
    }
    return "/v2/core/event_destinations", values


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Name the database: how a webhook is read is the same on any."""
    return str(request.param)


@pytest.fixture(params=WAYS)
async def stage(request: pytest.FixtureRequest, prepared_database_url: str) -> AsyncIterator[Stage]:
    """Open a stage with the wire in it, that is told of events in one of the ways."""
    engine = new_engine()
    server = SERVERS[id(engine)] = create_stripe_app(engine, keys={KEY.reveal()})
    status, made = server.do("POST", *endpoint(request.param))
    assert status == 200, made
    async with wired(prepared_database_url, engine=engine) as stage:
        yield stage
    assert {attempt.status for attempt in server.account.attempts} == {200}
    assert server.account.deliveries == []


@pytest.fixture
async def plain_stage(
    sqlite_databases: SqliteDatabases, prepare_database: Prepare, tmp_path: Path
) -> AsyncIterator[Stage]:
    """Open a stage as the journeys know it, to compare with."""
    folder = tmp_path / "plain"
    folder.mkdir()
    async with staged(sqlite_databases.create_prepared(folder, prepare_database)) as stage:
        yield stage
