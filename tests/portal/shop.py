"""A house that sells plans with and without seats, and lets its customers pause."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from accrue_core import Catalog, Money, Plan
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.portal.house import ANN, CATALOG, Browser, House, new_engine, open_house
from tests.portal.page import Page

OFFERS = "pro; extra; team=Team, per seat; price_pro_annual=Pro by the year, usd"


def shop_engine() -> Engine:
    """Return an engine that sells by the seat and by the year, too."""
    engine = new_engine()
    engine.catalogue.add_price("price_team", Money(1200, "usd"))
    engine.catalogue.add_price("price_pro_annual", Money(20000, "usd"), "year")
    return engine


def shop_catalog() -> Catalog:
    """Return the house's plans, and one that is sold by the seat."""
    plans = dict(CATALOG.plans)
    pro = plans.pop("pro")
    return Catalog(
        *plans.values(),
        Plan(
            key="pro",
            features=pro.features,
            prices={"fake": [*pro.refs("fake"), "price_pro_annual"]},
        ),
        Plan(key="team", features={"notes", "review"}, prices={"fake": "price_team"}),
    )


@asynccontextmanager
async def open_shop(
    database_url: str,
    *,
    offers: str = OFFERS,
    pause: str = "void",
    processors: Sequence[FakeProcessor] = (),
) -> AsyncIterator[House]:
    """Open it on a migrated database, under a deployment's settings."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ACCRUE_PORTAL_OFFERS", offers)
        environment.setenv("ACCRUE_PORTAL_PAUSE", pause)
        processors = processors or (FakeProcessor(shop_engine()),)
        async with open_house(database_url, processors=processors, catalog=shop_catalog()) as house:
            yield house


async def half_a_month_of(house: House, plan: str = "extra", **terms: Any) -> str:
    """Let Ann have had a plan for half of a month of 31 days; return its id."""
    terms = {"payment_method": "pm_card_visa", **terms}
    outcome = await house.billing.subscribe(ANN, plan, **terms)
    await house.advance(days=15.5)
    return outcome.value.id


async def amounts(ann: Browser, id_: str, to: str, *, seats: str = "", status: int = 200) -> Page:
    """Choose, and look at the amounts."""
    return await ann.see(
        f"/subscriptions/{id_}/change/amounts?to={to}&seats={seats}", status=status
    )


async def agree(ann: Browser, page: Page, *, status: int = 303) -> Page:
    """Press the button below the amounts."""
    (button,) = [
        words for words in page.buttons if words.startswith("Change") and "how" not in words
    ]
    return await ann.press(page, button, status=status)
