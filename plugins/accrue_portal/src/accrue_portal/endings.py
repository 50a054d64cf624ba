"""Pure: whether and how a subscription can be ended or kept, and what that would mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from accrue_core.billing.subscriptions import lifecycle
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_portal import copy
from accrue_portal.account import Holding

When = Literal["period_end", "now"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a subscription would end, and the consequences, each a sentence."""

    when: When
    at: datetime | None
    consequences: tuple[str, ...]


_WITHOUT_PERIOD = frozenset({SubscriptionStatus.INCOMPLETE, SubscriptionStatus.PAUSED})


def way_out(holding: Holding) -> When | None:
    """Return when a subscription ends if its owner cancels it; ``None``: never here.

    What is paid for runs out its period wherever the processor can do that. What has not begun
    ends at once, and so does what rests as a whole: there is no period to run out. What a schedule
    drives is the host's to end.
    """
    powers = holding.powers
    if holding.subscription.is_scheduled:
        return None
    if holding.subscription.status in _WITHOUT_PERIOD:
        return "now" if powers.can_end_now else None
    if powers.can_end_later:
        return "period_end"
    return "now" if powers.can_end_now else None


def is_offered(holding: Holding, when: str) -> bool:
    """Whether a form may ask for this end.

    A subscription that is over is let through: the same form sent twice gets its first answer
    again, and any other is refused by the verb.
    """
    subscription = holding.subscription
    return subscription.is_ended or when == way_out(holding)


def can_be_canceled(holding: Holding) -> bool:
    """Whether canceling makes sense at all, whatever its processor can do."""
    subscription = holding.subscription
    is_clear = subscription.unreadable is None and not holding.is_over
    return is_clear and not holding.is_ending and subscription.status in lifecycle.ALLOWED["cancel"]


def can_be_kept(holding: Holding) -> bool:
    """Whether a pending end can be undone here."""
    is_free = not holding.subscription.is_scheduled
    return is_undoable(holding) and holding.powers.can_keep and is_free


def is_undoable(holding: Holding) -> bool:
    """Whether there is a pending end to undo, whatever its processor can do."""
    return holding.is_ending and holding.subscription.status in lifecycle.ALLOWED["keep"]


def ending_of(holding: Holding) -> Ending | None:
    """Return what canceling would mean, or ``None`` when it cannot be done here."""
    if not can_be_canceled(holding):
        return None
    match way_out(holding):
        case "period_end":
            at = holding.subscription.renews_at
            return Ending("period_end", at, _later(holding, at))
        case "now":
            return Ending("now", None, _now(holding))
    return None


def _later(holding: Holding, at: datetime | None) -> tuple[str, ...]:
    opens = copy.stays_open_until if holding.is_open else copy.runs_until
    said = [opens(holding.name, at)]
    if holding.closes:
        said.append(copy.then_closes(holding.closes))
    if holding.stays:
        said.append(copy.you_keep(holding.stays))
    said += [*_charges(holding), *_refunds(holding, copy.NOT_REFUNDED)]
    said.append(copy.can_undo_until(at) if holding.powers.can_keep else copy.NO_UNDO_HERE)
    return tuple(said)


def _now(holding: Holding) -> tuple[str, ...]:
    said = [copy.ENDS_AT_ONCE]
    if holding.closes:
        said.append(copy.closes_at_once(holding.closes))
    if holding.stays:
        said.append(copy.you_keep(holding.stays))
    if holding.subscription.status == SubscriptionStatus.INCOMPLETE:
        said.append(copy.NOTHING_YET)
    else:
        said += [*_charges(holding), *_refunds(holding, copy.REST_NOT_REFUNDED)]
    return (*said, copy.NO_UNDO)


def _charges(holding: Holding) -> list[str]:
    if holding.subscription.status == SubscriptionStatus.TRIALING:
        return [copy.NOTHING_AT_ALL]
    by_invoice = holding.subscription.collection == "invoice"
    debt = holding.debt
    if debt is None:
        return [copy.NO_MORE_INVOICES if by_invoice else copy.NOTHING_MORE]
    nothing = copy.NO_MORE_INVOICES if by_invoice else copy.NOTHING_NEW
    return [nothing, copy.debt_stays(debt.amount_remaining, debt.number)]


def _refunds(holding: Holding, sentence: str) -> list[str]:
    """Say that nothing comes back, to whom something has been paid."""
    is_paid = holding.subscription.status in lifecycle.ENTITLING and holding.debt is None
    is_trial = holding.subscription.status == SubscriptionStatus.TRIALING
    return [sentence] if is_paid and not is_trial else []
