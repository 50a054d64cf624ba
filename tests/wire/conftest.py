"""A till per test; every answer and every event must have had the shape of Stripe's."""

from collections.abc import AsyncIterator

import pytest

from tests.stripe.conformance import violations
from tests.wire.till import Till


@pytest.fixture
async def till() -> AsyncIterator[Till]:
    till = Till()
    yield till
    till.engine.scenarios.clear()
    assert [wrong for event in await told(till) for wrong in wrong_in(event)] == []
    await till.line.close_async()
    assert till.line.violations == []


async def told(till: Till) -> list[dict[str, object]]:
    """Return every event that a test has caused; each was held against the SDK on its way."""
    page = await till.v1.events.list_async({"limit": 100})
    return [event.to_dict(for_json=True) async for event in page.auto_paging_iter()]


def wrong_in(event: dict[str, object]) -> list[str]:
    data = event["data"]
    assert isinstance(data, dict)
    return [f"{event['type']}: {wrong}" for wrong in violations(data["object"])]
