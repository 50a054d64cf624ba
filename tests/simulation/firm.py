"""The firm that is simulated: what it sells, and the Accrue and the Fake it runs on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from accrue_core import Accrue, Catalog, Money, Plan, Settings
from accrue_core.billing.catalog import Price
from accrue_core.testing.simulation.run import Simulation
from accrue_core.testing.simulation.world import Market
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.stage import Offered

MONTHLY = {"price_basic": 500, "price_pro": 2000, "price_scale": 9900, "price_extra": 700}
YEARLY = {"price_pro_yearly": 20_000, "price_scale_yearly": 99_000}

CATALOG = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(key="basic", features={"export"}, prices={"fake": "price_basic"}),
    Plan(key="pro", features={"reports"}, prices={"fake": ("price_pro", "price_pro_yearly")}),
    Plan(key="scale", features={"api"}, prices={"fake": ("price_scale", "price_scale_yearly")}),
    Plan(key="extra", features={"support"}, prices={"fake": "price_extra"}),
)
MARKET = Market(
    processor="fake",
    plans=("basic", "pro", "scale"),
    yearly=tuple(Price(ref) for ref in YEARLY),
    extra="extra",
    good_card="pm_card_visa",
    declined_card="pm_card_chargeDeclined",
    failing_card="pm_card_failsAtRenewal",
    asking_card="pm_card_authenticationRequired",
)
ELSEWHERE = frozenset({"fake", "stripe", "braintree", "admin", "portal"})


def new_engine() -> Engine:
    """Return an engine that sells everything in the catalog."""
    made = Engine()
    for ref, minor in MONTHLY.items():
        made.catalogue.add_price(ref, Money(minor, "usd"))
    for ref, minor in YEARLY.items():
        made.catalogue.add_price(ref, Money(minor, "usd"), interval="year")
    return made


@dataclass(frozen=True, slots=True)
class Firm:
    """An Accrue, and the engine at the other end of the line."""

    accrue: Accrue
    engine: Engine

    def simulation(self, **options: Any) -> Simulation:
        """Return what is to happen to it."""
        return Simulation(self.accrue, self.engine, MARKET, **options)


@asynccontextmanager
async def firm(database_url: str, **settings: Any) -> AsyncIterator[Firm]:
    """Open a firm on a migrated database. Nothing works by itself."""
    engine = new_engine()
    accrue = Accrue(
        Settings(database_url=database_url, plugins_disabled=ELSEWHERE, **settings),
        catalog=CATALOG,
        clock=engine.clock,
        plugins=[Offered([FakeProcessor(engine)])],
    )
    try:
        yield Firm(accrue, engine)
    finally:
        await accrue.runtime.close()
