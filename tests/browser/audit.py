"""How a page is judged: by axe, by its width, in light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from playwright.sync_api import Page

Theme = Literal["light", "dark"]

JUDGED: Mapping[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
}
"""WCAG 2.2 A and AA with axe's good practices, of which none is left out."""

MOST_TOLD = 25

_WIDER = """() => {
  const room = document.documentElement.clientWidth;
  const needed = document.documentElement.scrollWidth;
  if (needed <= room) return "";
  const all = [...document.querySelectorAll("body *")];
  const over = all.filter((one) => one.getBoundingClientRect().right > room + 0.5);
  const one = over.find((found) => !over.some((other) => found !== other && found.contains(other)));
  return `${needed} px wide` + (one ? `: ${one.outerHTML.slice(0, 160)}` : "");
}"""


_UNFOLD = """() => {
  const folded = [...document.querySelectorAll("details:not([open])")];
  const shown = folded.filter((one) => one.checkVisibility());
  shown.forEach((one) => { one.open = true; one.dataset.unfolded = ""; });
  return shown.length > 0;
}"""
_FOLD = (
    """() => document.querySelectorAll("[data-unfolded]").forEach((one) => { one.open = false; })"""
)


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a page; sizes in CSS pixels."""

    theme: Theme
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.theme} {self.width}"


LOOKS = (
    Look("light", 1280, 800),
    Look("dark", 1280, 800),
    Look("light", 390, 844),
    Look("dark", 390, 844),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a page, and in which look."""

    page: str
    look: Look
    rule: str
    impact: str
    element: str
    advice: str


def told(faults: Sequence[Fault]) -> str:
    """Return faults for people: each once, with the looks that have it, and not too many."""
    looks: dict[tuple[str, ...], list[str]] = {}
    for one in faults:
        looks.setdefault((one.page, one.rule, one.impact, one.element, one.advice), []).append(
            str(one.look)
        )
    texts = [
        f"{page}: {rule} [{impact}] in {', '.join(dict.fromkeys(seen))}\n"
        f"    {element}\n    {advice}"
        for (page, rule, impact, element, advice), seen in looks.items()
    ]
    rest = [f"and {len(texts) - MOST_TOLD} more"] if len(texts) > MOST_TOLD else []
    return "\n".join([*texts[:MOST_TOLD], *rest])


def audit(page: Page, *, name: str, looks: Sequence[Look] = LOOKS) -> list[Fault]:
    """Judge the page that is open in each look, and leave it in the first.

    What can be unfolded is judged unfolded as well, on the last of them.
    """
    faults = []
    for look in looks:
        show(page, look)
        faults += _judged(page, name, look)
    if page.evaluate(_UNFOLD):
        faults += _judged(page, f"{name}, unfolded", looks[-1])
        page.evaluate(_FOLD)
    show(page, looks[0])
    return faults


def show(page: Page, look: Look) -> None:
    """Show the page in a look. Nothing moves: a color that is fading in cannot be judged."""
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.emulate_media(color_scheme=look.theme, reduced_motion="reduce")


def _judged(page: Page, name: str, look: Look) -> list[Fault]:
    return [*_judged_by_axe(page, name, look), *_too_wide(page, name, look)]


def _judged_by_axe(page: Page, name: str, look: Look) -> Iterator[Fault]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe())
    result = page.evaluate("(options) => axe.run(document, options)", JUDGED)
    for violation in result["violations"]:
        for node in violation["nodes"]:
            advice = " ".join(node["failureSummary"].split())
            yield Fault(
                page=name,
                look=look,
                rule=violation["id"],
                impact=node["impact"] or violation["impact"],
                element=node["html"][:200],
                advice=advice,
            )


def _too_wide(page: Page, name: str, look: Look) -> Iterator[Fault]:
    wider = page.evaluate(_WIDER)
    if wider:
        yield Fault(
            page=name,
            look=look,
            rule="scrolls-sideways",
            impact="serious",
            element=wider,
            advice="Let it wrap, shrink or scroll within itself.",
        )


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
