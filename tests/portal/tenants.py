"""Two tenants in one house: what they have, the ways in, and an attacker who tries them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from accrue_core import Catalog, Money, Plan
from accrue_core.billing.catalog import Price
from accrue_core.billing.customers import queries as customers
from accrue_core.ids import PREFIXES, to_text, to_uuid
from accrue_core.pages.words import money
from accrue_fake.processor import FakeProcessor
from tests.portal.attacks import VICTIM, Pick, Step, Way
from tests.portal.house import CATALOG, PORTAL, Browser, House, Team, new_engine, open_house

SECRET = Plan(key="observatory", features={"telescope"}, prices={"fake": "price_observatory"})
SECRET_AMOUNT = Money(98_765_43, "usd")


def ways_into(house: House) -> tuple[Way, ...]:
    """Return the portal's ways in, from the table of the application that serves them."""
    mounts = house.accrue.plugins.mounts(house.billing)
    (shield,) = [mount.app for mount in mounts if mount.path == "/portal"]
    application = shield._app  # type: ignore[attr-defined]
    assert isinstance(application, Litestar)
    found = [
        Way(method, route.path_format, tuple(route.path_parameters))
        for route in application.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    ]
    return tuple(sorted(found, key=lambda way: (way.path, way.method)))


@dataclass
class Tenant:
    """What one tenant has: ids and refs by noun, and every value that would give it away."""

    team: Team
    ids: dict[str, list[str]] = field(default_factory=dict)
    refs: dict[str, list[str]] = field(default_factory=dict)
    rows: list[Any] = field(default_factory=list)

    @property
    def values(self) -> set[str]:
        """Everything in the rows that can stand on a page: texts, and amounts as written."""
        return {value for row in self.rows for value in _values_in(asdict(row))}


def _values_in(row: Mapping[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, str) and len(value) > 3:
            yield value
        elif isinstance(value, tuple | list):
            yield from (found for child in value for found in _values_in(child))
        elif name.endswith("_minor") and value:
            yield from (money(Money(value, row["currency"])), str(value))


async def look_up(house: House, team: Team) -> Tenant:
    """Return what a tenant has, as our database has it."""
    billing = house.billing
    async with billing.reading() as reading:
        held = await customers.of_owner(reading, team.owner, only_live=False)
    found: dict[str, list[Any]] = {
        "customer": held,
        "subscription": await billing.subscriptions(team),
        "invoice": list((await billing.invoices(team)).items),
        "payment_method": await billing.payment_methods(team),
    }
    tenant = Tenant(team, rows=[row for rows in found.values() for row in rows])
    tenant.ids = {noun: [row.id for row in rows] for noun, rows in found.items()}
    tenant.refs = {noun: [row.ref for row in rows] for noun, rows in found.items()}
    items = [item for row in found["subscription"] for item in row.items]
    tenant.ids["subscription_item"] = [item.id for item in items]
    tenant.refs["subscription_item"] = [item.ref for item in items]
    tenant.rows += (await billing.timeline_for(team, limit=500)).items
    return tenant


class World:
    """A house with a victim in it, and an attacker who is new for each sequence of requests."""

    def __init__(self, house: House, victim: Tenant) -> None:
        self.house = house
        self.victim = victim
        self.ways = ways_into(house)
        self.seen: Counter[tuple[str, str, int]] = Counter()
        self._attackers = 0

    async def attacker(self) -> Tenant:
        """Bring a new tenant in, with subscriptions that go on, that end, and that are paused."""
        self._attackers += 1
        team = Team(f"attacker-{self._attackers}", "Allan Attacker", "allan@attacker.test")
        billing = self.house.billing
        await billing.subscribe(team, "pro", payment_method="pm_card_visa")
        ending = (await billing.subscribe(team, "extra")).value
        await billing.cancel(ending.id)
        paused = (await billing.subscribe(team, Price("price_unlisted"))).value
        await billing.pause(paused.id, invoices="void")
        return await look_up(self.house, team)

    async def attack(self, steps: Sequence[Step]) -> None:
        """Send everything as a new tenant, and hold each answer against what the victim has."""
        attacker = await self.attacker()
        telling = {SECRET.name, *SECRET.features, *map(str.capitalize, SECRET.features)}
        telling |= self.victim.values - attacker.values
        async with self.house.browser(attacker.team.key) as browser:
            cookie = (await browser.see()).answer.cookies["__Host-accrue_portal_form"]
            token = {"form_token": cookie}
            agreed = await self._agreed(browser, attacker)
            for step in steps:
                way = self.ways[step.way % len(self.ways)]
                answer = await self._send(browser, attacker, way, step, {**agreed, **token})
                where = (answer.request.method, way.path, answer.status_code)
                self.seen[where] += 1
                assert answer.status_code < 500, where
                assert {value for value in telling if value in everything(answer)} == set(), where

    def probes(self, way: int) -> list[Step]:
        """Return a request with each of the victim's values in its path, and some with all of
        them where somebody might hope that they are believed.
        """
        victim, mine = self.victim, [Pick("mine", "fitting", number) for number in range(3)]
        held = [*victim.ids.values(), *victim.refs.values()]
        claims = {
            **{noun: values[0] for noun, values in victim.ids.items()},
            **{f"{noun}_id": values[0] for noun, values in victim.ids.items()},
            **dict.fromkeys(("owner_id", "team", "user_id", "identity"), VICTIM.key),
            "owner": str(VICTIM.owner),
            "owner_type": VICTIM.owner.type,
            "to": SECRET.key,
        }
        taken = {"item": Pick("theirs", "subscription_item"), "price": Pick("text", SECRET.key)}
        claimed = {name: Pick("text", value) for name, value in claims.items()}
        cursors = [{"before": Pick("text", value)} for value in victim.ids["invoice"]]
        return [
            *(Step(way, Pick("text", value)) for values in held for value in values),
            *(Step(way, one, query=query) for query in (claimed, *cursors) for one in mine),
            *(Step(way, one, form=form) for form in (claimed, taken) for one in mine),
        ]

    async def check(self) -> None:
        """The victim has what it had, here and at the processor, and nobody else was made."""
        assert (await look_up(self.house, self.victim.team)).rows == self.victim.rows
        books = self.house.engine.books
        (customer,) = self.victim.refs["customer"]
        assert {
            ref for ref in books.portals if books.portals[ref].request.customer == customer
        } == set()
        assert self.at_the_processor() == self._before
        assert len(books.customers) == 1 + self._attackers

    def at_the_processor(self) -> list[Any]:
        """Return what the victim's things are there."""
        books, refs = self.house.engine.books, self.victim.refs
        return [
            *(books.customers[ref].snapshot for ref in refs["customer"]),
            *(books.subscriptions[ref].snapshot for ref in refs["subscription"]),
            *(books.invoices[ref].snapshot for ref in refs["invoice"]),
            *(books.cards[ref].snapshot for ref in refs["payment_method"]),
        ]

    def remember(self) -> None:
        """Keep how the victim stands at the processor, to compare with."""
        self._before = self.at_the_processor()

    async def _agreed(self, browser: Browser, attacker: Tenant) -> dict[str, str]:
        """Return what the form of the attacker's own change brings along, its token included."""
        pro = attacker.ids["subscription"][-1]
        page = await browser.see(f"/subscriptions/{pro}/change/amounts?to=extra")
        return page.form("Change to Extra room").fields

    async def _send(
        self,
        browser: httpx.AsyncClient,
        attacker: Tenant,
        way: Way,
        step: Step,
        known_fields: Mapping[str, str],
    ) -> httpx.Response:
        def known(pick: Pick, name: str = "") -> str:
            return self._resolved(pick, attacker, name.removesuffix("_id"))

        path, method = way.path, step.method or way.method
        for name in way.parameters:
            path = path.replace(f"{{{name}}}", quote(known(step.path, name), safe=""))
        minted = to_text(PREFIXES["operation"], self.house.accrue.runtime.ids.new())
        form = {
            **known_fields,
            "operation_id": minted,
            "when": "period_end",
            "processor": "fake",
        }
        form |= {name: known(pick) for name, pick in step.form.items()}
        return await browser.request(
            method,
            f"{PORTAL}{path}",
            params={name: known(pick) for name, pick in step.query.items()},
            data=form if method not in ("GET", "HEAD", "OPTIONS") else None,
        )

    def _resolved(self, pick: Pick, attacker: Tenant, fitting: str) -> str:
        if pick.kind == "text":
            return pick.what
        noun = pick.what if pick.what != "fitting" else fitting
        noun = noun if noun in PREFIXES else "subscription"
        theirs = (self.victim.refs if pick.kind == "ref" else self.victim.ids).get(noun, [])
        if pick.kind == "mine":
            theirs = attacker.ids.get(noun, [])
        if pick.kind == "nobodys" or not theirs:
            return to_text(PREFIXES[noun], UUID(int=(1 << 120) + pick.number))
        one = theirs[pick.number % len(theirs)]
        if pick.kind != "beside":
            return one
        return to_text(PREFIXES[noun], UUID(int=to_uuid(PREFIXES[noun], one).int ^ 1))


def everything(answer: httpx.Response) -> str:
    """Return all that an answer says, also what is written in another way."""
    headers = "\n".join(f"{name}: {unquote(value)}" for name, value in answer.headers.items())
    return f"{headers}\n{unescape(answer.text)}"


async def open_world(stack: AsyncExitStack, database_url: str) -> World:
    """Open a house in which the victim has lived for two months."""
    engine = new_engine()
    engine.catalogue.add_price("price_observatory", SECRET_AMOUNT, product="Observatory")
    catalog = Catalog(*CATALOG.plans.values(), SECRET)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ACCRUE_PORTAL_PAUSE", "void")
        environment.setenv("ACCRUE_PORTAL_OFFERS", "pro; extra")
        house = await stack.enter_async_context(
            open_house(database_url, processors=[FakeProcessor(engine)], catalog=catalog)
        )
    billing = house.billing
    first = await billing.subscribe(VICTIM, SECRET.key, payment_method="pm_card_mastercard")
    await billing.subscribe(VICTIM, "extra", quantity=17)
    await house.advance(days=40)
    await billing.cancel(first.value.id, operation_id="victim-cancels-7f3a")
    await house.settle()
    world = World(house, await look_up(house, VICTIM))
    world.remember()
    return world
