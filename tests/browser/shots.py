"""Take the pictures of the README: ``make screenshots``.

Seeds a host as ``make demo`` does, walks up to each page as a person would, and writes what is
seen into ``docs/images``. The same business every time, so a picture changes when a page does.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.audit import LOOKS, Look
from tests.browser.host import REPOSITORY, RunningHost, start_host
from tests.browser.visitor import Visitor, chromium, visiting
from tools.prepare_browser import ADVICE, find

FOLDER = REPOSITORY / "docs/images"
ORGANIZATIONS = 40
LARGEST = 150_000
"""In bytes."""

DESK, DARK, PHONE = LOOKS[0], LOOKS[1], LOOKS[2]


def plans(visitor: Visitor) -> None:
    """Fieldnotes' own page, seen by somebody who has not bought anything."""
    visitor.signs_in_as("Sofia Reyes")
    visitor.goes_to("/plans")


def checkout(visitor: Visitor) -> None:
    """The processor's page, on which a plan is paid for."""
    visitor.signs_in_as("Sofia Reyes")
    visitor.goes_to("/plans")
    visitor.button("Try Pro").click()
    visitor.sees("Subscribe to Fieldnotes Pro")


def portal(visitor: Visitor) -> None:
    """What a paying customer finds in the portal."""
    visitor.signs_in_as("Ines Moreau")
    visitor.goes_to("/billing/portal")


def admin(visitor: Visitor) -> None:
    """What an operator sees first."""
    visitor.signs_in_as("Noor Haddad")
    visitor.sees("Overview")


def customer(visitor: Visitor) -> None:
    """One customer, in the admin."""
    admin(visitor)
    search = visitor.page.get_by_role("searchbox")
    search.fill("organization:birch")
    search.press("Enter")
    visitor.sees("Birch Bindery")


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: what it is called, who walks where, and in which look."""

    name: str
    walk: Callable[[Visitor], None]
    look: Look = DESK


SHOTS = (
    Shot("plans", plans),
    Shot("portal", portal),
    Shot("portal-phone", portal, PHONE),
    Shot("admin", admin),
    Shot("admin-customer", customer),
    Shot("admin-customer-dark", customer, DARK),
    # Last: it leaves an open checkout behind, which the admin would show.
    Shot("checkout", checkout),
)


def take(browser: Browser, host: RunningHost, shot: Shot) -> bytes:
    """Return the picture, in as few bytes as its colors allow."""
    with visiting(browser, host.url, look=shot.look) as visitor:
        shot.walk(visitor)
        visitor.page.mouse.move(0, 0)
        return in_a_palette(visitor.page.screenshot(animations="disabled", caret="hide"))


def in_a_palette(picture: bytes) -> bytes:
    """Return a PNG with the 256 colors that suit it best. Pages have few; nobody sees it."""
    written = BytesIO()
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
            written, "PNG", optimize=True
        )
    return written.getvalue()


@contextmanager
def standing() -> Iterator[tuple[Browser, RunningHost]]:
    """Start a browser and a host of its own, and end them."""
    path = find()
    if path is None:
        raise SystemExit(ADVICE)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        host = start_host(Path(folder) / "demo", organizations=ORGANIZATIONS)
        try:
            with chromium(playwright, path) as browser:
                yield browser, host
        finally:
            host.end()


def main() -> int:
    """Write all pictures, or those that are named; return 1 when one is too large."""
    wanted = set(sys.argv[1:]) or {shot.name for shot in SHOTS}
    FOLDER.mkdir(parents=True, exist_ok=True)
    too_large = []
    with standing() as (browser, host):
        for shot in SHOTS:
            if shot.name in wanted:
                picture = take(browser, host, shot)
                (FOLDER / f"{shot.name}.png").write_bytes(picture)
                sys.stdout.write(f"{shot.name}.png  {len(picture):,} bytes\n")
                too_large += [shot.name] if len(picture) > LARGEST else []
    if too_large:
        sys.stderr.write(f"larger than {LARGEST:,} bytes: {', '.join(too_large)}\n")
    return 1 if too_large else 0


if __name__ == "__main__":
    raise SystemExit(main())
