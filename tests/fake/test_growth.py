"""The hundred-thousandth customer costs what the first one did: counted, not timed."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.owners import Owner
from accrue_fake import Engine
from accrue_fake.engine.door import Door
from tests.fake.shop import MONTHLY

FEW, MANY = 100, 5_000


class Market:
    """An engine to whose door more and more customers come."""

    def __init__(self) -> None:
        engine = Engine()
        engine.catalogue.add_price("price_monthly", MONTHLY)
        self.engine, self.door, self.number = engine, Door(engine), 0

    def ask(self, noun: str, method: str, request: Any) -> Any:
        key = Key(f"{noun}-{self.number}", f"{noun}-{self.number}")
        return self.door.call(noun, method, {"request": request, "key": key}).main.ref

    def pair(self) -> tuple[str, str]:
        """Let one more customer subscribe."""
        self.number += 1
        owner = Owner("team", f"{self.number:06d}")
        asked = CreateCustomer(owner=owner, email=f"{owner.id}@shop.example")
        customer = self.ask("customers", "create", asked)
        items = (NewItem(price="price_monthly"),)
        request = CreateSubscription(customer=customer, items=items, collection="invoice")
        return customer, self.ask("subscriptions", "create", request)

    def grow(self, size: int) -> None:
        while self.number < size:
            self.pair()


def calls_of(deed: Callable[[], object]) -> Counter[str]:
    """Count the functions that a deed calls, by name."""
    counted: Counter[str] = Counter()

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            counted[frame.f_code.co_name] += 1
        elif event == "c_call":
            counted[called.__name__] += 1

    sys.setprofile(note)
    try:
        deed()
    finally:
        sys.setprofile(None)
    return counted


def tracked(market: Market, pairs: int) -> float:
    """Return how many things per pair the garbage collector has to look after."""
    gc.collect()
    before = len(gc.get_objects())
    market.grow(market.number + pairs)
    gc.collect()
    return (len(gc.get_objects()) - before) / pairs


def test_one_more_pair_takes_the_same_calls_among_few_and_among_many() -> None:
    market = Market()
    market.grow(FEW)
    among_few = calls_of(market.pair)
    market.grow(MANY)
    among_many = calls_of(market.pair)

    assert among_few == among_many
    assert among_few.total() < 700


@pytest.mark.parametrize("method", ["fetch", "find_created"])
def test_finding_takes_the_same_calls_among_few_and_among_many(method: str) -> None:
    def look(market: Market, number: int) -> Counter[str]:
        customer = f"cus_fake_{number:05d}"
        key = Key("", f"subscriptions-{number}")
        arguments: Any = {
            "fetch": {"ref": f"sub_fake_{number:05d}"},
            "find_created": {"key": key, "customer": customer},
        }[method]
        return calls_of(lambda: market.door.call("subscriptions", method, arguments))

    market = Market()
    market.grow(FEW)
    among_few = look(market, FEW // 2)
    market.grow(MANY)

    assert look(market, MANY // 2) == among_few


def test_a_pair_leaves_the_collector_no_more_to_look_after_than_it_must() -> None:
    market = Market()
    market.grow(FEW)
    among_few = tracked(market, 200)
    market.grow(2_000)

    assert tracked(market, 200) == pytest.approx(among_few, abs=1)
    assert among_few < 25
