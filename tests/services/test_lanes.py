"""A run says what each lane did, and fails when a lane it requires did nothing."""

import pytest

SUITE = """
import pytest

@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request):
    return request.param

@pytest.fixture
def postgres_server():
    raise RuntimeError("no server")

def test_both(database_kind):
    pass

def test_pure():
    pass
"""
ONLY_ON_THE_SERVER = "def test_server(postgres_server): pass"
SKIPPED = "def test_skipped(database_kind): pytest.skip('not today')"


def run(pytester: pytest.Pytester, suite: str, *arguments: str) -> pytest.RunResult:
    pytester.makeini("[pytest]\nmarkers =\n    sqlite\n    postgres\n")
    pytester.makepyfile(suite)
    return pytester.runpytest_inprocess("-p", "tests.services.lanes", *arguments)


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_lanes_are_counted(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    result = run(pytester, SUITE, "--require-lanes=sqlite,postgres", *workers)

    result.stdout.fnmatch_lines("lanes: sqlite 1 passed, postgres 1 passed, none 1 passed")
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("selection", ["-msqlite", "-ktest_pure"])
def test_a_required_lane_that_was_not_selected_fails_the_run(
    pytester: pytest.Pytester, selection: str
) -> None:
    result = run(pytester, SUITE, "--require-lanes=sqlite,postgres", selection)

    result.stdout.fnmatch_lines("*no test passed on postgres, which is required*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_required_lane_that_was_only_skipped_fails_the_run(pytester: pytest.Pytester) -> None:
    skipped = "\n".join([SUITE.partition("def test_both")[0], SKIPPED])

    result = run(pytester, skipped, "--require-lanes=postgres")

    result.stdout.fnmatch_lines("lanes: sqlite 1 skipped, postgres 1 skipped")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_server_that_cannot_be_had_is_an_error_of_its_lane(pytester: pytest.Pytester) -> None:
    result = run(pytester, f"{SUITE}\n{ONLY_ON_THE_SERVER}")

    result.stdout.fnmatch_lines("lanes: sqlite 1 passed, postgres 1 passed 1 errors, none*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_lane_can_be_selected_by_its_mark(pytester: pytest.Pytester) -> None:
    result = run(pytester, SUITE, "-m", "postgres")

    result.assert_outcomes(passed=1, deselected=2)
    assert result.ret == pytest.ExitCode.OK
