"""A customer with a browser at the fake processor's pages, and a shop that serves them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx

from accrue_core import Accrue, Settings
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.results import Answer
from accrue_core.contracts.routes import ASGIApplication
from accrue_fake import Engine, FakeProcessor
from tests.fake.shop import Shop
from tests.stage import CATALOG, Offered, Stage

HOST = "https://shop.example"
PLACE = f"{HOST}/billing/fake"
OTHER_PLUGINS = frozenset({"stripe", "braintree", "admin", "portal"})


def serving(*processors: FakeProcessor, database_url: str = "sqlite+aiosqlite:///no.db") -> Accrue:
    """Return an Accrue with the fake's own plugin, over processors that the host made."""
    settings = Settings(
        database_url=database_url,
        plugins_disabled=OTHER_PLUGINS,
        allowed_origins=frozenset({HOST}),
    )
    plugins = [Offered(list(processors))]
    return Accrue(settings, catalog=CATALOG, clock=processors[0].clock, plugins=plugins)


@asynccontextmanager
async def staged_with_pages(database_url: str, engine: Engine) -> AsyncIterator[Stage]:
    """Open a stage whose Fake has pages."""
    engine.pages_at(PLACE)
    processor = FakeProcessor(engine)
    accrue = serving(processor, database_url=database_url)
    try:
        yield Stage(engine, processor, accrue, accrue.asgi())
    finally:
        await accrue.runtime.close()


class Visitor:
    """Follows links and sends forms, keeps cookies, and stays on the last page it saw.

    ``page`` is that page as markup.
    """

    def __init__(self, app: ASGIApplication) -> None:
        transport = httpx.ASGITransport(app=app, root_path="/billing")
        self._client = httpx.AsyncClient(transport=transport, base_url=HOST)
        self.last: httpx.Response | None = None
        self.page = ""
        self._sent: tuple[str, dict[str, str]] | None = None

    @property
    def status(self) -> int:
        """The status of the last answer."""
        assert self.last is not None
        return self.last.status_code

    @property
    def text(self) -> str:
        """The last answer as one reads it."""
        bare = re.sub(r"<(head|svg)\b.*?</\1>|<[^>]+>", " ", self.page, flags=re.DOTALL)
        return " ".join(unescape(bare).split())

    @property
    def place(self) -> str:
        """The path of the last page."""
        assert self.last is not None
        return self.last.url.path

    async def goes_to(self, url: str) -> None:
        """Open an address."""
        self.last = await self._client.get(url)
        await self._follow()

    async def clicks(self, text: str) -> None:
        """Follow the link with this text; its name for those who do not see may go on."""
        for href, inner in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', self.page, re.S):
            if text in _bare(inner):
                await self.goes_to(unescape(href))
                return
        raise AssertionError(f"no link says {text!r}: {self.text}")

    async def sends(self, button: str, **fields: str) -> None:
        """Press the button with this text, as the browser would send its form."""
        for form in re.findall(r"<form .*?</form>", self.page, re.S):
            for attributes, inner in re.findall(r"<button ([^>]*)>(.*?)</button>", form, re.S):
                if button in _bare(inner):
                    await self._post(form, {**_filled(form), **_named(attributes), **fields})
                    return
        raise AssertionError(f"no button says {button!r}: {self.text}")

    def rewrites(self, old: str, new: str) -> None:
        """Change the page in the browser, as who looks for a way in does."""
        self.page = self.page.replace(old, new)

    async def again(self) -> None:
        """Send the last form once more, as a double click does."""
        assert self._sent is not None
        await self._send(*self._sent)

    async def close(self) -> None:
        """Close the browser."""
        await self._client.aclose()

    async def _post(self, form: str, fields: dict[str, str]) -> None:
        action = re.search(r'action="([^"]+)"', form)
        assert action is not None
        await self._send(unescape(action[1]), fields)

    async def _send(self, action: str, fields: dict[str, str]) -> None:
        self._sent = (action, fields)
        self.last = await self._client.post(action, data=fields)
        await self._follow()

    async def _follow(self) -> None:
        """Follow redirects within the pages; out of them, stay where one was sent."""
        while self.last is not None and self.last.is_redirect:
            target = self.last.headers["location"]
            if not urlsplit(target).path.startswith("/billing/fake"):
                break
            self.last = await self._client.get(target)
        self.page = "" if self.last is None else self.last.text

    @property
    def sent_to(self) -> str | None:
        """Where the last answer sent the browser, out of the pages."""
        assert self.last is not None
        location: str | None = self.last.headers.get("location")
        return location


def _bare(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", markup)).split())


def _filled(form: str) -> dict[str, str]:
    inputs = re.findall(r"<input ([^>]*)>", form)
    shown = [one for one in inputs if 'type="hidden"' in one or " checked" in one]
    return {name: value for one in shown for name, value in _named(one).items()}


def _named(attributes: str) -> dict[str, str]:
    name, value = (re.search(rf'{key}="([^"]*)"', attributes) for key in ("name", "value"))
    return {name[1]: unescape(value[1])} if name and value else {}


def address(answer: Answer) -> str:
    """Return where an answer sends its customer."""
    assert answer.next_action is not None
    assert answer.next_action.url is not None
    return answer.next_action.url.reveal()


def portal_of(shop: Shop, customer: str, **options: Any) -> str:
    """Return the address of a new portal session."""
    request = CreatePortalSession(customer=customer, return_url=f"{HOST}/account", **options)
    return shop.engine.portal.create(request, key=shop.key()).url.reveal()
