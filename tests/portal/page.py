"""A page as a person meets it: what it says, its links, its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

_VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})
_UNSEEN = frozenset({"style", "script", "title"})


@dataclass
class Form:
    """A form with its hidden fields and the words on its button."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""


@dataclass
class Element:
    """A start tag and what stood in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    within: tuple[str, ...] = ()


class Page(HTMLParser):
    """One answer, read once. Unbalanced tags are an error."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.answer = answer
        self.status = answer.status_code
        self.location = answer.headers.get("location", "")
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self._open: list[Element] = []
        self._said: list[str] = []
        self.feed(answer.text)
        self.close()
        assert not self._open, f"never closed: {[one.tag for one in self._open]}"

    @property
    def text(self) -> str:
        """Everything that can be read, as one line."""
        return " ".join(" ".join(self._said).split())

    @property
    def h1(self) -> str:
        """The one headline."""
        (only,) = self.all("h1")
        return only.text

    @property
    def links(self) -> dict[str, str]:
        """Where links lead, by their words."""
        return {one.text: one.attributes["href"] for one in self.all("a")}

    @property
    def buttons(self) -> list[str]:
        """The words on the buttons of forms."""
        return [form.button for form in self.forms]

    def form(self, button: str) -> Form:
        """Return the form that a button sends."""
        (only,) = [form for form in self.forms if form.button == button]
        return only

    def all(self, tag: str) -> list[Element]:
        """Return the elements of a tag, in order."""
        return [one for one in self.elements if one.tag == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, within=tuple(one.tag for one in self._open))
        self.elements.append(element)
        if tag == "form":
            self.forms.append(Form(attributes["action"], attributes["method"]))
        is_left_out = attributes.get("type") == "radio" and "checked" not in attributes
        if tag == "input" and "name" in attributes and not is_left_out:
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        element = self._open.pop()
        assert element.tag == tag, f"{element.tag} closed by {tag}"
        element.text = " ".join(element.text.split())
        if tag == "button" and self.forms:
            self.forms[-1].button = element.text

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data
        if not any(element.tag in _UNSEEN for element in self._open):
            self._said.append(data)
