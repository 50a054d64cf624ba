"""Phases: from the ones that were asked for to the moments at which they begin and end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from accrue_core.clock import utc
from accrue_core.contracts.changes import Proration
from accrue_core.contracts.schedules import PhaseSnapshot, PlannedPhase
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.calendar import around, moment_after
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.records import Price
from accrue_fake.engine.trials import LONGEST_TRIAL

MOST_PERIODS = 10_000
"""More than 27 years of days: what is beyond that is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """Periods of several prices, counted from one anchor."""

    anchor: datetime
    prices: tuple[Price, ...]

    def goes_on(self, prices: tuple[Price, ...]) -> bool:
        """Whether some interval is among these prices, too: then they share the anchor."""
        mine = {(price.interval, price.interval_count) for price in self.prices}
        return any((price.interval, price.interval_count) in mine for price in prices)

    def end(self, start: datetime, price: Price, periods: int) -> datetime:
        """Return when so many periods of a price are over that begin at a moment."""
        interval, count = price.interval, price.interval_count
        begun, _ = around(self.anchor, interval, count, start)
        if begun != start:
            return moment_after(start, interval, count * periods)
        end = start
        for _ in range(periods):
            _, end = around(self.anchor, interval, count, end)
        return end


class Phases:
    """Lays phases out one behind the other, without a gap, or refuses them."""

    def __init__(self, pricing: Pricing) -> None:
        self._pricing = pricing

    def laid_out(
        self, phases: Sequence[PlannedPhase], *, start: datetime
    ) -> tuple[PhaseSnapshot, ...]:
        """Return the phases with their moments.

        Whole periods are those that will be billed: they are counted from where the first of them
        begins, so that three months from 31 January end on 30 April and not on the 28th. They begin
        anew where the interval changes and where a trial ends, as Stripe's ``automatic`` anchor
        does. A phase that begins inside a period counts from its own beginning.
        """
        if not phases:
            raise ProcessorRejected("a schedule has at least one phase", param="phases")
        laid: list[PhaseSnapshot] = []
        cycle: Cycle | None = None
        currency = None
        for phase in phases:
            prices = self._pricing.prices_of(phase.items)
            if currency not in (None, prices[0].money.currency):
                raise ProcessorRejected("all phases are of one currency", param="phases.items")
            currency = prices[0].money.currency
            goes_on = cycle is not None and cycle.goes_on(prices)
            cycle = Cycle(cycle.anchor if cycle and goes_on else start, prices)
            one = _between(phase, start, _end(phase, start, cycle))
            laid.append(one)
            start = one.ends_at
            cycle = None if phase.is_trial else cycle
        return tuple(laid)


def _end(phase: PlannedPhase, start: datetime, cycle: Cycle) -> datetime:
    if (phase.ends_at is None) == (phase.periods is None):
        raise ProcessorRejected(
            "a phase ends at a moment or after so many periods", param="phases.end_date"
        )
    if phase.ends_at is not None:
        return utc(phase.ends_at, name="the end of a phase")
    periods = phase.periods or 0
    if not 1 <= periods <= MOST_PERIODS:
        raise ProcessorRejected(
            f"a phase lasts from one to {MOST_PERIODS} periods", param="phases.duration"
        )
    try:
        return cycle.end(start, cycle.prices[0], periods)
    except (OverflowError, ValueError):
        raise ProcessorRejected("time ends with the year 9999", param="phases.duration") from None


def _between(phase: PlannedPhase, start: datetime, end: datetime) -> PhaseSnapshot:
    if end <= start:
        raise ProcessorRejected("a phase ends after it has begun", param="phases.end_date")
    if phase.is_trial and end > start + LONGEST_TRIAL:
        raise ProcessorRejected("a trial lasts two years at most", param="phases.trial")
    if phase.proration not in get_args(Proration):
        raise ProcessorRejected("no such way to prorate", param="phases.proration_behavior")
    return PhaseSnapshot(
        items=phase.items,
        starts_at=start,
        ends_at=end,
        proration=phase.proration,
        is_trial=phase.is_trial,
        coupon=phase.coupon,
    )
