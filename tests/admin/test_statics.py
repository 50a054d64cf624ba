"""What a browser loads: little of it, known byte by byte, and nothing from elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import accrue_admin
import accrue_core.pages
from tests.admin.desk import HOME, Desk

STATIC = Path(accrue_admin.__file__).parent / "static"
SHARED = Path(accrue_core.pages.__file__).parent / "static"
TEMPLATES = Path(accrue_admin.__file__).parent / "templates"
LARGEST = 150_000


async def test_a_page_loads_less_than_150_kilobytes(desk: Desk) -> None:
    page = await desk.answer(HOME)
    sources = set(re.findall(r'(?:src|href)="(/admin/static/[^"]+)"', page.text))
    answers = [await desk.answer(source) for source in sources]

    assert {answer.status_code for answer in answers} == {200}
    assert {source.rpartition("/")[2] for source in sources} == {
        "accrue.css", "admin.css", "htmx.min.js", "admin.js",
    }  # fmt: skip
    assert sum(len(answer.content) for answer in answers) + len(page.content) < LARGEST


async def test_everything_that_is_served_is_small_together(desk: Desk) -> None:
    files = [*STATIC.iterdir(), *SHARED.iterdir()]

    assert sum(path.stat().st_size for path in files) < LARGEST


def test_what_was_not_written_here_is_what_its_note_says() -> None:
    note = (STATIC / "VENDORED.txt").read_text()

    digest = hashlib.sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest()
    assert digest in note
    assert "htmx 4.0.1" in note
    assert "htmx.LICENSE.txt" in note
    assert "Zero-Clause BSD" in (STATIC / "htmx.LICENSE.txt").read_text()


def test_nothing_is_loaded_from_elsewhere() -> None:
    ours = [*TEMPLATES.rglob("*.html"), STATIC / "admin.css", STATIC / "admin.js"]

    for path in ours:
        text = path.read_text()
        assert not re.search(r"https?://", text), path
        assert "url(" not in text, path
        assert "@import" not in text, path


def test_templates_and_scripts_keep_the_policy() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:|hx-on|hx-vals=.js:", text), path
        for tag in re.findall(r"<(?:script|link)[^>]*>", text):
            assert "nonce=" in tag or 'rel="icon"' in tag, path
    script = (STATIC / "admin.js").read_text()
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|\.style\b", script)


def test_colors_come_from_the_tokens_alone() -> None:
    css = (STATIC / "admin.css").read_text()

    raw = re.findall(r"#[0-9a-fA-F]{3,8}\b|hsl\(|oklch\(|rgb\((?!10 14 20)", css)
    assert raw == []


def test_every_class_that_templates_use_has_a_style() -> None:
    css = (STATIC / "admin.css").read_text() + (SHARED / "accrue.css").read_text()
    used = {
        name
        for path in TEMPLATES.rglob("*.html")
        for names in re.findall(r'class="([^"{]*)', path.read_text())
        for name in names.split()
        if name.startswith(("ad-", "a-"))
    }

    assert {name for name in used if f".{name}" not in css} == set()


def test_every_style_is_used() -> None:
    css = re.sub(r"/\*.*?\*/", "", (STATIC / "admin.css").read_text(), flags=re.DOTALL)
    everything = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    everything += (STATIC / "admin.js").read_text()

    names = set(re.findall(r"\.(ad-[a-z]+(?:-[a-z]+)*)", css))
    assert {name for name in names if name not in everything} == set()
