"""The live lane: it runs where a key of Stripe's test mode is given, and else says that it did not.

Its module has a name that a normal run does not collect: it is run by its path, as ``make
test-live`` does. Without a key nothing of it is collected, counted as passed or skipped; the last
line of the run says "not run", and the run fails.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
import stripe

from accrue_core.errors import AccrueError
from accrue_core.testing.contracts.bench import Bench
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.live import lane
from tests.live.clocks import bench_in

LANE = Path(__file__).with_name("at_stripe.py")
NOT_RUN = f"not run: the contract suites in Stripe's test mode, since {lane.KEY} is not set"
_said = pytest.StashKey[list[str]]()
_numbers = count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the lane out where there is no key, and stop at a key that is not of the test mode."""
    mine = [item for item in items if item.path == LANE]
    if not mine:
        return
    try:
        account = lane.account_from(os.environ)
    except AccrueError as error:
        raise pytest.UsageError(f"{lane.KEY}: {error}") from None
    if account is None:
        items[:] = [item for item in items if item.path != LANE]
        config.hook.pytest_deselected(items=mine)
        _say(config, NOT_RUN)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that was to run the lane and did not."""
    if NOT_RUN in _told(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what the lane did, or that it did nothing."""
    for line in _told(config):
        terminalreporter.write_line(f"live: {line}", red=line == NOT_RUN)


@pytest.fixture(scope="session")
def account() -> StripeSettings:
    """Return the account to work in."""
    found = lane.account_from(os.environ)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def spent() -> lane.Spent:
    """Return what this run has used of its allowance."""
    return lane.Spent()


@pytest.fixture(scope="session")
def furniture(
    account: StripeSettings, spent: lane.Spent, pytestconfig: pytest.Config
) -> Iterator[lane.Furniture]:
    """Put into the account what the suites need, and take away afterwards what they left."""
    furniture = asyncio.run(lane.furnish(account, spent))
    yield furniture
    left = asyncio.run(lane.tidy(account, furniture))
    _say(pytestconfig, f"{spent.requests} requests to {account.api_base}, as {furniture.run}")
    if left:
        _say(pytestconfig, f"left behind: {', '.join(left)}")


@pytest.fixture
async def connected(
    account: StripeSettings, spent: lane.Spent
) -> AsyncIterator[tuple[stripe.StripeClient, httpx.AsyncClient, lane.Line]]:
    """Return the SDK's client over the line of this test."""
    async with lane.asking(account, spent) as connected:
        yield connected


@pytest.fixture
async def processor(
    account: StripeSettings,
    connected: tuple[stripe.StripeClient, httpx.AsyncClient, lane.Line],
) -> StripeProcessor:
    """Return the plugin's processor over the line of this test."""
    return StripeProcessor(account, connected[1])


@pytest.fixture
async def bench(
    furniture: lane.Furniture,
    connected: tuple[stripe.StripeClient, httpx.AsyncClient, lane.Line],
) -> AsyncIterator[Bench]:
    """Return the bench of this test."""
    sdk, _, line = connected
    async with bench_in(furniture, sdk, line, number=next(_numbers)) as bench:
        yield bench


def _told(config: pytest.Config) -> list[str]:
    return config.stash.get(_said, [])


def _say(config: pytest.Config, line: str) -> None:
    config.stash[_said] = [*_told(config), line]
