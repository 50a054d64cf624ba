"""Intents against items: what a subscription is to be, whatever it is now."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core import Catalog, Money, Plan
from accrue_core.billing.catalog import Price
from accrue_core.billing.subscriptions.change_preview import moment_in, preview_of, require_same
from accrue_core.billing.subscriptions.commands.targets import (
    Addition,
    Quantity,
    Removal,
    Swap,
    is_already,
    removed_by,
)
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.billing.subscriptions.terms import checked_quantity
from accrue_core.contracts.changes import ChangeSubscription, ItemTarget, PreviewedChange
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.subscriptions import (
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import InvalidRequest, NotFound, PreviewStale
from tests.units.strategies import row_of

CATALOG = Catalog(Plan(key="pro", prices={"fake": "p_pro"}))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
USD = Money(700, "usd")


def subscription(*items: tuple[str, int | None]) -> Subscription:
    snapshot = SubscriptionSnapshot(
        ref="sub_1",
        customer="cus_1",
        status=SubscriptionStatus.ACTIVE,
        items=tuple(
            SubscriptionItemSnapshot(ref=f"si_{number}", price=price, quantity=quantity)
            for number, (price, quantity) in enumerate(items)
        ),
    )
    row: Subscription = row_of(snapshot)
    return row


held = st.lists(
    st.tuples(st.sampled_from(["p_a", "p_b", "p_c", "p_d"]), st.integers(1, 9)),
    min_size=1,
    max_size=4,
    unique_by=lambda item: item[0],
).map(lambda items: subscription(*items))


@given(held, st.integers(1, 9), st.data())
def test_one_item_changes_and_the_others_stay(
    row: Subscription, quantity: int, data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from(row.items))
    for intent in (Quantity(quantity, item.id), Swap(Price("p_new"), quantity, item.id)):
        targets = intent.resolve(row, CATALOG)
        changed = [target for target in targets if target.ref == item.ref]
        assert [target.quantity for target in changed] == [quantity]
        others = [(t.ref, t.price, t.quantity) for t in targets if t.ref != item.ref]
        assert others == [(i.ref, i.price, i.quantity) for i in row.items if i.ref != item.ref]
        assert removed_by(row, targets) == ()


@given(held, st.data())
def test_what_is_removed_is_named_and_what_is_added_is_new(
    row: Subscription, data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from(row.items))
    if len(row.items) > 1:
        left = Removal(item.id).resolve(row, CATALOG)
        assert removed_by(row, left) == (item.ref,)
        assert len(left) == len(row.items) - 1
    else:
        with pytest.raises(InvalidRequest, match="cancel the subscription"):
            Removal(item.id).resolve(row, CATALOG)
    more = Addition("pro", 3).resolve(row, CATALOG)
    assert more[-1] == ItemTarget(price="p_pro", quantity=3)
    assert removed_by(row, more) == ()
    assert not is_already(row, more)
    with pytest.raises(InvalidRequest, match="already"):
        Addition(Price(item.price), 1).resolve(row, CATALOG)


def test_an_item_without_a_quantity_is_one() -> None:
    row = subscription(("p_a", None))

    assert is_already(row, Quantity(1, None).resolve(row, CATALOG))
    assert Swap("pro", None, None).resolve(row, CATALOG)[0].quantity == 1


def test_somebody_elses_item_is_not_found() -> None:
    row = subscription(("p_a", 1), ("p_b", 1))

    for item_id in ("asit_00000000000000000000000000", "si_0", "", 7):
        with pytest.raises(NotFound):
            Quantity(2, item_id).resolve(row, CATALOG)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="2 items"):
        Quantity(2, None).resolve(row, CATALOG)


@pytest.mark.parametrize("wrong", [0, -1, True, 1.0, "2", None, 10**10])
def test_a_quantity_is_a_whole_number(wrong: Any) -> None:
    with pytest.raises(InvalidRequest):
        checked_quantity(wrong)


@given(
    st.sampled_from(
        [Swap("pro", None, None), Swap("pro", 1, None), Swap(Price("pro"), None, None),
         Quantity(1, None), Quantity(1, "asit_1"), Addition("pro", 1), Addition("pro", 2),
         Removal("asit_1")]
    ),
    st.sampled_from([Swap("pro", None, None), Quantity(1, None), Addition("pro", 1)]),
)  # fmt: skip
def test_different_intents_are_never_said_alike(first: Any, second: Any) -> None:
    assert (str(first) == str(second)) == (first == second)


def request(**changes: Any) -> ChangeSubscription:
    values = {
        "ref": "sub_1",
        "items": (ItemTarget(ref="si_0", price="p_pro", quantity=2),),
        "proration": "always_invoice",
        "proration_at": NOW,
    }
    return ChangeSubscription(**{**values, **changes})


def said(**changes: Any) -> PreviewedChange:
    values = {
        "proration_at": NOW,
        "currency": "usd",
        "lines": (InvoiceLineSnapshot(ref="il_1", amount=USD, description="Pro", quantity=2),),
        "subtotal": USD,
        "discount": Money(0, "usd"),
        "tax": Money(0, "usd"),
        "total": USD,
        "amount_due": USD,
        "due_now": True,
    }
    return PreviewedChange(**{**values, **changes})


def test_a_token_holds_for_what_was_shown_and_nothing_else() -> None:
    token = preview_of("asub_1", request(), said()).token
    require_same(token, request(), said())
    relabelled = InvoiceLineSnapshot(ref="il_9", amount=USD, description="Pro", quantity=2)
    require_same(token, request(), said(lines=(relabelled,)))

    others: list[tuple[ChangeSubscription, PreviewedChange]] = [
        (request(ref="sub_2"), said()),
        (request(proration="none"), said()),
        (request(items=(ItemTarget(ref="si_0", price="p_pro", quantity=3),)), said()),
        (request(removed=("si_9",)), said()),
        (request(), said(amount_due=Money(701, "usd"))),
        (request(), said(tax=Money(1, "usd"))),
        (request(), said(due_now=False)),
        (request(), said(lines=())),
        (request(), said(proration_at=NOW + timedelta(seconds=1))),
    ]
    for asked, answered in others:
        with pytest.raises(PreviewStale):
            require_same(token, asked, answered)


def test_a_token_names_its_moment_for_an_hour() -> None:
    token = preview_of("asub_1", request(), said()).token

    assert moment_in(token, now=NOW + timedelta(minutes=59)) == NOW
    with pytest.raises(PreviewStale):
        moment_in(token, now=NOW + timedelta(minutes=61))
    for wrong in ("", "x", "1", f"{10**12}.{'a' * 64}", f"-1.{'a' * 64}", f"1.{'a' * 63}", None, 7):
        with pytest.raises(InvalidRequest):
            moment_in(wrong, now=NOW)  # type: ignore[arg-type]


@given(held, held)
def test_a_change_is_met_by_the_items_it_wanted(first: Subscription, second: Subscription) -> None:
    wanted = request(
        items=tuple(ItemTarget(price=i.price, quantity=i.quantity or 1) for i in first.items)
    )
    snapshot = SubscriptionSnapshot(
        ref="sub_1",
        customer="cus_1",
        status=SubscriptionStatus.ACTIVE,
        items=tuple(
            SubscriptionItemSnapshot(ref=i.ref, price=i.price, quantity=i.quantity)
            for i in second.items
        ),
    )
    same = Counter((i.price, i.quantity) for i in first.items) == Counter(
        (i.price, i.quantity) for i in second.items
    )
    assert wanted.is_met_by(snapshot) == same
