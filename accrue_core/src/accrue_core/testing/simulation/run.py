"""Run a whole business through the public verbs and the webhook door, and audit it all along."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accrue_core.app import Accrue
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.testing.simulation import queries
from accrue_core.testing.simulation.business import BETWEEN, VISITS, Business
from accrue_core.testing.simulation.chance import Chance
from accrue_core.testing.simulation.desk import Desk
from accrue_core.testing.simulation.invariants import Auditor, Broken
from accrue_core.testing.simulation.line import Line
from accrue_core.testing.simulation.world import Engine, Faults, Market

NOTHING = Faults()
ROUNDS = 60
"""After so many rounds, work that makes new work never ends."""


class InvariantBroken(AssertionError):
    """The business is not as it must be. ``broken`` says what, rule by rule."""

    def __init__(self, month: int, broken: Sequence[Broken]) -> None:
        self.month, self.broken = month, tuple(broken)
        shown = "\n".join(f"  {one}" for one in broken[:20])
        super().__init__(f"in month {month}, {len(broken)} things are wrong:\n{shown}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happened. ``digest`` is taken over the types of all entries, in their order.

    ``money`` is what came in, in minor units by currency. ``verbs`` counts what customers did,
    ``statuses`` how their subscriptions stand in the end.
    """

    customers: int
    months: int
    webhooks: int
    entries: Mapping[str, int]
    digest: str
    money: Mapping[str, int]
    verbs: Mapping[str, int]
    statuses: Mapping[str, int]
    audits: int


class Simulation:
    """One business on one Accrue, with the engine it talks to at the other end of the line."""

    def __init__(
        self,
        accrue: Accrue,
        engine: Engine,
        market: Market,
        *,
        customers: int,
        months: int,
        seed: int,
        faults: Faults = NOTHING,
    ) -> None:
        self._accrue, self._engine, self._market = accrue, engine, market
        self._months, self._faults = months, faults
        self._desk = Desk(accrue.billing, engine, market, faults)
        self.business = Business(self._desk, customers=customers, months=months, seed=seed)
        path = f"/webhooks/{market.processor}"
        self.line = Line(accrue.asgi(), path, engine, faults, Chance(seed, "line"))
        self.auditor = Auditor(accrue, engine, market.processor, Chance(seed, "audit"))

    async def run(self) -> Report:
        """Let all months pass; ``InvariantBroken`` at the end of the first that is not right."""
        for month in range(1, self._months + 1):
            await self.live_a_month()
            await self.come_to_rest()
            broken = await self.auditor.audit(is_full=month == self._months)
            if broken:
                raise InvariantBroken(month, broken)
        return await self.report()

    async def live_a_month(self) -> None:
        """Let customers come and go, with webhooks and work on the way."""
        rates = {"lost_after": self._faults.unanswered, "unreachable": self._faults.cut}
        self._engine.scenarios.go_wrong_at_random(**rates)
        self.line.is_good = False
        for _ in range(VISITS):
            await self.business.open_for_a_day()
            await self._work()
            self._engine.advance(BETWEEN)
            await self._work()

    async def come_to_rest(self) -> None:
        """Mend the line, and let everything arrive and be worked off.

        What processors send again comes within days, so some pass. What waits in the database waits
        by its own clock, which nobody can move: the rows are made due instead.
        """
        self._engine.scenarios.go_wrong_at_random()
        self.line.is_good = True
        if not self._faults.is_none:
            self._engine.advance(BETWEEN)
        for _ in range(ROUNDS):
            if not self._faults.is_none:
                async with self._accrue.billing.transaction("simulation.hurry") as tx:
                    await queries.hurry(tx)
                    await queries.abandon(tx)
            if not await self._work():
                return
        raise AssertionError("work never ends")

    async def report(self) -> Report:
        """Say what has happened so far."""
        async with self._accrue.billing.reading() as reading:
            story = await queries.story(reading)
        books = self._engine.books
        money: Counter[str] = Counter()
        for record in books.invoices.values():
            if record.snapshot.status == InvoiceStatus.PAID:
                money[record.snapshot.currency] += record.snapshot.amount_paid.minor
        statuses = Counter(r.snapshot.status.value for r in books.subscriptions.values())
        return Report(
            customers=len(books.customers),
            months=self._months,
            webhooks=self.line.posted,
            entries=dict(sorted(Counter(story).items())),
            digest=hashlib.sha256("\n".join(story).encode()).hexdigest(),
            money=dict(sorted(money.items())),
            verbs=dict(sorted(self._desk.verbs.items())),
            statuses=dict(sorted(statuses.items())),
            audits=self.auditor.audits,
        )

    async def _work(self) -> int:
        """Deliver what is owed and do what is due; return how much that was."""
        return await self.line.deliver() + await self._accrue.work.drain()


async def simulate(
    accrue: Accrue,
    engine: Engine,
    market: Market,
    *,
    customers: int = 1000,
    months: int = 24,
    seed: int = 0,
    faults: Faults = NOTHING,
) -> Report:
    """Let a business live for some months, and return what happened.

    ``accrue`` is built on a migrated database, with the engine's processor under the name that
    ``market`` says and the engine's clock as its own; no job runner works beside it. The same seed
    gives the same entries in the same order. Raises ``InvariantBroken`` at the end of the first
    month in which something is wrong, and whatever a verb raises that a host need not expect.
    """
    simulation = Simulation(
        accrue, engine, market, customers=customers, months=months, seed=seed, faults=faults
    )
    return await simulation.run()
