"""``make bench``: what the hot paths cost, as multiples of what the database costs by itself.

``python -m tests.bench simulation`` times a whole business instead, and ``wire`` the Fake's Stripe
server among few things and among very many.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import timedelta

from accrue_core import Owner, Settings
from accrue_core.db import migrate
from tests.bench.fakes import grown, told
from tests.bench.floors import Floor
from tests.bench.simulation import simulated
from tests.bench.timing import compare
from tests.bench.wire import measured
from tests.services.postgres import running_postgres
from tests.stage import TEAM, Stage, post, staged

OWNERS = 200


async def seeded(stage: Stage) -> None:
    """Give some hundred owners a subscription each."""
    await stage.billing.subscribe(TEAM, "pro", trial=timedelta(days=14))
    for number in range(OWNERS):
        await stage.billing.subscribe(Owner("user", str(number)), "basic", trial=timedelta(days=1))
    await stage.settle()


async def dispatched(stage: Stage) -> tuple[int, float]:
    """Let a day pass, receive everything, and time the dispatch of it."""
    stage.engine.advance(timedelta(days=1, hours=2))
    received = len(await stage.deliver())
    started = time.perf_counter()
    await stage.accrue.work.drain()
    return received, time.perf_counter() - started


async def main(database_url: str) -> None:
    """Measure the gate, the door and dispatch."""
    await migrate.upgrade(Settings(database_url=database_url))
    floor = await Floor.connect(database_url)
    async with staged(database_url) as stage:
        await seeded(stage)
        gate = await compare(
            "gate (entitled)",
            lambda: stage.billing.entitled(TEAM, "reports"),
            lambda: floor.gate(TEAM.type, TEAM.id),
        )
        received, seconds = await dispatched(stage)
        stage.engine.advance(timedelta(days=35))
        owed = iter(stage.engine.emitter.take())

        async def receive() -> None:
            webhook = next(owed)
            status, _ = await post(stage.app, "/webhooks/fake", webhook.body, webhook.headers)
            if status != 200:
                raise RuntimeError(f"the door answered {status}")

        door = await compare("door (durable, then 200)", receive, floor.receive, repeat=60)
    await floor.close()
    lines = [
        f"{'':<28} {'ours':>12} {'floor':>12} {'ratio':>9}",
        str(gate),
        str(door),
        f"dispatch: {received} deliveries in {seconds:.2f} s, {received / seconds:.0f} a second",
        *told(await grown()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["simulation"]:
        sys.exit(asyncio.run(simulated()))
    if sys.argv[1:] == ["wire"]:
        sys.exit(asyncio.run(measured()))
    with running_postgres() as server:
        asyncio.run(main(server.url.replace("postgresql://", "postgresql+asyncpg://")))
