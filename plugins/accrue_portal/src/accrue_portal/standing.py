"""Pure: how a subscription stands, in words. Every status has words; none is shown as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from accrue_core.billing.subscriptions import lifecycle
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_portal import change_copy, copy
from accrue_portal.account import Holding

Tone = Literal["good", "notice", "bad", "quiet"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A word for a label, a headline, and what follows from it, sentence by sentence."""

    tone: Tone
    word: str
    headline: str
    sentences: tuple[str, ...] = ()


def standing_of(holding: Holding) -> Standing:
    """Say how a subscription stands at the moment its holding was read."""
    subscription = holding.subscription
    if subscription.gone_at is not None:
        return Standing("quiet", "Ended", copy.has_ended(holding.name), (copy.DELETED,))
    if holding.is_over:
        return _over(holding)
    if subscription.unreadable is not None:
        said = (copy.UNCLEAR, *_closed(holding))
        return Standing("notice", "Being checked", copy.unclear(holding.name), said)
    is_running = subscription.status in lifecycle.ENTITLING
    if is_running and subscription.collection_paused is None:
        return _STANDS[subscription.status](holding)
    stands = _paused(holding) if is_running else _STANDS[subscription.status](holding)
    if not holding.is_ending:
        return stands
    end = (copy.runs_until(holding.name, subscription.ends_at), copy.DOES_NOT_RENEW)
    return replace(stands, sentences=(*stands.sentences, *end))


def _over(holding: Holding) -> Standing:
    subscription = holding.subscription
    if subscription.status == SubscriptionStatus.INCOMPLETE_EXPIRED:
        headline = copy.never_started(holding.name)
        return Standing("quiet", "Not started", headline, (copy.NEVER_STARTED,))
    at = subscription.ended_at or subscription.ends_at or subscription.canceled_at
    debt = _debt(holding)
    first = copy.ended_without_more(at) if debt else copy.ended_on(at)
    return Standing("quiet", "Ended", copy.has_ended(holding.name), (first, *debt))


def _trialing(holding: Holding) -> Standing:
    subscription = holding.subscription
    if holding.is_ending:
        headline = copy.ends(holding.name, subscription.ends_at)
        return Standing("notice", "Ending", headline, (copy.TRIAL_UNTIL_THEN,))
    headline = copy.on_trial(holding.name, subscription.trial_end)
    by_invoice = subscription.collection == "invoice"
    return Standing(
        "good",
        "Free trial",
        headline,
        (copy.after_trial(_method(holding), by_invoice=by_invoice),),
    )


def _waiting(holding: Holding) -> Standing:
    headline = change_copy.change_waits(holding.name)
    until = change_copy.waits_until(holding.subscription.pending_until)
    return Standing("notice", "Waiting for your bank", headline, (until, *_debt(holding)))


def _active(holding: Holding) -> Standing:
    if holding.subscription.is_pending and not holding.is_ending:
        return _waiting(holding)
    if holding.is_ending:
        debt, headline = _debt(holding), copy.ends(holding.name, holding.subscription.ends_at)
        said = copy.UNTIL_THEN_OWING if debt else copy.UNTIL_THEN
        return Standing("notice", "Ending", headline, (said, *debt))
    return Standing("good", "Active", copy.active(holding.name), (_next(holding), *_debt(holding)))


def _past_due(holding: Holding) -> Standing:
    debt, method = holding.debt, _method(holding)
    if debt is not None and debt.next_attempt_at is not None:
        again = [copy.tried_again(debt.amount_remaining, debt.next_attempt_at, method)]
    else:
        again = [*_debt(holding), copy.NOT_TRIED_AGAIN]
    if holding.is_open:
        again.append(copy.STILL_OPEN)
    elif holding.closed:
        again.append(copy.closed_until_paid(holding.closed))
    headline = copy.payment_failed(holding.name)
    end = () if holding.is_ending else (copy.MAY_END,)
    return Standing("bad", "Payment failed", headline, (*again, *end))


def _unpaid(holding: Holding) -> Standing:
    said = (copy.UNPAID, *_debt(holding), *_closed(holding))
    return Standing("bad", "Not paid", copy.unpaid(holding.name), said)


def _paused(holding: Holding) -> Standing:
    until = holding.subscription.collection_resumes_at
    resumes = (change_copy.paused_until(until),) if until is not None else ()
    said = (copy.PAUSED, *_closed(holding), *resumes)
    return Standing("notice", "Paused", copy.paused(holding.name), said)


def _incomplete(holding: Holding) -> Standing:
    return Standing(
        "notice",
        "Waiting for payment",
        copy.incomplete(holding.name),
        (copy.INCOMPLETE, *_debt(holding), copy.OPENS_AT_ONCE),
    )


_STANDS: Mapping[SubscriptionStatus, Callable[[Holding], Standing]] = {
    SubscriptionStatus.TRIALING: _trialing,
    SubscriptionStatus.ACTIVE: _active,
    SubscriptionStatus.PAST_DUE: _past_due,
    SubscriptionStatus.UNPAID: _unpaid,
    SubscriptionStatus.PAUSED: _paused,
    SubscriptionStatus.INCOMPLETE: _incomplete,
    SubscriptionStatus.CANCELED: _over,
    SubscriptionStatus.INCOMPLETE_EXPIRED: _over,
}


def _next(holding: Holding) -> str:
    subscription = holding.subscription
    renews_at = subscription.renews_at
    if renews_at is None:
        return copy.GOES_ON
    if renews_at <= holding.now:
        return copy.RENEWING
    by_invoice = subscription.collection == "invoice"
    return copy.renews(renews_at, _method(holding), by_invoice=by_invoice)


def _method(holding: Holding) -> str | None:
    return holding.method.words if holding.method is not None else None


def _closed(holding: Holding) -> tuple[str, ...]:
    return (copy.closed_meanwhile(holding.closed),) if holding.closed else ()


def _debt(holding: Holding) -> tuple[str, ...]:
    debt = holding.debt
    return () if debt is None else (copy.still_due(debt.amount_remaining, debt.number),)
