"""The town that command sequences are played in: what is sold there, by whom, and to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from accrue_core import Catalog, Money, Owner, Plan, hookimpl
from accrue_core.billing.catalog import Price
from accrue_core.contracts.changes import Proration
from accrue_core.errors import (
    CardDeclined,
    Conflict,
    InvalidRequest,
    NotAsked,
    NotFound,
    ProcessorRejected,
    ProcessorUnavailable,
)
from accrue_fake.engine.engine import Engine
from tests.faults.lives import Life
from tests.faults.machine.doors import Door
from tests.faults.machine.ways import Opening, Way
from tests.faults.machine.wires import Wire

OWNERS = (Owner("team", "1"), Owner("team", "2"))
EVERYBODY = (*OWNERS, Owner("company", "3"))
"""Those who subscribe, and one more to whom a customer may be given."""

CARDS = (
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_failsAtRenewal",
    "pm_card_authenticationRequired",
    "pm_fake_fails_on_2",
    "pm_card_declinedOnAttach",
)
GOOD = CARDS[0]
PERSONAL = "Zacharias"
"""Stands in every name, address and field of a host's own that goes out."""

CATALOG = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(key="pro", features={"reports", "export"}, prices={"fake": "price_pro"}),
    Plan(key="basic", features={"export"}, prices={"fake": "price_basic"}),
    Plan(key="seats", features={"members"}, prices={"fake": "price_seats"}),
    Plan(key="archive", features={"history"}, prices={"fake": "price_archive"}),
)
PLANS = ("pro", "basic", "seats", "archive")
COUPONS = ("half", "ten", "quarter")
TAXED_IN = ("DE", "NZ", "US")

WAYS: Mapping[str, Opening] = MappingProxyType({"door": Door.opened, "wire": Wire.opened})
"""How the town's Accrue may reach its processor."""

EXPECTED = (
    Conflict, CardDeclined, ProcessorRejected, ProcessorUnavailable, NotAsked,
    InvalidRequest, NotFound,
)  # fmt: skip
"""What a host must expect of any call. Anything else that is raised is a bug."""


class Members:
    """The host's count of who works in a team, by which the plan ``seats`` is paid."""

    name = "members"
    plans = ("seats",)
    proration: Proration = "create_prorations"

    def __init__(self) -> None:
        self.numbers: Counter[Owner] = Counter()

    async def count(self, owner: Owner) -> int:
        return self.numbers[owner]


class Host:
    """The host's plugin with its counter."""

    plugin_name = "the_host"

    def __init__(self, members: Members) -> None:
        self._members = members

    @hookimpl
    def register_seat_counters(self) -> Sequence[Any]:
        return [self._members]


@dataclass
class Town(Life):
    """One stage, what was ordered there, and what the engine went through."""

    members: Members = field(default_factory=Members)
    way: Way = None  # type: ignore[assignment]
    done: list[Any] = field(default_factory=list)
    previews: list[Any] = field(default_factory=list)
    born: dict[str, datetime] = field(default_factory=dict)
    entitled: dict[str, set[str]] = field(default_factory=dict)
    remembered: list[Any] = field(default_factory=list)
    has_lost: bool = False
    announced: set[str] = field(default_factory=set)

    def watch(self) -> None:
        """Write down what the engine tells of, and how subscriptions are at that moment."""
        super().watch()
        self.engine.emitter.listen(lambda _type, _kind, ref: self.announced.add(ref))

    def look(self) -> None:
        """Write down the statuses as they are now, and which prices were ever granted by whom."""
        super().look()
        for ref, record in self.engine.books.subscriptions.items():
            if record.snapshot.status.value in ("active", "trialing"):
                known = self.entitled.setdefault(ref, set())
                known |= {item.price for item in record.snapshot.items}


def new_engine(final: Any) -> Engine:
    """Return an engine that sells by the month and by the year, with coupons and taxes."""
    engine = Engine(final=final)
    for name, minor, interval in (
        ("pro", 2000, "month"), ("basic", 500, "month"), ("seats", 300, "month"),
        ("archive", 12_000, "year"),
    ):  # fmt: skip
        engine.catalogue.add_price(f"price_{name}", Money(minor, "usd"), interval)  # type: ignore[arg-type]
    engine.discounts.add_coupon("half", percent_off="50", duration="forever")
    engine.discounts.add_coupon("ten", amount_off=Money(1000, "usd"), duration="once")
    engine.discounts.add_coupon("quarter", percent_off="25", duration="repeating", months=2)
    engine.tax.declare("DE", 1900)
    engine.tax.declare("NZ", 1500, is_inclusive=True)
    return engine


def price_of(plan: str, *, by_ref: bool) -> str | Price:
    """Return a plan as a host may name it: by its key, or by the processor's ref."""
    return Price(f"price_{plan}") if by_ref else plan


@asynccontextmanager
async def opened(
    database_url: str, *, opening: Opening, final: Any, batch_size: int
) -> AsyncIterator[Town]:
    """Open a town on a migrated database. Nothing works by itself."""
    members = Members()
    way = opening(
        database_url,
        engine=new_engine(final),
        settings={"batch_size": batch_size, "seat_debounce": timedelta(0)},
        catalog=CATALOG,
        host_plugins=[Host(members)],
    )
    async with way as open_way:
        town = Town(open_way.stage, members=members, way=open_way)
        town.watch()
        yield town
