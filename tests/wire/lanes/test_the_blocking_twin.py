"""The verbs without await, over the wire: what runs on the bridge's loop is the SDK's client."""

from __future__ import annotations

import pytest

from accrue_core.contracts.processor import Processor
from accrue_core.contracts.routes import ASGIApplication
from accrue_fake.engine.engine import Engine
from tests.journeys import test_the_blocking_twin as journeys
from tests.wire.lanes.both import over_the_wire
from tests.wire.stage import WiredProcessor, door_of

globals().update(over_the_wire(journeys))


@pytest.fixture
def processor(engine: Engine) -> Processor:
    return WiredProcessor(engine)


@pytest.fixture
def deliver(processor: WiredProcessor) -> journeys.Deliver:
    """Return what lets the server post everything that is due to an application."""

    async def post_all(app: ASGIApplication) -> list[int]:
        answers: list[int] = []
        processor.server.courier.post = door_of(app, answers)
        processor.server.desk.tidy()
        await processor.server.deliver()
        return answers

    return post_all
