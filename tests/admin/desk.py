"""A host with a back office: an Accrue on a real database, and operators at its door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from accrue_core import Accrue, BillingContact, Owner, Settings, hookimpl
from accrue_core.contracts.auth import AuthAdapter, Identity
from accrue_core.contracts.processor import Processor
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.admin.reading import Reading, fields_of_form, read
from tests.pages.site import browser
from tests.stage import CATALOG, Offered, Stage, new_engine

HOME = "/admin/"
OPERATOR = "17"


class DeskAuth:
    """Believes a header, which only a test may do."""

    name = "desk"

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        user = dict(scope["headers"]).get(b"user", b"").decode()
        if user == "broken":
            raise RuntimeError("the session store is away")
        if not user:
            return None
        role = "operator" if user == OPERATOR else "member"
        return Identity(user_id=user, owners=(Owner("team", "42"),), role=role)


class DeskPlugin(Offered):
    """Offers the processors, and the adapter that tells operators from others."""

    plugin_name = "desk"

    @hookimpl
    def register_auth_adapters(self) -> Sequence[AuthAdapter]:
        return (DeskAuth(),)


@dataclass(frozen=True, slots=True)
class Team:
    """Who pays, and how to reach them."""

    id: str
    name: str | None = None
    email: str | None = None

    def billing_owner(self) -> Owner:
        return Owner("team", self.id)

    def billing_contact(self) -> BillingContact:
        return BillingContact(name=self.name, email=self.email)


BIRCH = Team("42", "Birch Bindery", "accounts@birch.example")


@dataclass(slots=True)
class Desk(Stage):
    """A stage whose pages are looked at by an operator."""

    operator: httpx.AsyncClient = field(init=False)

    async def answer(self, path: str, *, by: httpx.AsyncClient | None = None) -> httpx.Response:
        """Ask for a page, whatever comes of it."""
        return await (by or self.operator).get(path)

    async def see(self, path: str) -> Reading:
        """Read a page that must be there."""
        answer = await self.answer(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[-400:]}"
        return read(answer.text)

    async def send(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Fill in the form of a page that leads to an address, and send it."""
        seen = await self.answer(page)
        hidden = fields_of_form(seen.text, action)
        return await self.operator.post(action, data={**hidden, **fields})

    async def subscribed(self, team: Team = BIRCH, plan: str = "pro", **terms: Any) -> str:
        """Let a team subscribe, with all that follows; return the subscription's id."""
        terms = {"payment_method": "pm_card_visa", **terms}
        outcome = await self.billing.subscribe(team, plan, **terms)
        await self.settle()
        return outcome.value.id

    async def crowd(self, size: int) -> None:
        """Let many teams subscribe."""
        for number in range(size):
            team = Team(f"crowd-{number}", f"Crowd {number}")
            await self.billing.subscribe(team, "basic", payment_method="pm_card_visa")
        await self.settle()

    async def meddle(self, sql: str) -> None:
        """Change the database behind everybody's back."""
        async with self.accrue.runtime.engines().writing.begin() as connection:
            await connection.exec_driver_sql(sql)


@asynccontextmanager
async def opened(
    database_url: str,
    *,
    auth: str = "desk",
    engine: Engine | None = None,
    processor: Processor | None = None,
) -> AsyncIterator[Desk]:
    """Open a desk on a migrated database. Nothing works by itself: tests say when."""
    engine = engine or new_engine()
    fake = FakeProcessor(engine)
    accrue = Accrue(
        Settings(
            database_url=database_url,
            auth=auth,
            plugins_disabled=frozenset({"fake", "stripe", "braintree", "portal"}),
        ),
        catalog=CATALOG,
        clock=engine.clock,
        plugins=[DeskPlugin([processor or fake])],
    )
    desk = Desk(engine, fake, accrue, accrue.asgi())
    try:
        async with visitor(desk, OPERATOR) as operator:
            desk.operator = operator
            yield desk
    finally:
        await accrue.runtime.close()


@asynccontextmanager
async def visitor(desk: Desk, user: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Open a browser in which somebody is signed in, or nobody."""
    async with browser(desk.app) as client:
        client.headers["user"] = user
        yield client


def path_of(answer: httpx.Response) -> str:
    """Return where a redirect leads."""
    assert answer.status_code == 303, f"{answer.status_code}: {answer.text[-400:]}"
    return answer.headers["location"]
