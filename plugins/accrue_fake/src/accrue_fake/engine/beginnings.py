"""Beginnings: from when a subscription counts, and what its periods are counted from. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from accrue_core.clock import utc
from accrue_core.contracts.subscriptions import CreateSubscription, TrialWithoutCard
from accrue_core.errors import ProcessorRejected
from accrue_fake.engine.calendar import moment_after
from accrue_fake.engine.records import Price
from accrue_fake.engine.trials import require_trial_end

MOST_LINES = 250
"""More lines are on no invoice of Stripe's, so nothing is backdated further than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How a subscription begins.

    ``since`` is from when it counts; its periods are counted from ``anchor``. ``is_given`` when
    nothing is asked for before the next whole period.
    """

    since: datetime
    anchor: datetime
    trial_end: datetime | None
    is_given: bool


def beginning(request: CreateSubscription, prices: Sequence[Price], *, now: datetime) -> Beginning:
    """Say how a subscription begins, or refuse what Stripe refuses.

    An anchor lies ahead, no later than the first renewal would be without it, and not inside a
    trial: what follows a trial is then the part of a period up to the anchor. A subscription can
    be backdated to what is past, and is counted from there unless it has an anchor.
    """
    if request.proration not in ("create_prorations", "none"):
        raise ProcessorRejected("no such way to prorate", param="proration_behavior")
    if request.trial_without_card not in get_args(TrialWithoutCard):
        raise ProcessorRejected("no such way to end a trial", param="trial_settings.end_behavior")
    trial_end, since = _trial_end(request, now), _since(request, prices, now)
    anchor = _anchor(request, prices, trial_end, now)
    is_partial = request.anchor is not None or request.backdated_to is not None
    return Beginning(
        since=since,
        anchor=anchor or trial_end or since,
        trial_end=trial_end,
        is_given=is_partial and request.proration == "none",
    )


def _since(request: CreateSubscription, prices: Sequence[Price], now: datetime) -> datetime:
    if request.backdated_to is None:
        return now
    since = utc(request.backdated_to, name="the moment a subscription is backdated to")
    if since >= now:
        raise ProcessorRejected("it is backdated to the past", param="backdate_start_date")
    for price in prices:
        if moment_after(since, price.interval, price.interval_count * MOST_LINES) <= now:
            raise ProcessorRejected(
                f"an invoice has at most {MOST_LINES} lines", param="backdate_start_date"
            )
    return since


def _anchor(
    request: CreateSubscription,
    prices: Sequence[Price],
    trial_end: datetime | None,
    now: datetime,
) -> datetime | None:
    if request.anchor is None:
        return None
    anchor, begins = utc(request.anchor, name="an anchor"), trial_end or now
    last = min(moment_after(begins, price.interval, price.interval_count) for price in prices)
    if anchor <= now or anchor < begins or anchor > last:
        raise ProcessorRejected(
            "an anchor lies ahead, after a trial, and not beyond the first period",
            param="billing_cycle_anchor",
        )
    return anchor


def _trial_end(request: CreateSubscription, now: datetime) -> datetime | None:
    end = request.trial_end
    if request.trial_days is not None:
        if end is not None or request.trial_days < 0:
            raise ProcessorRejected("a trial has days or an end, not both", param="trial_end")
        if request.trial_days == 0:
            return None
        end = now + timedelta(days=request.trial_days)
    if end is not None:
        require_trial_end(end, now=now)
    return end
