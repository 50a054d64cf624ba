"""Sequences of commands: whatever is called, fails, comes late or twice, the town stays true.

A machine of hypothesis draws steps: every verb that changes something, for two owners and all the
subscriptions they have; customers and operators who act at the processor; faults of the line, of
webhooks and of cards; time; retries, repetitions and recovery. After every step holds what is true
always, and after everything has arrived what is true in the end (``machine/truths.py``).

The town's Accrue reaches its processor by either of two ways, and the same is true of both: by the
engine's own door, or through the Stripe plugin, the SDK and Stripe's wire (``machine/wires.py``).

Everything is drawn before it is played, and played one after the other, so that what fails once
fails again. A long hunt, on SQLite, with other examples every time, for so many seconds each way:

    ACCRUE_HUNT=900 pytest tests/faults/test_command_sequences.py -m sqlite

``ACCRUE_HUNT_SEED`` is the seed it begins with (0); a failure names the one that it was found by.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.faults.machine import doings, happenings
from tests.faults.machine.draws import (
    ANYBODY,
    BEGINNINGS,
    CALLS,
    CARD,
    MEDDLED,
    MEDDLING,
    MOMENTS,
    OWNER,
    PHASES,
    PLAN,
    TERMS,
    TROUBLE,
    WHICH,
    WISHES,
)
from tests.faults.machine.town import (
    CARDS,
    EVERYBODY,
    GOOD,
    OWNERS,
    TAXED_IN,
    WAYS,
    Town,
    opened,
)
from tests.faults.machine.truths import assert_true_always, assert_true_in_the_end, settled
from tests.faults.machine.ways import Opening
from tests.faults.test_convergence import Fresh

STEPS = 30
EXAMPLES = {
    ("door", "sqlite"): 30, ("door", "postgres"): 8, ("wire", "sqlite"): 20, ("wire", "postgres"): 4
}  # fmt: skip
HUNT, HUNT_SEED = "ACCRUE_HUNT", "ACCRUE_HUNT_SEED"
QUICK = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


class Machine(RuleBasedStateMachine):
    """A town of its own, and an event loop to play it on."""

    def __init__(self, fresh: Fresh, opening: Opening) -> None:
        super().__init__()
        self._fresh, self._url = fresh, fresh.take()
        self._opening = opening
        self._loop = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._is_broken, self._since_all_was_done = False, 0
        self.town: Town = None  # type: ignore[assignment]

    @initialize(
        final=st.sampled_from(["canceled", "unpaid"]),
        batch=st.sampled_from([1, 3, 50]),
        there=st.lists(st.tuples(OWNER, PLAN, CARD, BEGINNINGS), min_size=1, max_size=3),
    )
    def open(self, final: str, batch: int, there: list[Any]) -> None:
        town = opened(self._url, opening=self._opening, final=final, batch_size=batch)
        self.town = self._loop.run(self._stack.enter_async_context(town))
        for owner, plan, card, beginning in there:
            terms = {"payment_method": card, **beginning}
            self.play(doings.subscribe(self.town, owner, plan, terms))
            self.play(self._acting(0, "authenticate"))

    def play(self, doing: Coroutine[Any, Any, Any]) -> None:
        """Take one step, and look whether everything is still true."""
        try:
            self._loop.run(self._played(doing))
        except BaseException:
            self._is_broken = True
            raise

    async def _played(self, doing: Coroutine[Any, Any, Any]) -> None:
        await doing
        self._since_all_was_done += 1
        self.town.look()
        await assert_true_always(self.town)

    def teardown(self) -> None:
        try:
            if self.town is not None and not self._is_broken:
                self._loop.run(settled(self.town))
                self._loop.run(assert_true_in_the_end(self.town))
        finally:
            self._loop.run(self._stack.aclose())
            self._loop.close()
            self._fresh.drop(self._url)

    @rule(owner=OWNER, plan=PLAN, terms=TERMS, beginning=BEGINNINGS)
    def subscribe(self, owner: Any, plan: str, terms: Any, beginning: Any) -> None:
        self.play(doings.subscribe(self.town, owner, plan, {**terms, **beginning}))

    @rule(owner=OWNER, plan=PLAN, trouble=TROUBLE)
    def subscribe_and_pay(self, owner: Any, plan: str, trouble: Any) -> None:
        self._troubled("subscriptions.create", trouble)
        self.play(doings.subscribe(self.town, owner, plan, {"payment_method": GOOD}))

    @rule(owner=OWNER, plan=PLAN)
    def comp(self, owner: Any, plan: str) -> None:
        self.play(doings.comp(self.town, owner, plan))

    @precondition(lambda self: self.town is not None and self.town.engine.books.subscriptions)
    @rule(which=WHICH, wish=WISHES, preview=st.sampled_from([None, None, "fresh", "old"]))
    def change(self, which: int, wish: Any, preview: str | None) -> None:
        self.play(doings.change(self.town, which, wish, preview))

    @precondition(lambda self: self.town is not None and self.town.engine.books.subscriptions)
    @rule(
        which=WHICH,
        quantity=st.sampled_from([2, 3, 5, 8]),
        card=st.sampled_from([None, None, GOOD, "pm_card_authenticationRequired", CARDS[1]]),
        trouble=TROUBLE,
    )
    def upgrade(self, which: int, quantity: int, card: str | None, trouble: Any) -> None:
        self._troubled("subscriptions.change", trouble)
        self.play(doings.upgrade(self.town, which, quantity, card))

    @precondition(lambda self: self.town is not None and self.town.engine.books.subscriptions)
    @rule(which=WHICH, days=st.sampled_from([None, 1, 30]))
    def trial(self, which: int, days: int | None) -> None:
        self.play(doings.trial(self.town, which, days))

    @precondition(lambda self: self.town is not None and self.town.engine.books.subscriptions)
    @rule(
        which=WHICH,
        how=st.sampled_from([None, None, "void", "keep_as_draft", "mark_uncollectible", "none"]),
        days=st.sampled_from([None, 10]),
    )
    def pause_or_resume(self, which: int, how: Any, days: int | None) -> None:
        self.play(doings.pause(self.town, which, how, days))

    @precondition(lambda self: self.town is not None and self.town.engine.books.subscriptions)
    @rule(
        which=WHICH,
        when=st.sampled_from(["now", "period_end", "period_end", 24, 24 * 20]),
        options=st.fixed_dictionaries(
            {},
            optional={
                "invoice_now": st.booleans(),
                "prorate": st.booleans(),
                "reason": st.sampled_from(["too_expensive", "unused"]),
            },
        ),
    )
    def cancel(self, which: int, when: Any, options: Any) -> None:
        self.play(doings.cancel(self.town, which, when, options))

    @precondition(lambda self: self.town is not None and self.town.engine.books.subscriptions)
    @rule(which=WHICH)
    def keep(self, which: int) -> None:
        self.play(doings.keep(self.town, which))

    @rule(
        owner=OWNER,
        wishes=PHASES,
        start=st.sampled_from([None, None, 24 * 5]),
        end=st.sampled_from(["release", "cancel"]),
        card=st.one_of(st.none(), CARD),
    )
    def plan_ahead(self, owner: Any, wishes: Any, start: Any, end: Any, card: Any) -> None:
        self.play(doings.plan_ahead(self.town, owner, wishes, start, end, card))

    @precondition(lambda self: self.town is not None and self.town.engine.books.schedules)
    @rule(which=WHICH, wishes=PHASES, end=st.sampled_from(["release", "cancel"]))
    def plan_anew(self, which: int, wishes: Any, end: Any) -> None:
        self.play(doings.plan_anew(self.town, which, wishes, end))

    @precondition(lambda self: self.town is not None and self.town.engine.books.schedules)
    @rule(which=WHICH, how=st.sampled_from(["release", "cancel"]))
    def end_schedule(self, which: int, how: str) -> None:
        self.play(doings.end_schedule(self.town, which, how))

    @rule(owner=OWNER, card=CARD, is_default=st.booleans())
    def add_card(self, owner: Any, card: str, is_default: bool) -> None:
        self.play(doings.add_card(self.town, owner, card, make_default=is_default))

    @rule(owner=ANYBODY, number=st.integers(1, 9))
    def describe(self, owner: Any, number: int) -> None:
        self.play(doings.describe(self.town, owner, number))

    @rule(owner=ANYBODY, country=st.sampled_from(TAXED_IN))
    def locate(self, owner: Any, country: str) -> None:
        self.play(doings.locate(self.town, owner, country))

    @rule(owner=ANYBODY, heir=st.sampled_from([*EVERYBODY, EVERYBODY[-1]]))
    def move(self, owner: Any, heir: Any) -> None:
        self.play(doings.move(self.town, owner, heir))

    @rule(owner=OWNER, plan=PLAN, card=CARD, comes_back=st.booleans())
    def check_out(self, owner: Any, plan: str, card: str, comes_back: bool) -> None:
        self.play(doings.check_out(self.town, owner, plan, card, reconciles=comes_back))

    @rule(owner=OWNER, number=st.sampled_from([None, 1, 4]))
    def count_seats(self, owner: Any, number: int | None) -> None:
        self.play(doings.count_seats(self.town, owner, number))

    @precondition(lambda self: self.town is not None and self.town.engine.books.subscriptions)
    @rule(
        which=WHICH,
        what=st.sampled_from(["authenticate", "authenticate", "fail", "pay", "edit", "detach"]),
    )
    def act_at_the_processor(self, which: int, what: str) -> None:
        self.play(self._acting(which, what))

    async def _acting(self, which: int, what: str) -> None:
        happenings.act(self.town, which, what)

    @rule(hours=st.sampled_from([1, 24, 24 * 4, 24 * 31, 24 * 31, 24 * 100, 24 * 366]))
    def time_passes(self, hours: int) -> None:
        self.play(happenings.pass_time(self.town, hours))

    @rule(limit=st.integers(1, 30), is_shuffled=st.booleans(), is_doubled=st.booleans())
    def deliver(self, limit: int, is_shuffled: bool, is_doubled: bool) -> None:
        self.play(
            happenings.deliver(self.town, limit, is_shuffled=is_shuffled, is_doubled=is_doubled)
        )

    @rule(limit=st.integers(1, 10), comes_back=st.booleans())
    def a_courier_does_not_come_back(self, limit: int, comes_back: bool) -> None:
        self.play(self._lost(limit, comes_back))

    async def _lost(self, limit: int, comes_back: bool) -> None:
        self.town.way.lose(limit)
        if comes_back:
            self.town.way.recall()

    @rule()
    def work(self) -> None:
        self.play(happenings.work(self.town))

    @rule(
        kind=st.sampled_from(["before", "after", "after", "500", "429", "cut", "401"]),
        call=CALLS,
        times=st.integers(1, 2),
    )
    def the_line_fails(self, kind: str, call: str | None, times: int) -> None:
        happenings.fault(self.town, kind, call, times)

    @rule(
        kind=st.sampled_from(["webhook late", "webhook twice", "declined", "webhook lost"]),
        times=st.integers(1, 3),
    )
    def something_else_fails(self, kind: str, times: int) -> None:
        happenings.fault(self.town, kind, None, times)

    @rule(
        call=MEDDLED,
        moment=MOMENTS,
        what=MEDDLING,
    )
    def somebody_will_meddle(self, call: str, moment: str, what: str) -> None:
        self.town.way.meddle(call, moment, self._meddling(what))

    def _troubled(self, call: str, trouble: Any) -> None:
        """Order what is to happen to the very call that comes next."""
        if isinstance(trouble, tuple):
            self.town.way.meddle(call, trouble[0], self._meddling(trouble[1]))
        elif trouble is not None:
            happenings.fault(self.town, trouble, call, 1)

    def _meddling(self, what: str) -> Callable[[], Awaitable[None]]:
        town = self.town
        deeds: dict[str, Callable[[], Awaitable[None]]] = {
            "webhooks": partial(self._everything_arrives),
            "edit": partial(self._edited_and_told),
            "recover": partial(happenings.recover, town),
            "cancel": partial(doings.cancel, town, 0, "now", {}),
            "move": partial(doings.move, town, OWNERS[0], OWNERS[1]),
        }
        return deeds[what]

    async def _edited_and_told(self) -> None:
        happenings.act(self.town, 0, "edit")
        await self._everything_arrives()

    async def _everything_arrives(self) -> None:
        await self.town.stage.deliver()
        await happenings.work(self.town)

    @precondition(lambda self: self.town is not None and self.town.unknown)
    @rule(waits=st.booleans())
    def retry(self, waits: bool) -> None:
        self.play(doings.retry(self.town, waits=waits))

    @precondition(lambda self: self.town is not None and self.town.done)
    @rule(which=WHICH)
    def repeat(self, which: int) -> None:
        self.play(doings.repeat(self.town, which))

    @rule()
    def recover(self) -> None:
        self.play(happenings.recover(self.town))

    @precondition(lambda self: self._since_all_was_done > 9)
    @rule()
    def everything_arrives(self) -> None:
        self.play(self._settling())
        self._since_all_was_done = 0

    async def _settling(self) -> None:
        await settled(self.town)
        await assert_true_in_the_end(self.town)


@pytest.fixture
def fresh(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Fresh:
    """Return where each example gets its database."""
    return Fresh(request, database_kind, tmp_path)


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_called_the_town_stays_true(fresh: Fresh, database_kind: str, way: str) -> None:
    """Once with the same examples every time, or as often as there is time for in a hunt."""
    number = int(os.environ.get(HUNT_SEED, "0"))
    end = time.monotonic() + float(os.environ.get(HUNT, "0"))
    while True:
        try:
            machine = partial(Machine, fresh, WAYS[way])
            _run(seed(number)(machine), EXAMPLES[way, database_kind])
        except BaseException as error:
            error.add_note(f"{HUNT_SEED}={number}")
            raise
        number += 1
        if time.monotonic() > end:
            return


def _run(machine: Any, examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            suppress_health_check=QUICK,
            phases=[Phase.generate, Phase.shrink],
        ),
    )
