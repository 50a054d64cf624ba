"""What is committed speaks to every reader: no machine's paths, no tracker, no registry."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import REPOSITORY, project_files

LOCK = Path("uv.lock")
THIS_FILE = Path("tests/architecture/test_text.py")

PATHS_OF_ONE_MACHINE = re.compile(r"(?<![\w.:/-])/(?:work|farm|root)/[\w.-]")
NUMBERED_TICKETS = re.compile(r"\b(?:issue|ticket)s?\s*#?\d+\b", re.IGNORECASE)
REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|conda\.anaconda\.org")


def lines_with(pattern: re.Pattern[str], *exempt: Path) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in project_files()
        if path not in exempt
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def text_of(path: Path) -> str:
    """Return a file's text; a binary file has none."""
    content = (REPOSITORY / path).read_bytes()
    return "" if b"\0" in content else content.decode("utf-8")


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_with(PATHS_OF_ONE_MACHINE) == []


def test_no_file_names_a_numbered_ticket() -> None:
    assert lines_with(NUMBERED_TICKETS, LOCK) == []


def test_no_file_but_the_lock_names_a_package_registry() -> None:
    assert lines_with(REGISTRIES, LOCK, THIS_FILE) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (PATHS_OF_ONE_MACHINE, "see " + "/wo" + "rk/main"),
        (PATHS_OF_ONE_MACHINE, '"/ro' + 'ot/.config"'),
        (NUMBERED_TICKETS, "as iss" + "ue 12 says"),
        (NUMBERED_TICKETS, "Iss" + "ue #3"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


@pytest.mark.parametrize("line", ["https://example.org/work/1", "a/root/b", "GET /billing/work"])
def test_addresses_and_relative_paths_are_not_taken_for_a_machine_s(line: str) -> None:
    assert not PATHS_OF_ONE_MACHINE.search(line)
