"""Pure: what an owner has, from the subscriptions held and the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accrue_core.billing.catalog import Catalog
from accrue_core.billing.subscriptions.lifecycle import ENTITLING
from accrue_core.contracts.subscriptions import SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItem:
    """One item of one subscription of the owner: what the gate's one query returns."""

    processor: str
    subscription_id: str
    price: str
    quantity: int | None
    status: SubscriptionStatus
    unreadable: str | None
    gone_at: datetime | None
    ended_at: datetime | None
    cancel_at: datetime | None
    collection_paused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Why one item grants its plan, or why it does not."""

    subscription_id: str | None
    price: str | None
    plan: str | None
    is_granted: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What an owner may use, and the reasons, item by item."""

    plans: frozenset[str]
    paid_plans: frozenset[str]
    features: frozenset[str]
    grants: tuple[Grant, ...]


def resolve(catalog: Catalog, held: Sequence[HeldItem], now: datetime) -> Access:
    """Return the union of what all entitling items grant, and of the free default plan."""
    grants = [_grant(catalog, item, now) for item in held]
    paid = frozenset(grant.plan for grant in grants if grant.is_granted and grant.plan)
    plans = paid
    if catalog.default is not None:
        plans |= {catalog.default.key}
        grants.append(
            Grant(
                subscription_id=None,
                price=None,
                plan=catalog.default.key,
                is_granted=True,
                reason="everybody has the default plan",
            )
        )
    features = frozenset().union(*(catalog.plan(key).features for key in plans))
    return Access(plans=plans, paid_plans=paid, features=features, grants=tuple(grants))


def _grant(catalog: Catalog, item: HeldItem, now: datetime) -> Grant:
    plan = catalog.plan_of(item.processor, item.price)
    refusal = _refusal(item, now)
    if refusal is None and plan is None:
        refusal = "no plan of the catalog has this price"
    return Grant(
        subscription_id=item.subscription_id,
        price=item.price,
        plan=plan.key if plan is not None else None,
        is_granted=refusal is None,
        reason=refusal or f"the subscription is {item.status.value}",
    )


def _refusal(item: HeldItem, now: datetime) -> str | None:
    """Say why an item grants nothing. A pending end that has passed is an end, even if the
    webhook that says so is still on its way.
    """
    if item.unreadable is not None:
        return f"its processor calls it {item.unreadable!r}, which we do not know"
    if item.gone_at is not None:
        return "its processor has deleted it"
    if item.status not in ENTITLING:
        return f"the subscription is {item.status.value}"
    if item.ended_at is not None:
        return "the subscription has ended"
    if item.cancel_at is not None and item.cancel_at <= now:
        return "the subscription was set to end, and that moment has passed"
    if item.collection_paused is not None:
        return "collection is paused"
    return None
