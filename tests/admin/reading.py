"""A page as a browser and its reader see it: links, forms, headings, labels."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
FIELDS = {"input", "select", "textarea"}

Attributes = dict[str, str | None]


@dataclass(slots=True)
class Form:
    """One form: how it is sent, and what it brings along."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Reading(HTMLParser):
    """What is on one page, and what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.faults: list[str] = []
        self.words: list[str] = []
        self.ids: Counter[str] = Counter()
        self.headings: Counter[str] = Counter()
        self.labels: set[str] = set()
        self.named: list[tuple[str, Attributes]] = []
        self.currents: list[str] = []
        self._open: list[str] = []
        self._is_glued = False
        self._tables: list[bool] = []

    @property
    def text(self) -> str:
        """All words, with single spaces between them."""
        return re.sub(r"\s+", " ", " ".join(self.words)).strip()

    def form(self, action: str) -> Form:
        """Return the form that leads to an address."""
        return next(form for form in self.forms if form.action == action and form.method == "post")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if len(attributes) != len(attrs):
            self.faults.append(f"<{tag}> repeats an attribute")
        self._check(tag, attributes)
        if tag == "a" and attributes.get("href"):
            self.links.append(str(attributes["href"]))
        if "aria-current" in attributes:
            self.currents.append(str(attributes.get("href")))
        if tag == "form":
            method = str(attributes.get("method", "get")).lower()
            self.forms.append(Form(method, str(attributes.get("action", ""))))
        is_left_out = attributes.get("type") == "radio" and "checked" not in attributes
        is_sent = tag == "input" and self._open.count("form") and not is_left_out
        if is_sent and attributes.get("name"):
            self.forms[-1].fields[str(attributes["name"])] = str(attributes.get("value") or "")
        if tag == "label" and attributes.get("for"):
            self.labels.add(str(attributes["for"]))
        is_within_its_label = "label" in self._open
        if (
            tag in FIELDS
            and attributes.get("type") not in ("hidden", "submit")
            and not is_within_its_label
        ):
            self.named.append((tag, attributes))
        if re.fullmatch("h[1-6]", tag):
            self.headings[tag] += 1
        if tag == "table":
            self._tables.append(False)
        if tag == "caption":
            self._tables[-1] = True
        if tag not in VOID:
            self._open.append(tag)
        self._is_glued = tag == "wbr"

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and not self._tables.pop():
            self.faults.append("a table has no caption")
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["script"], ["style"]):
            if self._is_glued and self.words:
                data = self.words.pop() + data
            self.words.append(data)
            self._is_glued = False

    def _check(self, tag: str, attributes: Attributes) -> None:
        if "style" in attributes:
            self.faults.append(f"<{tag}> has a style of its own")
        self.faults += [f"<{tag}> has {name}" for name in attributes if name.startswith("on")]
        is_loaded = tag in ("script", "style") or attributes.get("rel") == "stylesheet"
        if is_loaded and not attributes.get("nonce"):
            self.faults.append(f"<{tag}> has no nonce")
        if tag == "th" and "scope" not in attributes:
            self.faults.append("a <th> has no scope")
        if tag == "img" and "alt" not in attributes:
            self.faults.append("an image has no alt")
        if attributes.get("id"):
            self.ids[str(attributes["id"])] += 1
        for name in ("href", "action"):
            address = attributes.get(name)
            if address is not None and re.match(r"\s*(javascript|vbscript):", address):
                self.faults.append(f"{name} runs {address}")


def read(page: str) -> Reading:
    """Read a page and note every fault that needs the whole of it."""
    reading = Reading()
    reading.feed(page)
    reading.close()
    reading.faults += [f"the id {id_!r} is there twice" for id_, n in reading.ids.items() if n > 1]
    if reading.headings["h1"] != 1:
        reading.faults.append(f"there are {reading.headings['h1']} first headings")
    for tag, attributes in reading.named:
        is_labelled = attributes.get("id") in reading.labels or attributes.get("aria-label")
        if not is_labelled:
            reading.faults.append(f"a <{tag}> has no label: {attributes}")
    for form in reading.forms:
        if form.method == "post" and "form_token" not in form.fields:
            reading.faults.append(f"the form to {form.action} has no token")
    for labelled in re.findall(r'aria-(?:labelledby|controls|describedby)="([^"]+)"', page):
        if not reading.ids[labelled]:
            reading.faults.append(f"nothing has the id {labelled!r}")
    return reading


def fields_of_form(page: str, action: str) -> dict[str, str]:
    """Return what the form that leads to an address brings along."""
    return dict(read(page).form(action).fields)
