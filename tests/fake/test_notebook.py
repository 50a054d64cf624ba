"""Numbered lines in a file: each is there as a whole or not at all."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from accrue_core.errors import ConfigurationError
from accrue_fake.notebook import Notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    opened = Notebook(tmp_path / "lines")
    yield opened
    opened.close()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file become longer than this, as a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_lines_are_read_in_their_order_and_only_those_that_are_new(
    notebook: Notebook, tmp_path: Path
) -> None:
    for word in ("a", "é", "c"):
        notebook.write(word, {"n": 1})
    reader = Notebook(tmp_path / "lines")
    reader.number = 1

    assert list(reader.read()) == [["é", {"n": 1}], ["c", {"n": 1}]]
    assert reader.number == 3
    assert list(reader.read()) == []


def test_numbers_go_on_when_everything_is_forgotten(notebook: Notebook, tmp_path: Path) -> None:
    notebook.write("a")
    notebook.clear()
    notebook.write("b")

    assert (tmp_path / "lines").read_bytes() == b'[2,"b"]\n'


def test_a_line_for_which_there_is_no_room_leaves_nothing_behind(
    notebook: Notebook, tmp_path: Path
) -> None:
    notebook.write("a")
    with room_for(12), pytest.raises(OSError, match=r"large|space"):
        notebook.write("a longer word")
    notebook.write("b")

    assert (tmp_path / "lines").read_bytes() == b'[1,"a"]\n[2,"b"]\n'


@pytest.mark.parametrize("torn", [b"", b"[", b'[2,"b"]'])
def test_a_line_without_an_end_is_left_out(notebook: Notebook, tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "lines").write_bytes(b'[1,"a"]\n' + torn)

    assert list(notebook.read()) == [["a"]]


@pytest.mark.parametrize("line", [b"nonsense", b"{}", b'[1,"a"'])
def test_a_line_that_nobody_wrote_is_refused(
    notebook: Notebook, tmp_path: Path, line: bytes
) -> None:
    (tmp_path / "lines").write_bytes(line + b"\n")

    with pytest.raises(ConfigurationError):
        list(notebook.read())
