"""What a subscription's statuses mean, and which verbs each allows.

These guard commands before a processor is asked. They never veto the mirror.
"""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import IllegalTransition

ENTITLING = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})
"""Paid for, or on trial: the only statuses that grant anything."""

OWING = frozenset({SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID})
"""A renewal was not paid."""

ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})
"""Over for good; a processor never brings one back."""

_LIVE = frozenset(SubscriptionStatus) - ENDED

ALLOWED: Mapping[str, frozenset[SubscriptionStatus]] = {
    "cancel": _LIVE,
    "keep": _LIVE - {SubscriptionStatus.INCOMPLETE},
    "change": ENTITLING,
    "extend_trial": frozenset({SubscriptionStatus.TRIALING}),
    "end_trial": frozenset({SubscriptionStatus.TRIALING}),
    "pause": ENTITLING | {SubscriptionStatus.PAST_DUE},
    "rest": frozenset({SubscriptionStatus.ACTIVE}),
    "resume": _LIVE,
}
"""The statuses from which each verb makes sense."""


def require(verb: str, status: SubscriptionStatus) -> None:
    """Raise ``IllegalTransition`` unless the verb makes sense from this status."""
    if status not in ALLOWED[verb]:
        raise IllegalTransition(
            verb=verb,
            noun="subscription",
            status=status.value,
            allowed=frozenset(allowed.value for allowed in ALLOWED[verb]),
        )


def require_no_pending_change(*, is_pending: bool, verb: str = "change") -> None:
    """Raise ``IllegalTransition`` while a change waits to be paid for."""
    if is_pending:
        raise IllegalTransition(
            verb=verb,
            noun="subscription",
            status="waiting for a change to be paid",
            allowed=frozenset({"without a pending change"}),
        )


def require_unscheduled(verb: str, *, is_scheduled: bool) -> None:
    """Raise ``IllegalTransition`` for what a schedule decides: its next phase would undo it."""
    if is_scheduled:
        raise IllegalTransition(
            verb=verb,
            noun="subscription",
            status="driven by a schedule",
            allowed=frozenset({"without one: update or release the schedule"}),
        )


def is_changeable(status: SubscriptionStatus, *, is_pending: bool, is_scheduled: bool) -> bool:
    """Whether its items may be changed now."""
    return status in ALLOWED["change"] and not is_pending and not is_scheduled


def require_collection(*, is_paused: bool) -> None:
    """Raise ``IllegalTransition`` for a change to be invoiced at once while nothing is collected:
    its invoice would be void, and the change free.
    """
    if is_paused:
        raise IllegalTransition(
            verb="change and invoice",
            noun="subscription",
            status="paused",
            allowed=frozenset({"not paused"}),
        )


def require_pause(verb: str, *, is_paused: bool) -> None:
    """Raise ``IllegalTransition`` for pausing what is paused, and resuming what is not."""
    if is_paused == (verb == "pause"):
        raise IllegalTransition(
            verb=verb,
            noun="subscription",
            status="paused" if is_paused else "not paused",
            allowed=frozenset({"not paused" if is_paused else "paused"}),
        )


def require_rest(
    status: SubscriptionStatus, *, is_pending: bool, is_scheduled: bool, is_ending: bool
) -> None:
    """Raise ``IllegalTransition`` unless the whole subscription may rest.

    It runs and is paid for, and nothing else is about to happen to it: a rest ends its periods.
    """
    require("rest", status)
    require_no_pending_change(is_pending=is_pending, verb="rest")
    require_unscheduled("rest", is_scheduled=is_scheduled)
    if is_ending:
        raise IllegalTransition(
            verb="rest",
            noun="subscription",
            status="set to end",
            allowed=frozenset({"not set to end: keep it first"}),
        )


def require_pending_end(*, is_ending: bool) -> None:
    """Raise ``IllegalTransition`` when there is no pending end to undo."""
    if not is_ending:
        raise IllegalTransition(
            verb="keep",
            noun="subscription",
            status="not set to end",
            allowed=frozenset({"set to end at a later date"}),
        )
