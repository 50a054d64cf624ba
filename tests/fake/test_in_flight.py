"""A key whose first request is still under way, in this process and across a socket."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Key
from accrue_core.errors import OperationInProgress
from accrue_core.owners import Owner
from accrue_fake import Engine, FakeProcessor, HostProcess
from accrue_fake.engine.signing import DEFAULT_SECRET
from accrue_fake.hosting import frames
from accrue_fake.hosting.journal import Journal
from accrue_fake.hosting.server import Host
from tests.fake.shop import START

pytestmark = pytest.mark.anyio

KEY, OTHER = Key("the-key", "the-operation"), Key("another", "another")
ADA = CreateCustomer(owner=Owner("team", "ada"))
LONG = timedelta(seconds=0.4)


@pytest.fixture(params=["in process", "hosted"])
async def processor(request: pytest.FixtureRequest) -> AsyncIterator[FakeProcessor]:
    if request.param == "in process":
        yield FakeProcessor(Engine())
        return
    with (
        tempfile.TemporaryDirectory(prefix="accrue-") as folder,
        HostProcess(Path(folder) / "engine") as host,
    ):
        hosted = FakeProcessor(host.backend())
        yield hosted
        await hosted.close()


async def slow(processor: FakeProcessor, **options: Any) -> None:
    await processor.backend.call("scenarios", "slow_next_call", {"by": LONG, **options})


async def test_a_key_in_flight_is_refused_and_afterwards_has_its_answer(
    processor: FakeProcessor,
) -> None:
    await slow(processor, call="customers.create")
    first = asyncio.create_task(processor.customers.create(ADA, key=KEY))
    await asyncio.sleep(LONG.total_seconds() / 4)

    with pytest.raises(OperationInProgress):
        await processor.customers.create(ADA, key=KEY)
    assert await processor.find_created(ADA, key=KEY, since=START) is None
    other = await processor.customers.create(ADA, key=OTHER)
    assert not first.done()

    landed = await first
    assert landed.main.ref != other.main.ref
    assert await processor.customers.create(ADA, key=KEY) == landed


async def test_who_does_not_wait_has_asked_all_the_same(processor: FakeProcessor) -> None:
    """In process a caller that gives up takes the request along; across a socket it is sent."""
    await slow(processor)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(LONG.total_seconds() / 4):
            await processor.customers.create(ADA, key=KEY)
    await asyncio.sleep(LONG.total_seconds())

    found = await processor.find_created(ADA, key=KEY, since=START)
    assert (found is None) == (processor.engine is not None)
    created = await processor.customers.create(ADA, key=KEY)
    assert created.main.ref == "cus_fake_00001"


async def test_what_was_held_up_is_the_same_after_a_kill(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "books")
    engine = journal.restore(Engine, secret=DEFAULT_SECRET)
    host = Host(engine, journal)
    for question in (
        frames.question("scenarios", "slow_next_call", {"by": LONG / 40, "times": 2}),
        frames.question("customers", "create", {"request": ADA, "key": KEY}),
    ):
        frames.read_answer((await host.answer_in_time(question[4:]))[4:])
    journal.close()

    again = Journal(tmp_path / "books").restore(Engine, secret=DEFAULT_SECRET)
    assert again.dump() == engine.dump()
    assert [fault.times for fault in again.books.faults] == [1]
