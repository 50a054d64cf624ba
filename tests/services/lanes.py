"""Lanes: the databases that tests run on, counted at the end of a run.

A lane that silently did not run is worse than one that failed, so a full run names the lanes it
requires (`--require-lanes=sqlite,postgres`) and fails when one of them has no passing test.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

LANES = ("sqlite", "postgres")
NO_LANE = "none"
OUTCOMES = {"passed": "passed", "failed": "failed", "error": "errors", "skipped": "skipped"}

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""Run a test on SQLite only, because what it shows does not exist on PostgreSQL."""

on_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
"""Run a test on PostgreSQL only, because what it shows does not exist on SQLite."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which a full run says what it must not miss."""
    parser.addoption(
        "--require-lanes",
        default="",
        metavar="NAMES",
        help="comma-separated lanes that must have at least one passing test",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test with its lane, before `-m` selects, and let its reports carry the lane."""
    lane = _lane(item)
    if lane in LANES:
        item.add_marker(lane)
    item.user_properties.append(("lane", lane))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a required lane passed nothing."""
    missing = _missing_lanes(session.config)
    if missing and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what each lane did, and name the required ones that did nothing."""
    counts = _counts(terminalreporter)
    if counts:
        lanes = (_described(lane, counts[lane]) for lane in (*LANES, NO_LANE) if lane in counts)
        terminalreporter.write_line(f"lanes: {', '.join(lanes)}")
    for lane in _missing_lanes(config):
        terminalreporter.write_line(f"lanes: no test passed on {lane}, which is required", red=True)


def _lane(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    kind = None if callspec is None else callspec.params.get("database_kind")
    if kind is not None:
        return str(kind)
    needs_server = "postgres_server" in getattr(item, "fixturenames", ())
    return "postgres" if needs_server else NO_LANE


def _missing_lanes(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(config, "workerinput") or reporter is None:
        return []
    counts = _counts(reporter)
    required = filter(None, config.getoption("--require-lanes").split(","))
    return [lane for lane in required if not counts.get(lane, Counter())["passed"]]


def _counts(reporter: pytest.TerminalReporter) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for outcome in OUTCOMES:
        for lane in _lanes_of(reporter.stats.get(outcome, [])):
            counts.setdefault(lane, Counter())[outcome] += 1
    return counts


def _lanes_of(reports: list[pytest.TestReport]) -> Iterator[str]:
    for report in reports:
        properties = dict(getattr(report, "user_properties", ()))
        if "lane" in properties:
            yield str(properties["lane"])


def _described(lane: str, counts: Counter[str]) -> str:
    shown = [f"{counts[name]} {word}" for name, word in OUTCOMES.items() if counts[name]]
    return f"{lane} {' '.join(shown)}"
