"""Whatever phases follow each other: no gap, no overlap, and each second is paid for once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from accrue_core.contracts.schedules import (
    CreateSchedule,
    PhaseSnapshot,
    PlannedPhase,
    ScheduleSnapshot,
    ScheduleStatus,
)
from accrue_core.contracts.subscriptions import NewItem, SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from accrue_fake import Engine
from accrue_fake.engine.calendar import moment_after
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import Shop

PRICES = 3
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
INTERVALS: list[Any] = [("day", 3), ("week", 2), ("month", 1), ("month", 3), ("year", 1)]
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """A phase as it is drawn: its prices, which may have different intervals, and its length."""

    items: tuple[tuple[int, int], ...]
    periods: int | None
    seconds: int
    proration: Any
    is_trial: bool


def wishes(prorations: list[str]) -> st.SearchStrategy[list[Wish]]:
    one = st.builds(
        Wish,
        items=st.lists(
            st.tuples(st.integers(0, 2 * PRICES - 1), st.integers(0, 9)),
            min_size=1,
            max_size=3,
            unique_by=lambda item: item[0],
        ).map(tuple),
        periods=st.sampled_from([None, 1, 1, 2]),
        seconds=st.integers(1, 100 * 86_400),
        proration=st.sampled_from(prorations),
        is_trial=st.sampled_from([False, False, False, True]),
    )
    return st.lists(one, min_size=1, max_size=5)


SHOPS = st.tuples(
    st.permutations(INTERVALS).map(lambda all_: tuple(all_[:2])),
    st.lists(
        st.one_of(st.sampled_from([0, 1, 3, 99]), st.integers(0, 10**7)),
        min_size=2 * PRICES,
        max_size=2 * PRICES,
    ),
    st.integers(0, 400 * 86_400),
    st.one_of(st.just(0), st.integers(1, 50 * 86_400)),
)
PRORATED = ["create_prorations", "always_invoice"]


def opened(drawn: Any) -> Shop:
    """Open a shop with prices of two intervals."""
    intervals, minors, start, _ = drawn
    shop = Shop(Engine(start=FIRST_DAY + start * SECOND))
    for number, minor in enumerate(minors):
        interval, count = intervals[number // PRICES]
        shop.engine.catalogue.add_price(f"p{number}", Money(minor, "usd"), interval, count)
    return shop


def planned(shop: Shop, wanted: list[Wish], starts_at: datetime) -> Iterator[PlannedPhase]:
    """Say in phases what is wished for; those without periods end so many seconds later."""
    end = starts_at
    for wish in wanted:
        names = [f"p{number}" for number, _ in wish.items]
        end += wish.seconds * SECOND
        price = shop.engine.catalogue.price(names[0])
        if wish.periods is not None:
            end = moment_after(end, price.interval, price.interval_count * wish.periods)
            end += 3 * 86_400 * SECOND
        yield PlannedPhase(
            items=tuple(
                NewItem(price=name, quantity=quantity)
                for name, (_, quantity) in zip(names, wish.items, strict=True)
            ),
            ends_at=None if wish.periods is not None else end,
            periods=wish.periods,
            proration=wish.proration,
            is_trial=wish.is_trial,
        )


def started(drawn: Any, wanted: list[Wish], end_behavior: Any = "cancel") -> tuple[Shop, str]:
    """Schedule what is wished for, now or later, for a customer whose card is good."""
    shop = opened(drawn)
    starts_at = shop.engine.clock.now() + drawn[3] * SECOND
    request = CreateSchedule(
        customer=shop.customer("pm_card_visa"),
        phases=tuple(planned(shop, wanted, starts_at)),
        starts_at=starts_at,
        end_behavior=end_behavior,
    )
    try:
        return shop, str(shop.engine.schedules.create(request, key=shop.key()).main.ref)
    except ProcessorRejected as refused:
        assert "a trial lasts two years at most" in str(refused)  # noqa: PT017
        reject()


def schedule_of(shop: Shop, ref: str) -> ScheduleSnapshot:
    snapshot: ScheduleSnapshot = shop.engine.schedules.fetch(ref).main
    return snapshot


def cost_of(shop: Shop, phases: tuple[PhaseSnapshot, ...]) -> Fraction:
    """Add up what each phase costs by the second, in periods counted as Stripe counts them."""
    total, anchor, cycles = Fraction(0), phases[0].starts_at, set[Any]()
    for phase in phases:
        prices = [shop.engine.catalogue.price(item.price) for item in phase.items]
        here = {(price.interval, price.interval_count) for price in prices}
        anchor = phase.starts_at if here.isdisjoint(cycles) else anchor
        cycles = set() if phase.is_trial else here
        if phase.is_trial:
            continue
        for price, item in zip(prices, phase.items, strict=True):
            whole = price.money.minor * item.quantity
            for start, end in periods_of(anchor, price, phase.ends_at):
                first, last = max(start, phase.starts_at), min(end, phase.ends_at)
                if first < last:
                    total += Fraction((last - first) // SECOND, (end - start) // SECOND) * whole
    return total


def periods_of(anchor: datetime, price: Any, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    number, start = 1, anchor
    while start < end:
        after = moment_after(anchor, price.interval, price.interval_count * number)
        yield start, after
        number, start = number + 1, after


def billed(shop: Shop, subscription: str) -> tuple[int, int]:
    """Return what all lines of a subscription come to, and how many were rounded."""
    lines = [line for invoice in shop.invoices(subscription) for line in invoice.lines]
    return sum(line.amount.minor for line in lines), sum(line.is_proration for line in lines)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(SHOPS, wishes(PRORATED))
def test_a_whole_life_costs_what_its_phases_cost_by_the_second(
    drawn: Any, wanted: list[Wish]
) -> None:
    shop, ref = started(drawn, wanted)
    schedule = schedule_of(shop, ref)
    shop.engine.advance_to(schedule.phases[-1].ends_at)

    schedule = schedule_of(shop, ref)
    assert schedule.status == ScheduleStatus.COMPLETED
    subscription = schedule.subscription or ""
    assert shop.subscription(subscription).status == SubscriptionStatus.CANCELED
    assert shop.engine.books.subscriptions[subscription].unbilled == []
    total, rounded = billed(shop, subscription)
    assert abs(total - cost_of(shop, schedule.phases)) <= Fraction(rounded, 2)
    assert_no_money_is_lost(shop.engine)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(SHOPS, wishes([*PRORATED, "none"]))
def test_no_phase_gives_back_more_than_was_paid(drawn: Any, wanted: list[Wish]) -> None:
    shop, ref = started(drawn, wanted)
    shop.engine.advance_to(schedule_of(shop, ref).phases[-1].ends_at)

    total, rounded = billed(shop, schedule_of(shop, ref).subscription or "")
    assert total >= -Fraction(rounded, 2)
    assert_no_money_is_lost(shop.engine)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(SHOPS, wishes([*PRORATED, "none"]), st.lists(st.floats(0, 1), max_size=5))
def test_there_is_one_phase_at_a_time_and_no_moment_without_one(
    drawn: Any, wanted: list[Wish], parts: list[float]
) -> None:
    shop, ref = started(drawn, wanted)
    now, phases = shop.engine.clock.now(), schedule_of(shop, ref).phases
    assert phases[0].starts_at == now + drawn[3] * SECOND
    assert all(one.starts_at < one.ends_at for one in phases)
    assert all(one.ends_at == two.starts_at for one, two in pairwise(phases))
    span = phases[-1].ends_at - now
    moments = {now + span * part for part in parts} | {one.starts_at for one in phases}

    for moment in sorted(moments):
        shop.engine.advance_to(moment)
        schedule = schedule_of(shop, ref)
        running = [one for one in phases if one.starts_at <= moment < one.ends_at]
        if not running:
            expected = "not_started" if moment < phases[0].starts_at else "completed"
            assert schedule.status == expected
            continue
        assert schedule.current_phase_start == running[0].starts_at
        assert schedule.current_phase_end == running[0].ends_at
        subscription = shop.subscription(schedule.subscription or "")
        held = [NewItem(price=one.price, quantity=one.quantity or 0) for one in subscription.items]
        assert tuple(held) == running[0].items
        assert subscription.status == ("trialing" if running[0].is_trial else "active")


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(SHOPS, wishes([*PRORATED, "none"]), st.floats(0, 1), st.sampled_from(["release", "cancel"]))
def test_the_same_life_is_the_same_to_the_byte_and_survives_a_restart(
    drawn: Any, wanted: list[Wish], part: float, behavior: str
) -> None:
    ends = []
    for is_restarted in (False, False, True):
        shop, ref = started(drawn, wanted, behavior)
        now, end = shop.engine.clock.now(), schedule_of(shop, ref).phases[-1].ends_at
        shop.engine.advance_to(now + (end - now) * part)
        engine = Engine.load(shop.engine.dump()) if is_restarted else shop.engine
        engine.advance_to(end + timedelta(days=40))
        ends.append(engine.dump())
    assert ends[0] == ends[1] == ends[2]
