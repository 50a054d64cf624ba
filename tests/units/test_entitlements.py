from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.billing.catalog import Catalog, Plan
from accrue_core.billing.entitlements.resolve import HeldItem, resolve
from accrue_core.contracts.subscriptions import SubscriptionStatus

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)

PRO = Plan(key="pro", features={"reports", "export"}, prices={"fake": ["p_pro", "p_old"]})
BASIC = Plan(key="basic", features={"export"}, prices={"fake": "p_basic", "stripe": "p_pro"})
FREE = Plan(key="free", features={"notes"}, is_default=True)
CATALOG = Catalog(PRO, BASIC, FREE)
WITHOUT_FREE = Catalog(PRO, BASIC)

ACTIVE = HeldItem(
    processor="fake",
    subscription_id="asub_1",
    price="p_pro",
    quantity=1,
    status=SubscriptionStatus.ACTIVE,
    unreadable=None,
    gone_at=None,
    ended_at=None,
    cancel_at=None,
    collection_paused=None,
)
moments = st.none() | st.sampled_from(
    [NOW - timedelta(days=400), NOW - MICROSECOND, NOW, NOW + MICROSECOND, NOW + timedelta(days=9)]
)
held_items = st.builds(
    HeldItem,
    processor=st.sampled_from(["fake", "stripe", "gone"]),
    subscription_id=st.sampled_from(["asub_1", "asub_2"]),
    price=st.sampled_from(["p_pro", "p_old", "p_basic", "p_unmapped"]),
    quantity=st.none() | st.integers(0, 5),
    status=st.sampled_from(SubscriptionStatus),
    unreadable=st.none() | st.sampled_from(["frozen", ""]),
    gone_at=moments,
    ended_at=moments,
    cancel_at=moments,
    collection_paused=st.none() | st.sampled_from(["void", ""]),
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        *(
            ({"status": status}, f"the subscription is {status.value}")
            for status in SubscriptionStatus
            if status not in {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING}
        ),
        ({"unreadable": "frozen"}, "its processor calls it 'frozen', which we do not know"),
        ({"gone_at": NOW - SECOND}, "its processor has deleted it"),
        ({"gone_at": NOW + SECOND}, "its processor has deleted it"),
        ({"ended_at": NOW - SECOND}, "the subscription has ended"),
        ({"cancel_at": NOW - SECOND}, "was set to end, and that moment has passed"),
        ({"cancel_at": NOW}, "was set to end, and that moment has passed"),
        ({"collection_paused": "void"}, "collection is paused"),
        ({"price": "p_unmapped"}, "no plan of the catalog has this price"),
        ({"processor": "braintree"}, "no plan of the catalog has this price"),
    ],
)
def test_a_closed_gate_says_why(change: dict[str, Any], reason: str) -> None:
    access = resolve(WITHOUT_FREE, [replace(ACTIVE, **change)], NOW)
    assert (access.plans, access.paid_plans, access.features) == (frozenset(),) * 3
    assert [grant.is_granted for grant in access.grants] == [False]
    assert reason in access.grants[0].reason


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"status": SubscriptionStatus.TRIALING},
        {"cancel_at": NOW + MICROSECOND},
        {"price": "p_old"},
        {"quantity": None},
    ],
)
def test_what_is_paid_for_or_tried_is_granted(change: dict[str, Any]) -> None:
    access = resolve(WITHOUT_FREE, [replace(ACTIVE, **change)], NOW)
    assert access.paid_plans == access.plans == {"pro"}
    assert access.features == PRO.features
    assert access.grants[0].reason == f"the subscription is {access.grants[0].reason.split()[-1]}"


@given(st.lists(held_items, max_size=6), st.sampled_from([CATALOG, WITHOUT_FREE]))
def test_only_live_and_mapped_items_grant_and_grants_add_up(
    held: list[HeldItem], catalog: Catalog
) -> None:
    access = resolve(catalog, held, NOW)
    live = [
        item
        for item in held
        if item.status.value in {"active", "trialing"}
        and item.unreadable is None
        and item.gone_at is None
        and item.ended_at is None
        and item.collection_paused is None
        and (item.cancel_at is None or item.cancel_at > NOW)
    ]
    plans = {plan.key for item in live if (plan := catalog.plan_of(item.processor, item.price))}
    assert access.paid_plans == plans
    assert access.plans == plans | ({"free"} if catalog.default else set())
    assert access.features == {f for key in access.plans for f in catalog.plan(key).features}
    assert len(access.grants) == len(held) + (catalog.default is not None)
    assert all(grant.reason for grant in access.grants)


@given(st.lists(held_items, max_size=6), held_items)
def test_holding_more_never_grants_less(held: list[HeldItem], more: HeldItem) -> None:
    few, many = resolve(CATALOG, held, NOW), resolve(CATALOG, [*held, more], NOW)
    assert few.features <= many.features
    assert few.plans <= many.plans


@given(st.lists(held_items, max_size=6))
def test_time_alone_only_takes_away(held: list[HeldItem]) -> None:
    sooner, later = resolve(CATALOG, held, NOW), resolve(CATALOG, held, NOW + timedelta(days=99))
    assert later.features <= sooner.features


def test_the_free_plan_is_everybodys_and_nobody_pays_for_it() -> None:
    access = resolve(CATALOG, [], NOW)
    assert access.plans == {"free"}
    assert access.paid_plans == frozenset()
    assert access.features == {"notes"}
    assert access.grants[0].reason == "everybody has the default plan"
    assert access.grants[0].subscription_id is None


def test_two_processors_grant_in_union() -> None:
    access = resolve(CATALOG, [ACTIVE, replace(ACTIVE, processor="stripe")], NOW)
    assert access.paid_plans == {"pro", "basic"}
