"""Plain words: nothing about how or where the project is made, and one word for each thing."""

import re
from enum import StrEnum

import pytest

from accrue_core.db.leases import JobStatus
from accrue_core.operations.models import OperationStatus
from tests.docs.pages import DOCS, Page, docs

FORBIDDEN = {
    "a ticket": re.compile(r"(?<![\w&/])#\d+\b|\b(?:issue|ticket|PR)s? ?#?\d+", re.IGNORECASE),
    "a place on a machine": re.compile(r"(?<![\w.:])/(?:home|Users|tmp|srv|mnt|opt)/|\b[A-Z]:\\"),
    "a promise": re.compile(r"\b(?:TODO|FIXME|TBD|coming soon|roadmap|milestone)\b", re.IGNORECASE),
    "praise": re.compile(
        r"\b(?:seamless(?:ly)?|blazing(?:ly)?|powerful|effortless(?:ly)?|world-class|simply"
        r"|easily|state-of-the-art|robust|cutting-edge)\b",
        re.IGNORECASE,
    ),
}
LONGEST_LINE = 130
DECISIONS = [page for page in docs() if page.path.parent == DOCS / "decisions"]
NUMBERED = [page for page in DECISIONS if page.path.name[:4].isdigit()]


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("page", docs(), ids=lambda page: page.name)
def test_a_page_holds_nothing_it_should_not(page: Page, what: str) -> None:
    lines = [line for line in page.text.splitlines() if FORBIDDEN[what].search(line)]

    assert lines == [], f"{page.name} holds {what}"


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a ticket", "as #" + "12 says"),
        ("a ticket", "see issue " + "7"),
        ("a place on a machine", "in /ho" + "me/ann/billing"),
        ("a promise", "TO" + "DO: more"),
        ("praise", "Simp" + "ly call it"),
    ],
)
def test_the_search_finds_what_it_is_for(what: str, line: str) -> None:
    assert FORBIDDEN[what].search(line)


@pytest.mark.parametrize("page", docs(), ids=lambda page: page.name)
def test_a_page_is_about_one_thing_and_its_lines_can_be_read(page: Page) -> None:
    written = page.text.partition("<!-- generated")[0]
    long = [line for line in written.splitlines() if len(line) > LONGEST_LINE]

    assert len(page.titles(1)) == 1
    assert [line for line in long if not line.startswith("|") and "](" not in line] == []


@pytest.mark.parametrize("statuses", [JobStatus, OperationStatus])
def test_the_glossary_has_every_status_of_ours(statuses: type[StrEnum]) -> None:
    assert {status.value for status in statuses} <= set(Page(DOCS / "glossary.md").code)


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.path.name[:4]) for page in NUMBERED]

    assert numbers == list(range(1, len(NUMBERED) + 1))


@pytest.mark.parametrize("page", NUMBERED, ids=lambda page: page.path.stem)
def test_a_decision_has_one_sentence_its_alternatives_and_what_holds_it(page: Page) -> None:
    quoted = re.findall(r"^> .+(?:\n> .+)*$", page.text, re.MULTILINE)

    assert len(quoted) == 1
    assert page.titles(2) == ["Why", "Alternatives", "What holds it"]
    assert len(page.text.splitlines()) <= 60
