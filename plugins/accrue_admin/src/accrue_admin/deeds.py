"""Pure: what an operator may do to a subscription, as it stands and as its processor can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from accrue_admin import copy
from accrue_core.billing.subscriptions import lifecycle
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, SupportTable
from accrue_core.contracts.changes import CollectionPause, PauseBehavior

Change = Literal["plan", "quantity", "add", "remove"]
"""What may become of the items: another plan, another quantity, one more, one less."""

_SHOWN_FIRST = (Capability.CHANGE_ITEMS, Capability.PREVIEW_CHANGE)
_CHANGES: Mapping[Change, tuple[Capability, ...]] = {
    "plan": _SHOWN_FIRST,
    "quantity": (*_SHOWN_FIRST, Capability.SUBSCRIBE_WITH_QUANTITY),
    "add": (*_SHOWN_FIRST, Capability.SEVERAL_ITEMS),
    "remove": _SHOWN_FIRST,
}
_ENDS = (Capability.CANCEL_AT_PERIOD_END, Capability.CANCEL_NOW, Capability.CANCEL_AT_DATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing to do: the words of its link, where that leads, and how it looks.

    ``needs`` are capabilities of which the processor must have at least one.
    """

    words: str
    route: str
    needs: tuple[Capability, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    look: Literal["", "is-primary", "is-danger"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What is on offer for one subscription; ``refused`` says in sentences what is not, and why."""

    deeds: tuple[Deed, ...]
    changes: frozenset[Change]
    refused: tuple[str, ...]


def on_offer(subscription: Subscription, table: SupportTable | None, processor: str) -> Desk:
    """Return what can be done; a processor that is not installed can do nothing."""

    def can(*needs: Capability) -> bool:
        return any(_has(table, one) for one in needs)

    sensible = sensible_deeds(subscription)
    wanted = sensible_changes(subscription)
    changes = frozenset(change for change in wanted if all(map(can, _CHANGES[change])))
    refused = [copy.not_offered(deed.words, processor) for deed in sensible if not can(*deed.needs)]
    if wanted and not changes:
        refused.insert(0, copy.not_offered("Change plan", processor))
    return Desk(
        deeds=(
            *([_CHANGE_PLAN] if "plan" in changes else []),
            *(deed for deed in sensible if can(*deed.needs)),
        ),
        changes=changes,
        refused=tuple(refused),
    )


_CHANGE_PLAN = Deed(words="Change plan", route="change", query={"kind": "plan"}, needs=_SHOWN_FIRST)


def is_offered(route: str, subscription: Subscription, table: SupportTable | None) -> bool:
    """Whether a deed makes sense, and the processor can do it."""
    return any(
        deed.route == route and any(_has(table, one) for one in deed.needs)
        for deed in sensible_deeds(subscription)
    )


def _has(table: SupportTable | None, capability: Capability) -> bool:
    return (table or {}).get(capability, UNSUPPORTED).is_available


def is_live(subscription: Subscription) -> bool:
    """Whether there is anything left to do something to."""
    return not subscription.is_ended and subscription.gone_at is None


def sensible_deeds(subscription: Subscription) -> list[Deed]:
    """Return what makes sense from where a subscription stands, whatever its processor can do."""
    if not is_live(subscription):
        return []
    status, deeds = subscription.status, []
    if status in lifecycle.ALLOWED["extend_trial"]:
        deeds.append(Deed(words="Trial", route="trial", needs=(Capability.SET_TRIAL_END,)))
    if subscription.is_paused:
        deeds.append(Deed(words="Resume", route="resume", needs=(Capability.PAUSE,)))
    elif status in lifecycle.ALLOWED["pause"]:
        needs = (Capability.PAUSE, Capability.PAUSE_UNTIL, Capability.PAUSE_WHOLE)
        deeds.append(Deed(words="Pause", route="pause", needs=needs))
    can_go_on = subscription.is_ending and not subscription.is_scheduled
    if can_go_on and status in lifecycle.ALLOWED["keep"]:
        keep = Deed(words="Keep", route="keep", needs=(Capability.KEEP,), look="is-primary")
        deeds.append(keep)
    deeds.append(Deed(words="Cancel", route="cancel", needs=_ENDS, look="is-danger"))
    return deeds


def ways_to_pause(subscription: Subscription, table: SupportTable | None) -> list[PauseBehavior]:
    """Return what may become of the invoices of a pause, from where a subscription stands."""
    ways: list[PauseBehavior] = []
    if _has(table, Capability.PAUSE) or _has(table, Capability.PAUSE_UNTIL):
        ways += get_args(CollectionPause)
    if _has(table, Capability.PAUSE_WHOLE) and _may_rest(subscription):
        ways.append("none")
    return ways


def _may_rest(subscription: Subscription) -> bool:
    is_free = not (subscription.is_pending or subscription.is_scheduled or subscription.is_ending)
    is_charged = subscription.collection == "charge"
    return is_free and is_charged and subscription.status in lifecycle.ALLOWED["rest"]


def sensible_changes(subscription: Subscription) -> Sequence[Change]:
    """Return which changes of the items make sense, whatever the processor can do."""
    is_driven = subscription.is_pending or subscription.is_scheduled
    is_free = is_live(subscription) and not is_driven
    if not is_free or subscription.status not in lifecycle.ALLOWED["change"]:
        return ()
    counted = any(item.quantity is not None for item in subscription.items)
    several = len(subscription.items) > 1
    return (
        "plan",
        *(("quantity",) if counted else ()),
        "add",
        *(("remove",) if several else ()),
    )
