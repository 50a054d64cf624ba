"""A stage whose line strikes, and what is held against it in the end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from accrue_core.app import MIRRORS
from accrue_core.mirror.load import row_of
from accrue_core.operations.models import OperationRecord
from accrue_fake.wire.stripe.app import StripeServer
from tests.faults.evidence import unfinished
from tests.faults.lives import Life, differences
from tests.faults.mutations import CARD, Mutation
from tests.stage import TEAM, new_engine
from tests.wire.faults.striking import PATIENCE, Striking, WireFault
from tests.wire.faults.verbs import requests_of
from tests.wire.stage import KEY, WiredProcessor, WiredStage, wired

ID = "mine"

MAY_SEND: Mapping[str, Counter[str]] = MappingProxyType(
    # Asked again after it has worked, nothing rests, and what is left of a pause is taken off.
    {"resume a trial": Counter({"subscriptions.change": 1})}
)
"""What is sent beside the requests of a verb, where it is asked again, and changes nothing."""


@dataclass(frozen=True)
class Effect:
    """What a verb did at the processor: its events by type, and sessions, which have none."""

    events: Counter[str]
    sessions: int


@dataclass(frozen=True)
class Undisturbed:
    """A verb as it is when the line holds: what it sends, and what comes of it."""

    requests: tuple[str, ...]
    effect: Effect


@dataclass
class Scene:
    """One verb that is about to be asked for."""

    stage: WiredStage
    line: Striking
    verb: Mutation
    prepared: Any
    events: int
    sessions: int

    async def do(self) -> Any:
        """Ask for it, always under the same id."""
        return await self.verb.do(self.stage, TEAM, self.prepared, ID)

    def effect(self) -> Effect:
        """Return what has happened at the processor since it was prepared."""
        events = list(self.stage.server.account.events.values())[self.events :]
        sessions = _sessions(self.stage) - self.sessions
        return Effect(Counter(event.type for event in events), sessions)

    def caused(self, operation: OperationRecord) -> Counter[str]:
        """Return the types of the events that the requests of one operation brought about."""
        key = f"accrue-{operation.id}"
        events = self.stage.server.account.events.values()
        return Counter(event.type for event in events if (event.key or "").startswith(key))

    def keys(self) -> Counter[str]:
        """Return how many keys were used on each route; a request without one is one of its own."""
        used = {(sent.call, sent.key or str(n)) for n, sent in enumerate(self.line.sent)}
        return Counter(call for call, _ in used)


@asynccontextmanager
async def prepared(
    url: str, verb: Mutation, *, fault: WireFault | None = None, **account: Any
) -> AsyncIterator[Scene]:
    """Open a stage and make ready what a verb needs; what was sent until then is forgotten."""
    lines: list[Striking] = []

    def line(server: StripeServer) -> Striking:
        lines.append(Striking(server))
        return lines[-1]

    patience = {"request_timeout": PATIENCE} if fault is not None and fault.is_slow else {}
    processor = WiredProcessor(new_engine(), line=line, **{**patience, **account})
    async with wired(url, processor=processor) as stage:
        assert isinstance(stage, WiredStage)
        given = await verb.prepare(stage, TEAM)
        [line_] = lines
        line_.sent.clear()
        events = len(stage.server.account.events)
        yield Scene(stage, line_, verb, given, events, _sessions(stage))


def said_by(error: BaseException | None) -> str:
    """Return what an error and all that led to it say, as far as it is printed."""
    said = ""
    while error is not None:
        said += f"{error!r} {error}\n"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said


def secrets_in(text: str) -> list[str]:
    """Return what nobody may be told, neither in an error nor in a log."""
    secrets = (KEY.reveal(), "whsec_", "Elisabeth", "Renamed", "10115", CARD)
    return [secret for secret in secrets if secret in text]


async def assert_done_once(scene: Scene, undisturbed: Effect) -> None:
    """Hold the end against a run in which nothing went wrong.

    Whatever was sent again was sent under the key that it had.
    """
    stage = scene.stage
    await stage.settle()
    assert scene.effect() == undisturbed
    assert scene.keys() - MAY_SEND.get(scene.verb.name, Counter()) == Counter(
        requests_of(scene.verb)
    )
    assert await unfinished(stage) == []
    assert await things_that_differ(stage) == []
    assert await schedules_that_differ(stage) == []
    assert (await stage.billing.verify_ledger()).is_intact
    assert not (await stage.billing.webhook_deliveries(status="dead")).items


async def things_that_differ(stage: WiredStage) -> list[str]:
    """Return what a row tells otherwise; a card that nobody has is no payer's, and has none."""
    nobody_s = {ref for ref, card in stage.engine.books.cards.items() if not card.snapshot.customer}
    found = await differences(Life(stage))
    return [wrong for wrong in found if wrong.split(" ")[1] not in nobody_s]


async def schedules_that_differ(stage: WiredStage) -> list[str]:
    """Return the schedules that a row tells otherwise."""
    mirror, found = MIRRORS.noun("schedule"), []
    for ref in stage.engine.books.schedules:
        snapshot = (await stage.processor.fetch("schedule", ref)).main
        async with stage.billing.reading() as reading:
            row = await row_of(reading, mirror, "fake", ref)
        said = {} if row is None else mirror.reduce(row, snapshot).columns
        wrong = [name for name, value in said.items() if getattr(row, name) != value]
        if row is None or wrong:
            found.append(f"{ref}: {wrong or 'missing'}")
    return found


async def let_late_answers_come() -> None:
    """Wait until the server is done with what its client no longer waits for."""
    await asyncio.sleep(PATIENCE)


def _sessions(stage: WiredStage) -> int:
    return stage.engine.books.counters.get("cs", 0)
