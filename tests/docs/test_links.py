"""Links lead somewhere, files that are named exist, and every page can be reached."""

import re
from collections.abc import Iterator

import click
import pytest

from accrue_core.cli.main import accrue
from tests.architecture.source import DISTRIBUTIONS, REPOSITORY
from tests.docs.pages import DOCS, Page, docs

ROOTS = (
    REPOSITORY,
    DOCS,
    REPOSITORY / "accrue_core/src/accrue_core",
    *(folder / "src" for folder in DISTRIBUTIONS.values()),
)
"""Where a file that is named in code may be, so that prose can be short."""

NAMED_FILE = re.compile(r"[\w./-]+\.(?:py|md|toml|sh)|[\w./-]+/")
OF_OTHERS = {"env.py", "host.py", "accrue_piggy/plugin.py"}
"""Files of the reader's own project, and paths of URLs."""


def is_outside(target: str) -> bool:
    return "://" in target or target.startswith("mailto:")


def broken(page: Page) -> list[str]:
    found = []
    for target in page.links:
        path, _, anchor = target.partition("#")
        there = Page((page.path.parent / path).resolve()) if path else page
        exists = there.path.exists()
        if not is_outside(target) and (
            not exists or (anchor and there.path.suffix == ".md" and anchor not in there.anchors)
        ):
            found.append(target)
    return found


def missing_files(page: Page) -> list[str]:
    named = {text for text in page.code if NAMED_FILE.fullmatch(text)} - OF_OTHERS
    return sorted(name for name in named if not any((root / name).exists() for root in ROOTS))


@pytest.mark.parametrize("page", docs(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("page", docs(), ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Page) -> None:
    assert missing_files(page) == []


def test_commands_of_the_program_that_are_named_exist() -> None:
    named = {text for page in docs() for text in page.code if text.startswith("accrue ")}
    listed = {" ".join(path) for path in _commands(accrue, ("accrue",))}
    shortest = {re.sub(r" (?:--|<).*", "", text) for text in named}

    assert len(named) >= 4
    assert sorted(shortest - listed) == []


def _commands(group: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, command in getattr(group, "commands", {}).items():
        yield (*path, name)
        yield from _commands(command, (*path, name))


def test_every_page_can_be_reached_from_the_first() -> None:
    start = (DOCS / "index.md").resolve()
    reached, ahead = {start}, [start]
    while ahead:
        page = Page(ahead.pop())
        for target in page.links:
            path = (page.path.parent / target.partition("#")[0]).resolve()
            if not is_outside(target) and path.suffix == ".md" and path not in reached:
                reached.add(path)
                ahead.append(path)

    assert sorted(page.name for page in docs() if page.path.resolve() not in reached) == []
