"""Lives: generated steps of hosts, customers, time and the line, played against one stage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from accrue_core import Owner
from accrue_core.app import MIRRORS
from accrue_core.errors import (
    CardDeclined,
    Conflict,
    InvalidRequest,
    NotAsked,
    ProcessorRejected,
    ProcessorUnavailable,
)
from accrue_core.mirror.load import row_of
from accrue_fake.engine.engine import Engine
from tests.faults.evidence import let_leases_end, settle_hurried, unfinished
from tests.stage import CATALOG, Stage, post

OWNERS = (Owner("team", "1"), Owner("team", "2"))
CARDS = (
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_failsAtRenewal",
    "pm_card_authenticationRequired",
)
ACCEPTED = (Conflict, CardDeclined, ProcessorRejected, ProcessorUnavailable, NotAsked)
"""What a host must expect. Anything else that is raised is a bug."""

Step = tuple[Any, ...]

_which = st.integers(0, 5)
_owner = st.sampled_from(OWNERS)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(
            st.just("subscribe"),
            _owner,
            st.sampled_from(["pro", "basic"]),
            st.sampled_from([None, 3, 14]),
            st.sampled_from(CARDS[:1] * 3 + CARDS),
        ),
        st.tuples(
            st.just("cancel"), _which, st.sampled_from(["now", "period_end", "period_end", 1, 20])
        ),
        st.tuples(st.just("keep"), _which),
        st.tuples(st.just("card"), _owner, st.sampled_from(CARDS)),
        st.tuples(st.just("authenticate"), _which),
        st.tuples(st.just("edit"), _which, st.integers(1, 9)),
        st.tuples(st.just("pass"), st.sampled_from([1, 24, 24 * 4, 24 * 31, 24 * 100, 24 * 366])),
        st.tuples(st.just("deliver"), st.integers(1, 30), st.booleans(), st.booleans()),
        st.tuples(st.just("deliver"), st.integers(1, 30), st.booleans(), st.booleans()),
        st.tuples(st.just("lose"), st.integers(1, 10)),
        st.tuples(st.just("recall")),
        st.tuples(st.just("work")),
        st.tuples(st.just("work")),
        st.tuples(
            st.just("fault"),
            st.sampled_from(
                ["subscriptions.fetch", "invoices.fetch", "customers.fetch",
                 "subscriptions.create", "subscriptions.cancel", "subscriptions.keep",
                 "payment_methods.attach", "customers.create"]
            ),
            st.sampled_from(["before", "after", "cut"]),
        ),
        st.tuples(st.just("meanwhile"), _which, st.sampled_from(["now", "period_end", 20])),
        st.tuples(st.just("retry")),
        st.tuples(st.just("recover")),
    ),
    min_size=4,
    max_size=24,
)  # fmt: skip


@dataclass
class Life:
    """One stage, what the engine went through, and what the host still has to retry."""

    stage: Stage
    statuses: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[Callable[[], Any]] = field(default_factory=list)
    overlaps: int = 0
    posted: set[str] = field(default_factory=set)
    numbers: int = 0

    @property
    def engine(self) -> Engine:
        """The processor's side."""
        return self.stage.engine

    def watch(self) -> None:
        """Write down every status a subscription has, whenever the engine tells of anything."""
        self.engine.emitter.listen(lambda *_: self.look())

    def look(self) -> None:
        """Write down the statuses as they are now."""
        for ref, record in self.engine.books.subscriptions.items():
            path = self.statuses.setdefault(ref, [])
            status = record.snapshot.status.value
            if not path or path[-1] != status:
                path.append(status)

    async def play(self, steps: list[Step]) -> None:
        """Take all steps, whatever they raise that a host must expect."""
        for name, *arguments in steps:
            await getattr(self, f"do_{name}")(*arguments)
            self.look()

    async def finish(self) -> None:
        """Let everything arrive and everything be worked off, with nothing going wrong."""
        self.engine.scenarios.clear()
        for _ in range(4):
            self.engine.emitter.recall()
            await let_leases_end(self.stage)
            await settle_hurried(self.stage)
            self.look()
            # What was certainly never asked may wait for its caller.
            left = [o for o in await unfinished(self.stage) if o.status.value != "released"]
            if not left and not self.engine.emitter.pending():
                return
        raise AssertionError(f"never done: {left}")

    async def attempt(self, call: Callable[[], Any]) -> None:
        """Call a verb; remember it for a retry when its outcome is unknown."""
        try:
            await call()
        except ProcessorUnavailable:
            self.overlaps += 1
            self.unknown.append(call)
        except ACCEPTED:
            return

    def new_id(self) -> str:
        """Return an operation id of the host's."""
        self.numbers += 1
        return f"host-{self.numbers}"

    async def subscription(self, which: int) -> str | None:
        """Return our id of one subscription, if the mirror has any."""
        found = [
            row.id for owner in OWNERS for row in await self.stage.billing.subscriptions(owner)
        ]
        return sorted(found)[which % len(found)] if found else None

    async def do_subscribe(self, owner: Owner, plan: str, days: int | None, card: str) -> None:
        id_, trial = self.new_id(), None if days is None else timedelta(days=days)
        await self.attempt(
            lambda: self.stage.billing.subscribe(
                owner, plan, trial=trial, payment_method=card, operation_id=id_
            )
        )

    async def do_cancel(self, which: int, when: str | int) -> None:
        subscription, id_ = await self.subscription(which), self.new_id()
        moment: Any = when
        if isinstance(when, int):
            moment = self.engine.clock.now() + timedelta(days=when)
        if subscription is not None:
            await self.attempt(
                lambda: self.stage.billing.cancel(subscription, when=moment, operation_id=id_)
            )

    async def do_keep(self, which: int) -> None:
        subscription, id_ = await self.subscription(which), self.new_id()
        if subscription is not None:
            await self.attempt(lambda: self.stage.billing.keep(subscription, operation_id=id_))

    async def do_card(self, owner: Owner, card: str) -> None:
        id_ = self.new_id()
        await self.attempt(
            lambda: self.stage.billing.add_payment_method(owner, card, operation_id=id_)
        )

    async def do_authenticate(self, which: int) -> None:
        refs = list(self.engine.books.subscriptions)
        if refs:
            try:
                self.engine.authenticate(refs[which % len(refs)])
            except InvalidRequest:
                return

    async def do_edit(self, which: int, quantity: int) -> None:
        refs = list(self.engine.books.subscriptions)
        live = [r for r in refs if not self.engine.books.subscriptions[r].is_ended]
        if live:
            self.engine.subscriptions.edit(live[which % len(live)], quantity=quantity)

    async def do_pass(self, hours: int) -> None:
        self.engine.advance(timedelta(hours=hours))

    async def do_deliver(self, limit: int, is_shuffled: bool, is_doubled: bool) -> None:
        self.engine.scenarios.shuffle_webhooks(is_on=is_shuffled)
        for owed in self.engine.emitter.take(limit=limit):
            for _ in range(2 if is_doubled else 1):
                status, _ = await post(self.stage.app, "/webhooks/fake", owed.body, owed.headers)
                assert status == 200
            self.posted.add(owed.event_ref)
            self.engine.emitter.delivered(owed.event_ref)

    async def do_meanwhile(self, which: int, when: str | int) -> None:
        self.overlaps += 1
        await asyncio.gather(
            self.do_cancel(which, when),
            self.do_edit(which, self.overlaps),
            self.do_deliver(10, is_shuffled=False, is_doubled=False),
            self.do_work(),
            self.do_card(OWNERS[which % 2], CARDS[0]),
            self.do_work(),
        )

    async def do_lose(self, limit: int) -> None:
        self.engine.emitter.take(limit=limit)

    async def do_recall(self) -> None:
        self.engine.emitter.recall()

    async def do_work(self) -> None:
        await self.stage.accrue.work.drain()

    async def do_fault(self, call: str, kind: str) -> None:
        scenarios = self.engine.scenarios
        if kind == "cut":
            scenarios.cut_next_call(call=call)
        else:
            scenarios.lose_next_answer(kind, call=call)  # type: ignore[arg-type]

    async def do_retry(self) -> None:
        if self.unknown:
            # A host that retries at once; the lease of a lost customer is not waited for.
            await let_leases_end(self.stage)
            call = self.unknown.pop()
            try:
                await self.attempt(call)
            except InvalidRequest:
                # Its moment has passed.
                return

    async def do_recover(self) -> None:
        await let_leases_end(self.stage)
        await self.stage.billing.recover_operations()


async def differences(life: Life) -> list[str]:
    """Return where a row differs from what the processor says now; every object is asked for."""
    books, found = life.engine.books, []
    shelves: dict[str, Collection[str]] = {
        "customer": books.customers,
        "payment_method": books.cards,
        "subscription": books.subscriptions,
        "invoice": books.invoices,
    }
    for noun, shelf in shelves.items():
        mirror = MIRRORS.noun(noun)
        for ref in shelf:
            snapshot = (await life.stage.processor.fetch(noun, ref)).main
            async with life.stage.billing.reading() as reading:
                row = await row_of(reading, mirror, "fake", ref)
            if row is None:
                found.append(f"{noun} {ref} is missing")
                continue
            said = mirror.reduce(row, snapshot)
            wrong = [n for n, value in said.columns.items() if getattr(row, n) != value]
            for attribute, children in said.children.items():
                held = [
                    {key: getattr(child, key) for key in (children[0] if children else ())}
                    for child in getattr(row, attribute)
                ]
                if held != [dict(child) for child in children]:
                    wrong.append(attribute)
            wrong += [p.id_column for p in mirror.parents if _is_unlinked(row, snapshot, p)]
            if row.unreadable is not None or row.gone_at is not None:
                wrong.append("unreadable or gone")
            if wrong:
                found.append(f"{noun} {ref}: {wrong}")
    return found


def _is_unlinked(row: Any, snapshot: Any, parent: Any) -> bool:
    return getattr(snapshot, parent.noun) is not None and getattr(row, parent.id_column) is None


def features_owed(life: Life, owner: Owner) -> set[str]:
    """Return what the engine's own state says this owner may use."""
    features = {"notes"}
    now = life.engine.clock.now()
    for record in life.engine.books.subscriptions.values():
        snapshot = record.snapshot
        payer = life.engine.books.customers[snapshot.customer].snapshot.owner
        is_over = snapshot.cancel_at is not None and snapshot.cancel_at <= now
        if payer == owner and snapshot.status.value in ("active", "trialing") and not is_over:
            for item in snapshot.items:
                plan = CATALOG.plan_of("fake", item.price)
                features |= set(plan.features) if plan is not None else set()
    return features


def is_skipping(told: list[str], lived: list[str]) -> bool:
    """Whether what was told is what was lived, in that order, with things left out at most."""
    remaining = iter(lived)
    return all(status in remaining for status in told)
