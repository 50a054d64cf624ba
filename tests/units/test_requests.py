"""Requests and refusals as they are stored, and when a change is already met."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
    PauseBehavior,
    PauseSubscription,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    CustomerSnapshot,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.processor import REQUESTS
from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    PhaseSnapshot,
    PlannedPhase,
    ReleaseSchedule,
    ScheduleSnapshot,
    ScheduleStatus,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    NewItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import CardDeclined, ProcessorError, ProcessorRejected, RemoteMissing
from accrue_core.operations.models import OperationRecord, OperationStatus
from accrue_core.operations.stored import (
    error_of,
    identity_in,
    identity_of,
    joined,
    method_of,
    refusal_of,
    split,
)
from tests.units.strategies import maybe_moments, moments, owners, refs, words

NOW = datetime(2026, 3, 1, tzinfo=UTC)
texts = words.filter(bool)
metadata = st.dictionaries(texts, texts, max_size=4)
phases = st.builds(
    PlannedPhase,
    items=st.lists(
        st.builds(NewItem, price=refs, quantity=st.integers(1, 9)), min_size=1, max_size=2
    ).map(tuple),
    ends_at=moments,
    is_trial=st.booleans(),
    coupon=st.none() | refs,
)
MAKERS: dict[type[Any], st.SearchStrategy[Any]] = {
    CreateCustomer: st.builds(
        CreateCustomer,
        owner=owners,
        name=st.none() | texts,
        email=st.none() | texts,
        metadata=metadata,
    ),
    AttachPaymentMethod: st.builds(
        AttachPaymentMethod, customer=refs, payment_method=refs, make_default=st.booleans()
    ),
    CreateSubscription: st.builds(
        CreateSubscription,
        customer=refs,
        items=st.lists(
            st.builds(NewItem, price=refs, quantity=st.integers(1, 10**6)), min_size=1, max_size=3
        ).map(tuple),
        trial_days=st.none() | st.integers(1, 730),
        trial_end=maybe_moments,
        trial_without_card=st.sampled_from(["invoice", "cancel", "pause"]),
        anchor=maybe_moments,
        backdated_to=maybe_moments,
        proration=st.sampled_from(["create_prorations", "none"]),
        coupon=st.none() | refs,
        automatic_tax=st.booleans(),
        payment_method=st.none() | refs,
        collection=st.sampled_from(["charge", "invoice"]),
        days_until_due=st.none() | st.integers(1, 730),
        metadata=metadata,
    ),
    CreateCheckoutSession: st.builds(
        CreateCheckoutSession,
        customer=refs,
        items=st.lists(
            st.builds(NewItem, price=refs, quantity=st.integers(1, 10**6)), min_size=1, max_size=3
        ).map(tuple),
        success_url=texts,
        cancel_url=texts,
        trial_days=st.none() | st.integers(1, 730),
        trial_end=maybe_moments,
        metadata=metadata,
    ),
    UpdateCustomer: st.builds(
        UpdateCustomer,
        ref=refs,
        name=st.none() | texts,
        email=st.none() | texts,
        locale=st.none() | st.just("de"),
        timezone=st.none() | st.just("Europe/Lisbon"),
        metadata=metadata,
    ),
    SetTaxLocation: st.builds(
        SetTaxLocation, ref=refs, country=st.just("DE"), postal_code=st.none() | texts
    ),
    AssignCustomer: st.builds(AssignCustomer, ref=refs, owner=owners),
    CreateSchedule: st.builds(
        CreateSchedule,
        customer=refs,
        phases=st.lists(phases, min_size=1, max_size=3).map(tuple),
        starts_at=maybe_moments,
        end_behavior=st.sampled_from(["release", "cancel"]),
        metadata=metadata,
    ),
    UpdateSchedule: st.builds(
        UpdateSchedule, ref=refs, phases=st.lists(phases, min_size=1, max_size=3).map(tuple)
    ),
    ReleaseSchedule: st.builds(ReleaseSchedule, ref=refs),
    CancelSchedule: st.builds(CancelSchedule, ref=refs),
    ChangeSubscription: st.builds(
        ChangeSubscription,
        ref=refs,
        items=st.lists(
            st.builds(ItemTarget, price=refs, quantity=st.integers(1, 9), ref=st.none() | refs),
            min_size=1,
            max_size=3,
        ).map(tuple),
        proration=st.sampled_from(["create_prorations", "always_invoice", "none"]),
        removed=st.lists(refs, max_size=2).map(tuple),
        proration_at=maybe_moments,
        intent=words,
    ),
    SetTrialEnd: st.builds(SetTrialEnd, ref=refs, trial_end=maybe_moments),
    PauseSubscription: st.builds(
        PauseSubscription,
        ref=refs,
        behavior=st.sampled_from(get_args(PauseBehavior)),
        resumes_at=maybe_moments,
    ),
    ResumeSubscription: st.builds(ResumeSubscription, ref=refs),
    CancelSubscription: st.builds(
        CancelSubscription,
        ref=refs,
        when=st.sampled_from(["now", "period_end", "at"]),
        at=maybe_moments,
        invoice_now=st.booleans(),
        prorate=st.booleans(),
        reason=st.none() | st.just("unused"),
    ),
    KeepSubscription: st.builds(KeepSubscription, ref=refs),
}
requests = st.one_of(*MAKERS.values())


def record_of(request: Any) -> OperationRecord:
    """Return the operation of a request as it comes back from a database's JSON columns."""
    content, personal = json.loads(json.dumps(split(request)))
    return OperationRecord(
        id="aop_1", key="k", method=method_of(request), subject="s", processor="fake",
        request=content, personal=personal, asked=1, status=OperationStatus.OPEN, actor="system",
        attempts=1, lease_until=NOW, started_at=NOW, ended_at=None, result_noun=None,
        result_ref=None, refusal=None,
    )  # fmt: skip


def test_every_request_there_is_is_generated_here() -> None:
    assert set(MAKERS) == set(REQUESTS.values())
    for method, request in REQUESTS.items():
        assert method == f"{request.gateway}.{request.method}"
        assert request.personal <= {field.name for field in fields(request)}
        assert request.effect in {"create", "change"}
        assert hasattr(request, "is_met_by") == (request.effect == "change")


@given(requests)
def test_a_stored_request_comes_back_as_it_was(request: Any) -> None:
    assert joined(record_of(request)) == request


@given(requests)
def test_the_plain_part_compares_equal_after_a_trip_through_the_database(request: Any) -> None:
    content, _ = split(request)
    assert dict(record_of(request).request) == content


@given(requests)
def test_what_is_personal_is_kept_apart(request: Any) -> None:
    content, personal = split(request)
    assert not set(content) & request.personal
    assert set(personal or {}) <= request.personal
    assert set(content) | request.personal == {field.name for field in fields(request)}


@given(moments, st.integers(-12, 12))
def test_one_moment_written_in_another_zone_is_the_same_request(
    moment: datetime, hours: int
) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    one, other = (CancelSubscription(ref="sub_1", when="at", at=at) for at in (moment, elsewhere))
    assert one == other
    assert joined(record_of(one)) == joined(record_of(other))


@given(st.builds(CardDeclined, reason=texts, advice=texts))
def test_a_declined_card_is_told_again_in_the_same_words(error: CardDeclined) -> None:
    assert_same(error)


@given(st.builds(ProcessorRejected, texts, reason=texts, param=st.none() | texts))
def test_a_rejection_is_told_again_in_the_same_words(error: ProcessorRejected) -> None:
    assert_same(error)


@given(st.builds(RemoteMissing, noun=texts, ref=texts))
def test_a_missing_thing_is_told_again_in_the_same_words(error: RemoteMissing) -> None:
    assert_same(error)


def assert_same(error: ProcessorError) -> None:
    stored = json.loads(json.dumps(refusal_of(error)))
    again = error_of(stored)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize(
    ("request_", "states"),
    [
        (CancelSubscription(ref="sub_1", when="now"), {"ended", "canceled"}),
        (
            CancelSubscription(ref="sub_1", when="period_end"),
            {"ended", "canceled", "at_period_end", "at_period_end_and_date"},
        ),
        (CancelSubscription(ref="sub_1", when="at", at=NOW), {"ended", "canceled", "at_date"}),
        (KeepSubscription(ref="sub_1"), {"live"}),
    ],
)
def test_a_change_is_met_by_what_it_asked_for_and_nothing_else(
    request_: Any, states: set[str]
) -> None:
    live = SubscriptionSnapshot(
        ref="sub_1", customer="cus_1", status=SubscriptionStatus.ACTIVE, items=()
    )
    snapshots = {
        "live": live,
        "at_period_end": replace(live, cancel_at_period_end=True),
        "at_period_end_and_date": replace(live, cancel_at_period_end=True, cancel_at=NOW),
        "at_date": replace(live, cancel_at=NOW),
        "at_another_date": replace(live, cancel_at=NOW + timedelta(seconds=1)),
        "ended": replace(live, ended_at=NOW, cancel_at_period_end=True),
        "canceled": replace(live, status=SubscriptionStatus.CANCELED, cancel_at=NOW),
        "gone": GoneSnapshot("subscription", "sub_1"),
        "unreadable": UnreadableSnapshot("subscription", "sub_1", "frozen"),
    }
    assert {name for name, told in snapshots.items() if request_.is_met_by(told)} == states


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_resolved_request_is_known_by_what_was_wanted(first: str, second: str) -> None:
    one = ChangeSubscription(ref="sub_1", items=(), proration="none", intent=first)
    moved = replace(one, items=(ItemTarget(price="p", quantity=2),), removed=("si_1",))
    other = replace(one, intent=second)

    assert identity_of(one) == identity_of(moved) == identity_in(record_of(moved))
    assert (identity_of(one) == identity_of(other)) == (first == second)
    assert identity_of(one) != identity_of(replace(one, proration="always_invoice"))


def test_a_customer_is_known_as_asked_when_every_named_field_is_so() -> None:
    is_so = CustomerSnapshot(
        ref="cus_1", owner=None, locale="de", metadata={"size": "12", "kind": "b"}
    )
    met = UpdateCustomer(ref="cus_1", locale="de", metadata={"size": "12", "gone": ""})
    assert met.is_met_by(is_so)
    for other in ({"locale": "fr"}, {"timezone": "UTC"}, {"metadata": {"kind": ""}}):
        assert not replace(met, **other).is_met_by(is_so)  # type: ignore[arg-type]


def test_a_schedule_is_as_asked_when_its_last_phases_are() -> None:
    items = (NewItem(price="price_1", quantity=2),)
    ends = [NOW + timedelta(days=30 * n) for n in (1, 2, 3)]
    phases = tuple(
        PhaseSnapshot(items=items, starts_at=end - timedelta(days=30), ends_at=end) for end in ends
    )
    said = ScheduleSnapshot(
        ref="sub_sched_1", customer="cus_1", subscription=None,
        status=ScheduleStatus.ACTIVE, phases=phases,
    )  # fmt: skip
    wanted = UpdateSchedule(
        ref="sub_sched_1",
        phases=tuple(PlannedPhase(items=items, ends_at=end) for end in ends[1:]),
    )
    assert wanted.is_met_by(said)
    other = replace(wanted.phases[0], items=(NewItem(price="price_1", quantity=3),))
    assert not replace(wanted, phases=(other, wanted.phases[1])).is_met_by(said)
    assert not replace(wanted, end_behavior="cancel").is_met_by(said)
    assert not wanted.is_met_by(replace(said, phases=phases[:2]))
