"""Files and functions stay small enough to be read in one go."""

import ast
import warnings
from pathlib import Path

import pytest

from tests.architecture.source import REPOSITORY, python_files

FILE_LINES_WARNED = 250
FILE_LINES_ALLOWED = 400
FUNCTION_LINES_ALLOWED = 50

_SCHEMA = "accrue_core/src/accrue_core/db/migrations/versions/0001_first_schema.py"
EXCEPTIONS: dict[str, str] = {
    _SCHEMA: "one schema, never edited again; 2026-11-21, the founders",
    f"{_SCHEMA}::create_tables": "the same",
    "tests/journeys/test_get_a_customer_paying.py::test_a_year_of_one_subscription": (
        "one life is one story; 2026-11-21, the founders"
    ),
    "tests/units/strategies.py::invoice_snapshots": (
        "one line for each field of an invoice; 2026-11-21, the founders"
    ),
}
"""What may be longer: a file, or `file::function`, to the reason, the date and who allowed it."""


def lines_of(path: Path) -> int:
    return len((REPOSITORY / path).read_text(encoding="utf-8").splitlines())


def long_files() -> list[str]:
    return [str(path) for path in python_files() if lines_of(path) > FILE_LINES_ALLOWED]


def long_functions() -> list[str]:
    return [
        f"{path}::{node.name}"
        for path in python_files()
        for node in ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES_ALLOWED
    ]


@pytest.mark.filterwarnings("default")
def test_no_file_is_longer_than_allowed() -> None:
    for path in python_files():
        if FILE_LINES_WARNED < lines_of(path) <= FILE_LINES_ALLOWED:
            warnings.warn(f"{path} has {lines_of(path)} lines", stacklevel=1)

    assert [name for name in long_files() if name not in EXCEPTIONS] == []


def test_no_function_is_longer_than_allowed() -> None:
    assert [name for name in long_functions() if name not in EXCEPTIONS] == []


def test_every_exception_is_still_needed() -> None:
    assert set(EXCEPTIONS) <= {*long_files(), *long_functions()}
