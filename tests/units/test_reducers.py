"""All reducers, by property: what they must never do, whatever a processor says."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accrue_core.app import MIRRORS
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.events import TRIAL_ENDING
from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_core.db.base import column_names
from accrue_core.ledger.chain import canonical_bytes
from accrue_core.mirror.nouns import BOOKKEEPING
from accrue_core.mirror.thing import after_image
from accrue_core.owners import Owner
from tests.units.strategies import (
    NOW,
    customer_snapshots,
    invoice_snapshots,
    row_of,
    snapshots,
    snapshots_of,
    subscription_snapshots,
    thing_of,
)

NOUNS = [mirror.noun for mirror in MIRRORS.mirrors]
GIVEN_BY_THE_MIRROR = {"id", "processor", "ref", "unreadable", "gone_at"} | BOOKKEEPING


@given(snapshots)
def test_hearing_the_same_again_changes_nothing_and_nothing_becomes_true(snapshot: Any) -> None:
    thing = thing_of(snapshot, row_of(snapshot))
    assert thing.differences() == ()
    assert thing.events == []


@given(st.sampled_from(NOUNS), st.data())
def test_nothing_becomes_true_unless_something_changed(noun: str, data: st.DataObject) -> None:
    first, second = data.draw(snapshots_of(noun)), data.draw(snapshots_of(noun))
    thing = thing_of(replace(second, ref=first.ref), row_of(first))
    assert thing.differences() or not thing.events


FIELDS = [
    (mirror.noun, field.name)
    for mirror in MIRRORS.mirrors
    for field in fields(mirror.snapshot)
    if field.name not in {"ref", "announced"}
]


@pytest.mark.parametrize(("noun", "name"), FIELDS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_every_field_of_a_snapshot_is_kept_in_a_column(
    noun: str, name: str, data: st.DataObject
) -> None:
    first = data.draw(snapshots_of(noun))
    second = data.draw(
        # All amounts of an invoice are in its one currency.
        invoice_snapshots(first.currency)
        if noun == "invoice" and name != "currency"
        else snapshots_of(noun)
    )
    changed = replace(first, **{name: getattr(second, name)})
    assume(changed != first)
    if name == "owner":
        assume(first.owner is None)
    thing = thing_of(changed, row_of(first))
    assert thing.differences()
    assert thing_of(changed, row_of(changed)).differences() == ()


@given(snapshots)
def test_a_reducer_names_every_column_of_its_table(snapshot: Any) -> None:
    thing = thing_of(snapshot)
    parents = {parent.id_column for parent in thing.mirror.parents}
    produced = set(thing.values) - {"unreadable", "gone_at"}
    assert produced == set(column_names(thing.mirror.row)) - GIVEN_BY_THE_MIRROR - parents
    assert set(thing.children) == set(thing.mirror.children)
    for attribute, kind in thing.mirror.children.items():
        for child in thing.children[attribute]:
            given = {"id", "position", kind.parent_column}
            assert set(child) == set(column_names(kind.row)) - given


@given(snapshots)
def test_first_sight_is_told_once_as_the_creation_of_the_thing(snapshot: Any) -> None:
    thing = thing_of(snapshot)
    firsts = {
        "customer": "customer.created",
        "payment_method": "payment_method.attached",
        "subscription": "subscription.started",
        "invoice": "invoice.created",
        "checkout_session": "checkout_session.opened",
        "schedule": "schedule.created",
    }
    types = [event.name for event in thing.events]
    if thing.mirror.noun == "payment_method" and snapshot.customer is None:
        assert types == []
        return
    assert types[0] == firsts[thing.mirror.noun]
    assert types.count(types[0]) == 1


@given(snapshots)
def test_what_goes_into_the_ledger_is_neither_personal_nor_bookkeeping(snapshot: Any) -> None:
    row = row_of(snapshot)
    mirror = MIRRORS.of(snapshot)
    image = after_image(mirror, row)
    hidden = mirror.personal | BOOKKEEPING
    assert set(image) == {*column_names(mirror.row)} - hidden | set(mirror.children)
    for attribute, kind in mirror.children.items():
        assert all(not set(child) & kind.personal for child in image[attribute])
    canonical_bytes(image)
    for event in thing_of(snapshot).events:
        canonical_bytes(event.data())


@given(customer_snapshots, customer_snapshots)
def test_a_customer_is_never_handed_to_another_owner(
    first: CustomerSnapshot, second: CustomerSnapshot
) -> None:
    mine = replace(first, owner=Owner("team", "mine"))
    for claimed in (Owner("team", "theirs"), None):
        said = replace(second, ref=first.ref, owner=claimed, moved_by=first.moved_by)
        thing = thing_of(said, row_of(mine))
        assert (thing.values["owner_type"], thing.values["owner_id"]) == ("team", "mine")
    orphan = row_of(replace(first, owner=None))
    found = thing_of(replace(first, owner=Owner("team", "mine")), orphan)
    assert found.differences() == ("owner_type", "owner_id")


@given(customer_snapshots)
def test_a_move_of_ours_hands_a_customer_over_once(first: CustomerSnapshot) -> None:
    mine = replace(first, owner=Owner("team", "mine"), moved_by=None)
    moved = replace(mine, owner=Owner("team", "theirs"), moved_by="aop_1")
    thing = thing_of(moved, row_of(mine))
    assert [event.name for event in thing.events] == ["customer.moved"]
    assert (thing.values["owner_type"], thing.values["owner_id"]) == ("team", "theirs")
    edited = replace(moved, owner=Owner("team", "mine"))
    assert thing_of(edited, row_of(moved)).differences() == ()


@given(subscription_snapshots)
def test_the_end_of_a_trial_is_announced_once(first: SubscriptionSnapshot) -> None:
    trial = replace(first, status=SubscriptionStatus.TRIALING, trial_end=NOW)
    warned = replace(trial, announced=TRIAL_ENDING)
    news = thing_of(warned, row_of(trial))
    assert [event.name for event in news.events] == ["subscription.trial_ending"]
    for later in (trial, warned):
        assert thing_of(later, row_of(warned)).differences() == ()
    over = replace(warned, status=SubscriptionStatus.ACTIVE)
    assert "subscription.trial_ending" not in [e.name for e in thing_of(over, row_of(trial)).events]


def test_the_personal_columns_are_exactly_these() -> None:
    personal = {mirror.noun: set(mirror.personal) for mirror in MIRRORS.mirrors}
    assert personal == {
        "customer": {"name", "email", "metadata"},
        "payment_method": {"last4", "exp_month", "exp_year", "fingerprint"},
        "subscription": {"metadata"},
        "invoice": set(),
        "checkout_session": set(),
        "schedule": {"metadata"},
    }
    children = {
        attribute: set(kind.personal)
        for mirror in MIRRORS.mirrors
        for attribute, kind in mirror.children.items()
    }
    assert children == {"items": set(), "lines": {"description"}, "payments": set()}


@pytest.mark.parametrize("noun", NOUNS)
def test_personal_columns_exist(noun: str) -> None:
    mirror = MIRRORS.noun(noun)
    assert mirror.personal <= set(column_names(mirror.row))
    for kind in mirror.children.values():
        assert kind.personal <= set(column_names(kind.row))


def test_parents_come_before_what_belongs_to_them() -> None:
    ranks = {mirror.noun: mirror.rank for mirror in MIRRORS.mirrors}
    for mirror in MIRRORS.mirrors:
        for parent in mirror.parents:
            assert ranks[parent.noun] < mirror.rank
            assert hasattr(mirror.snapshot, "__dataclass_fields__")
            assert parent.noun in mirror.snapshot.__dataclass_fields__
            assert {parent.id_column, parent.ref_column} <= set(column_names(mirror.row))
