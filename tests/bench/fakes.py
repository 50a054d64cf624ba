"""What the Fake costs: a customer and a subscription through the port, from few to very many."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from accrue_core import Money, Owner
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_fake import Engine, FakeProcessor
from tests.bench.floors import Shelves

OBJECTS = 100_000
BATCH = 2_500
_WHOLE = 2


class Pairs:
    """Customers who subscribe at once, at one processor."""

    def __init__(self) -> None:
        engine = Engine()
        engine.catalogue.add_price("price_bench", Money(1900, "usd"))
        self._processor = FakeProcessor(engine)
        self._numbers = count(1)

    async def one(self) -> None:
        """Create a customer and subscribe it; its invoice is sent, so that no card is needed."""
        name = str(next(self._numbers))
        customer = await self._processor.customers.create(
            CreateCustomer(owner=Owner("team", name), email=f"{name}@bench.example"),
            key=Key(f"c-{name}", f"c-{name}"),
        )
        request = CreateSubscription(
            customer=customer.main.ref,
            items=(NewItem(price="price_bench"),),
            collection="invoice",
        )
        await self._processor.subscriptions.create(request, key=Key(f"s-{name}", f"s-{name}"))


@dataclass(frozen=True, slots=True)
class Batch:
    """How long so many pairs took, in seconds of this process, beside as many on the floor.

    ``collected`` is the part of ours in which the garbage collector went through the whole heap.
    That happens once in a while, the longer the heap the more seldom, so a batch has it or not.
    """

    ours: float
    floor: float
    collected: float

    @property
    def times(self) -> float:
        """Ours without such collections, divided by the floor."""
        return (self.ours - self.collected) / self.floor


class Collections:
    """Adds up the seconds in which the collector goes through everything."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __call__(self, phase: str, about: dict[str, int]) -> None:
        if about["generation"] == _WHOLE:
            now = time.process_time()
            self.seconds += 0.0 if phase == "start" else now - self._began
            self._began = now


async def grown(objects: int = OBJECTS) -> list[Batch]:
    """Make pairs until there are so many customers and subscriptions, and time every batch."""
    pairs, shelves, batches, collections = Pairs(), Shelves(), [], Collections()
    gc.callbacks.append(collections)
    for start in range(0, objects // 2, BATCH):
        collections.seconds, began = 0.0, time.process_time()
        for _ in range(BATCH):
            await pairs.one()
        ours, collected = time.process_time() - began, collections.seconds
        began = time.process_time()
        for number in range(BATCH):
            await shelves.pair(str(start + number))
        batches.append(Batch(ours, time.process_time() - began, collected))
    gc.callbacks.remove(collections)
    return batches


def told(batches: list[Batch]) -> Iterator[str]:
    """Say how fast it was, and whether it stayed so."""
    tenth = max(1, len(batches) // 10)
    first, last = (min(one.times for one in some) for some in (batches[:tenth], batches[-tenth:]))
    best = min(batches, key=lambda one: one.ours)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield (
        f"{'fake (customer, subscribe)':<28} {best.ours / BATCH * 1e6:>9.0f} us "
        f"{best.floor / BATCH * 1e6:>9.0f} us {best.times:>7.1f} x"
    )
    collected = [one.collected for one in batches]
    yield (
        f"fake: going through the whole heap took the collector {max(collected):.2f} s at most, "
        f"{sum(collected) / len(batches) / BATCH * 1e6:.0f} us a pair"
    )
    yield (
        f"fake: {BATCH / best.ours:.0f} pairs a second; {first:.1f} x its floor at the start, "
        f"{last:.1f} x with {2 * BATCH * len(batches)} objects; at most {memory} MiB"
    )
