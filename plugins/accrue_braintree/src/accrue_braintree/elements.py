"""Elements of XML, read without any of its dangers.

Standard library only: a webhook is read in the request, before anything is stored. A notification
needs no document type, without which there are no entities, and no depth: the first sign of one
ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

DEEPEST = 32
MOST = 20_000


class ElementsRefused(ValueError):
    """Not XML, or more of it than a notification is made of."""


@dataclass(slots=True)
class Element:
    """A tag, the text in it, and the elements in it. Dashes are underscores, as in the SDK."""

    tag: str
    parts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without the space around it."""
        return "".join(self.parts).strip()

    def child(self, tag: str) -> Element | None:
        """Return the one element of this tag; several are as good as none."""
        found = [child for child in self.children if child.tag == tag]
        return found[0] if len(found) == 1 else None

    def __iter__(self) -> Iterator[Element]:
        return iter(self.children)


def read(content: bytes) -> Element:
    """Read one document, encoded as UTF-8 whatever it says; else ``ElementsRefused``."""
    root = Element("")
    stack = [root]
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG001
        nonlocal count
        count += 1
        if len(stack) > DEEPEST or count > MOST:
            raise ElementsRefused("too many elements, or too deep")
        element = Element(tag.replace("-", "_"))
        stack[-1].children.append(element)
        stack.append(element)

    def end(tag: str) -> None:  # noqa: ARG001
        stack.pop()

    def text(data: str) -> None:
        stack[-1].parts.append(data)

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content.strip(), True)  # noqa: FBT003
    except expat.ExpatError:
        raise ElementsRefused("not XML") from None
    return root.children[0]


def _refuse(*_: object) -> None:
    raise ElementsRefused("a document type")
