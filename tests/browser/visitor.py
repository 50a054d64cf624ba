"""Somebody in front of a browser."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Playwright, Route, expect

from tests.browser.audit import LOOKS, Fault, Look, audit
from tests.browser.watch import Watch

PATIENCE = 20_000
"""Milliseconds that a page may take to show what is looked for."""

NARROW = 600
"""CSS pixels below which a window is a phone's: bars lie over the page and fingers touch it."""

QUIET = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The loopback is all there is: no page of ours may need more.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Visitor:
    """One person with one page: goes places, and reads what is there by role and name."""

    def __init__(self, page: Page, watch: Watch, origin: str) -> None:
        self.page, self.watch, self.origin = page, watch, origin
        self.faults: list[Fault] = []

    def goes_to(self, path: str) -> None:
        """Type an address."""
        self.page.goto(f"{self.origin}{path}")

    def signs_in_as(self, name: str) -> None:
        """Choose a person on the first page, and wait for what they see first."""
        self.goes_to("/")
        with self.page.expect_navigation():
            self.button(name).click()

    @property
    def main(self) -> Locator:
        """The content of the page, without what is around it on every page."""
        return self.page.get_by_role("main")

    def reads(self, words: str | re.Pattern[str]) -> None:
        """Find these words in the content of the page, now or in a moment."""
        expect(self.main).to_contain_text(words)

    def sees(self, title: str | re.Pattern[str]) -> None:
        """Find the page, or a part of it, that is called so."""
        expect(self.heading(title)).to_be_visible()

    def finds_in_a_moment(self, path: str, words: str) -> None:
        """Reload a page until it shows what comes by webhook, as somebody does who waits for it."""
        deadline = time.monotonic() + PATIENCE / 1000
        self.goes_to(path)
        while words not in self.main.inner_text() and time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
            self.goes_to(path)
        self.reads(words)

    def chooses_card(self, deed: str) -> None:
        """Choose the test card that says what it will do."""
        self.page.get_by_role("radio", name=deed).check()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """Return the button whose name this is, or contains the words."""
        return self.page.get_by_role("button", name=name)

    def link(self, name: str | re.Pattern[str]) -> Locator:
        """Return the link whose name this is, or contains the words."""
        return self.page.get_by_role("link", name=name)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """Return the heading that says so."""
        return self.page.get_by_role("heading", name=name)

    def sends_every_form_twice(self) -> None:
        """From now on, and see only the second answer: as an impatient hand on a slow line does."""

        def twice(route: Route) -> None:
            if route.request.method == "POST":
                route.fetch(max_redirects=0)
            route.continue_()

        self.page.context.route("**/*", twice)

    def looks_around(self, name: str) -> None:
        """Judge the page that is open, in every look; faults are kept until the end."""
        self.faults += audit(self.page, name=name)


@contextmanager
def chromium(playwright: Playwright, path: str) -> Iterator[Browser]:
    """Start a browser. As root it has no sandbox; its own pages are all it ever sees."""
    arguments = [*QUIET, *(("--no-sandbox",) if os.geteuid() == 0 else ())]
    browser = playwright.chromium.launch(executable_path=path, args=arguments)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def visiting(
    browser: Browser, origin: str, *, look: Look = LOOKS[0], **options: Any
) -> Iterator[Visitor]:
    """Open a browser window that has never been here; a narrow one is a phone's."""
    is_phone = look.width < NARROW
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        is_mobile=is_phone,
        has_touch=is_phone,
        color_scheme=look.theme,
        reduced_motion="reduce",
        locale="en-US",
        timezone_id="UTC",
        **options,
    )
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    watch = Watch(context, origin)
    try:
        yield Visitor(context.new_page(), watch, origin)
    finally:
        context.close()
