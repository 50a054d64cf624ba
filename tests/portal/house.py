"""A host with the portal in it: people who sign in by a header, and a Fake that is paid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from accrue_core import Accrue, Catalog, Money, Owner, Plan, Settings, hookimpl
from accrue_core.contracts.auth import Identity
from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, SupportTable
from accrue_core.owners import BillingContact
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.portal.page import Page
from tests.stage import Offered, Stage

ORIGIN = "https://app.test"
ROOT = "/billing"
PORTAL = f"{ROOT}/portal"

CATALOG = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(
        key="pro",
        features={"notes", "reports", "data_export"},
        prices={"fake": ["price_pro", "price_pro_yearly"], "other": "price_pro"},
    ),
    Plan(key="extra", name="Extra room", features={"room"}, prices={"fake": "price_extra"}),
)


@dataclass(frozen=True)
class Team:
    """A payer with a name and an address."""

    key: str
    name: str | None = None
    email: str | None = None

    @property
    def owner(self) -> Owner:
        return Owner("team", self.key)

    def billing_owner(self) -> Owner:
        return self.owner

    def billing_contact(self) -> BillingContact:
        return BillingContact(name=self.name, email=self.email)


ANN = Team("ann", "Ann & Sons", "ann@sons.test")
BOB = Team("bob", "Bobs Bakery", "bob@bakery.test")


@dataclass
class Doorman:
    """Knows people by the header ``x-person``; who is not listed may act for their own team."""

    people: dict[str, Identity | Exception] = field(default_factory=dict)
    name: str = "doorman"
    plugin_name: str = "doorman"

    @hookimpl
    def register_auth_adapters(self) -> Sequence[Doorman]:
        return (self,)

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        person = dict(scope["headers"]).get(b"x-person", b"").decode()
        if not person:
            return None
        known = self.people.get(person)
        if isinstance(known, Exception):
            raise known
        return known or Identity(user_id=f"user-{person}", owners=(Owner("team", person),))


class Limited(FakeProcessor):
    """A processor that cannot do everything, and says so."""

    def __init__(self, engine: Engine, *, without: Sequence[Capability], **options: Any) -> None:
        super().__init__(engine, **options)
        self._without = without

    @property
    def support(self) -> SupportTable:
        return {**super().support, **dict.fromkeys(self._without, UNSUPPORTED)}


@dataclass(slots=True)
class House(Stage):
    """A stage with people in it."""

    doorman: Doorman = field(default_factory=Doorman)

    def browser(self, person: str = "ann", **headers: str) -> Browser:
        """Return a browser in which somebody is signed in."""
        transport = httpx.ASGITransport(app=self.app, root_path=ROOT)
        headers = {"x-person": person, **headers} if person else headers
        return Browser(transport=transport, base_url=ORIGIN, headers=headers)


class Browser(httpx.AsyncClient):
    """Looks at pages, follows their links and sends their forms."""

    async def see(self, path: str = "/", *, status: int = 200) -> Page:
        """Open a page below the portal, or any whole path, and expect a status."""
        whole = path if path.startswith(ROOT) else f"{PORTAL}{path}"
        return await self._page(await self.get(whole), status)

    async def press(self, page: Page, button: str, *, status: int = 303, **also: str) -> Page:
        """Send the form of a button as a browser does; return the answer."""
        form = page.form(button)
        answer = await self.post(form.action, data={**form.fields, **also})
        return await self._page(answer, status)

    async def follow(self, page: Page, button: str, **also: str) -> Page:
        """Send a form and look where it leads."""
        sent = await self.press(page, button, status=303, **also)
        return await self.see(sent.location)

    async def _page(self, answer: httpx.Response, status: int) -> Page:
        assert answer.status_code == status, (answer.status_code, Page(answer).text)
        return Page(answer)


def new_engine(**options: Any) -> Engine:
    """Return an engine that sells what the catalog offers."""
    engine = Engine(**options)
    engine.catalogue.add_price("price_pro", Money(2000, "usd"))
    engine.catalogue.add_price("price_pro_yearly", Money(1_234_500, "eur"), "year")
    engine.catalogue.add_price("price_extra", Money(500, "usd"))
    engine.catalogue.add_price("price_unlisted", Money(700, "usd"), "week", 2)
    return engine


@asynccontextmanager
async def open_house(
    database_url: str,
    *,
    processors: Sequence[FakeProcessor] = (),
    catalog: Catalog = CATALOG,
    allowed_origins: frozenset[str] = frozenset({ORIGIN}),
    **options: Any,
) -> AsyncIterator[House]:
    """Open a house on a migrated database. Nothing works by itself: tests say when."""
    processors = processors or (FakeProcessor(new_engine()),)
    doorman, first = Doorman(), processors[0]
    assert first.engine is not None
    settings = Settings(
        database_url=database_url,
        auth="doorman",
        processor=first.name,
        plugins_disabled=frozenset({"fake", "stripe", "braintree", "admin"}),
        allowed_origins=allowed_origins,
    )
    accrue = Accrue(
        settings,
        catalog=catalog,
        clock=first.engine.clock,
        plugins=[Offered(processors), doorman],
        **options,
    )
    try:
        yield House(first.engine, first, accrue, accrue.asgi(), doorman)
    finally:
        await accrue.runtime.close()
