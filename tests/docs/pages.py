"""The pages of the documentation: their headings, links and code blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.architecture.source import REPOSITORY

DOCS = REPOSITORY / "docs"
REFERENCE = DOCS / "reference"

_FENCE = re.compile(r"^```(?P<language>\S*)[^\n]*\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(?P<level>#+) (?P<title>.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: what it is written in, and the line it begins on."""

    language: str
    code: str
    line: int


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path below the repository."""
        return self.path.relative_to(REPOSITORY).as_posix()

    @cached_property
    def text(self) -> str:
        """Everything in it."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order."""
        return [
            Block(match["language"], match["code"], self.text.count("\n", 0, match.start()) + 1)
            for match in _FENCE.finditer(self.text)
        ]

    @cached_property
    def prose(self) -> str:
        """What stands outside of fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """The targets of its links."""
        return [match["target"] for match in _LINK.finditer(self.prose)]

    @property
    def code(self) -> list[str]:
        """What its prose sets in code."""
        return [match[1] for match in _CODE.finditer(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """What a link can point at in it."""
        return {anchor_of(title) for _, title in self._headings()}

    def titles(self, level: int) -> list[str]:
        """Return the headings of a level, without backticks."""
        return [title.replace("`", "") for found, title in self._headings() if found == level]

    def _headings(self) -> Iterator[tuple[int, str]]:
        for match in _HEADING.finditer(self.prose):
            yield len(match["level"]), match["title"]


def anchor_of(title: str) -> str:
    """Return a heading's anchor, as Git hosts make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def docs() -> list[Page]:
    """Return every page below ``docs``, and the README of core."""
    found = sorted(DOCS.rglob("*.md"))
    return [Page(path) for path in (*found, REPOSITORY / "accrue_core" / "README.md")]


def reference(name: str) -> Page:
    """Return a page of the reference."""
    return Page(REFERENCE / f"{name}.md")
