"""What the browser lane stands on: a Chromium, a seeded host, and visitors who are watched.

Run by ``make test-browser``, or by naming this folder. A normal run leaves it alone, and it is
never skipped: without a Chromium every test of it fails, and says what to do.
"""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from tests.browser.audit import told
from tests.browser.host import RunningHost, copy_of, start_host
from tests.browser.visitor import Visitor, chromium, visiting
from tools.prepare_browser import ADVICE, NoChromium, find

ORGANIZATIONS = 14
"""How many organizations the seeded host has: each kind of customer that a page shows."""

LONGEST_TEST = 240
"""Seconds, with the seeding that the first test may wait for."""

Visit = Callable[..., Visitor]
visitors = pytest.StashKey[list[Visitor]]()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the one Chromium of this process."""
    path = find()
    if path is None:
        raise NoChromium(ADVICE)
    with sync_playwright() as playwright, chromium(playwright, path) as browser:
        yield browser


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return what a host has left that has played its year; all workers share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder = shared / "seeded"
    with (shared / "seeding.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            host = start_host(shared / "seeding", organizations=ORGANIZATIONS)
            host.end()
            host.folder.rename(folder)
    return folder


@pytest.fixture
def host(seeded: Path, tmp_path: Path) -> Iterator[RunningHost]:
    """Start a host for one test: whatever happens on it, happens to nobody else."""
    running = start_host(copy_of(seeded, tmp_path / "demo"), organizations=ORGANIZATIONS)
    yield running
    running.end()


@pytest.fixture(scope="session")
def quiet_host(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Start a host for tests that only look."""
    folder = tmp_path_factory.mktemp("quiet") / "demo"
    running = start_host(copy_of(seeded, folder), organizations=ORGANIZATIONS)
    yield running
    running.end()


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open windows to a host; at the end none of them may have had anything to complain about."""
    opened: list[Visitor] = []
    request.node.stash[visitors] = opened
    with ExitStack() as windows:

        def open_window(host: RunningHost, **options: Any) -> Visitor:
            opened.append(windows.enter_context(visiting(browser, host.url, **options)))
            return opened[-1]

        yield open_window
        complaints = [one for visitor in opened for one in visitor.watch.take()]
        faults = [one for visitor in opened for one in visitor.faults]
    assert not complaints, "\n".join(complaints)
    assert not faults, told(faults)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """End a test that hangs: a browser that was killed would keep its client waiting for ever."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"not done after {LONGEST_TEST} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_TEST)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failure what was on the page."""
    report = yield
    if report.when == "call" and report.failed:
        for visitor in item.stash.get(visitors, []):
            # The failure itself must be told, even where the browser has gone.
            with suppress(Error):
                shown = visitor.page.locator("body").aria_snapshot()
                report.sections.append((f"what {visitor.page.url} showed", shown))
    return report
