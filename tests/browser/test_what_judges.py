"""The judges themselves: each planted fault is found, and a page without one passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser

from tests.browser.visitor import Visitor, visiting

POLICY = (
    "default-src 'none'; img-src data:; style-src 'self' 'unsafe-inline'; script-src 'nonce-ours'"
)
SOUND = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
    "<meta name='viewport' content='width=device-width'><title>Sound</title>"
    f'<meta http-equiv="content-security-policy" content="{POLICY}">'
    "<link rel='icon' href='data:,'><style>"
    "body {{ background: light-dark(white, black); color: light-dark(black, white);"
    " color-scheme: light dark }} {style}</style></head>"
    "<body><main><h1>Sound</h1><p>Nothing is wrong here.</p>{body}</main></body></html>"
)


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of the requests."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def in_front_of(browser: Browser, folder: Path, *, body: str, style: str = "") -> Iterator[Visitor]:
    """Open a page that is sound but for what is planted in it."""
    (folder / "page.html").write_text(SOUND.format(body=body, style=style))
    with serving(folder) as origin, visiting(browser, origin) as visitor:
        visitor.goes_to("/page.html")
        yield visitor


def test_a_sound_page_is_not_complained_about(browser: Browser, tmp_path: Path) -> None:
    with in_front_of(browser, tmp_path, body="") as visitor:
        visitor.looks_around("sound")

        assert visitor.faults == []
        assert visitor.watch.complaints == []


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("label", "<input name='seats'>"),
        ("color-contrast", "<p style='color: #999; background: #fff'>faint</p>"),
        ("target-size", "<button>+</button>" * 2),
        ("heading-order", "<h4>Too deep</h4>"),
        ("scrolls-sideways", "<div style='width: 500px'>wide</div>"),
    ],
)
def test_a_planted_fault_is_found(
    browser: Browser, tmp_path: Path, *, rule: str, body: str
) -> None:
    style = "button { padding: 0; width: 12px; height: 12px; border: 0; font-size: 8px }"
    with in_front_of(browser, tmp_path, body=body, style=style) as visitor:
        visitor.looks_around("planted")

        assert {fault.rule for fault in visitor.faults} == {rule}


def test_a_fault_of_one_look_is_found_in_that_look_alone(browser: Browser, tmp_path: Path) -> None:
    style = "@media (prefers-color-scheme: dark) and (max-width: 400px) { p { color: #333 } }"
    with in_front_of(browser, tmp_path, body="", style=style) as visitor:
        visitor.looks_around("dark phones")

        assert [str(fault.look) for fault in visitor.faults] == ["dark 390"]


@pytest.mark.parametrize(
    ("beginning", "body"),
    [
        ("console: ", "<script nonce='ours'>console.error('broken')</script>"),
        ("console: Executing inline script violates", "<script>var stopped = true</script>"),
        ("exception: ", "<script nonce='ours'>missing.part</script>"),
        ("answered 404: ", "<link rel='stylesheet' href='missing.css'>"),
        ("another origin: GET http://127.0.0.1:1/", "<img alt='' src='http://127.0.0.1:1/'>"),
    ],
)
def test_a_planted_misdeed_is_noticed(
    browser: Browser, tmp_path: Path, *, beginning: str, body: str
) -> None:
    with in_front_of(browser, tmp_path, body=body) as visitor:
        visitor.page.wait_for_load_state("networkidle")

        complaints = visitor.watch.take()
        assert [one for one in complaints if one.startswith(beginning)], complaints
