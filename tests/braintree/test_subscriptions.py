"""Braintree's subscription to ours, read by the SDK from XML as the API writes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_braintree.translate.account import Account
from accrue_braintree.translate.subscriptions import STATUSES, customer_in, subscription
from accrue_core.contracts.results import UnreadableSnapshot
from accrue_core.contracts.subscriptions import (
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import UnknownVocabulary
from tests.braintree import objects
from tests.braintree.objects import FEBRUARY, NOON
from tests.braintree.wire import Wire, as_sdk_reads, braintree, read

LATER = NOON + timedelta(days=9)
TRIAL_AS_WRITTEN = """<?xml version="1.0" encoding="UTF-8"?>
<subscription>
  <add-ons type="array"/>
  <billing-period-end-date nil="true"/>
  <billing-period-start-date nil="true"/>
  <created-at type="datetime">2027-01-01T12:00:05Z</created-at>
  <updated-at type="datetime">2027-01-01T12:00:05Z</updated-at>
  <current-billing-cycle type="integer">0</current-billing-cycle>
  <discounts type="array"/>
  <first-billing-date type="date">2027-01-15</first-billing-date>
  <id>sub_trial</id>
  <merchant-account-id>main</merchant-account-id>
  <never-expires type="boolean">true</never-expires>
  <next-billing-date type="date">2027-01-15</next-billing-date>
  <number-of-billing-cycles nil="true"/>
  <payment-method-token>visa1</payment-method-token>
  <plan-id>pro_monthly</plan-id>
  <price>10.00</price>
  <status>Active</status>
  <trial-duration type="integer">14</trial-duration>
  <trial-duration-unit>day</trial-duration-unit>
  <trial-period type="boolean">true</trial-period>
  <transactions type="array"/>
  <status-history type="array">
    <status-event>
      <timestamp type="datetime">2027-01-01T12:00:05Z</timestamp>
      <status>Active</status>
      <balance>0.00</balance>
      <price>10.00</price>
      <currency-iso-code>EUR</currency-iso-code>
    </status-event>
  </status-history>
</subscription>
"""


def midnight(month: int, day: int) -> datetime:
    return datetime(2027, month, day, tzinfo=UTC)


def snapshot(wire: Wire, account: Account = Account(), who: str | None = "team42") -> Any:  # noqa: B008
    return subscription(read("subscription", wire), account, who)


def test_a_subscription_is_read_whole() -> None:
    assert snapshot(objects.subscription()) == SubscriptionSnapshot(
        ref="sub_pro",
        customer="team42",
        status=SubscriptionStatus.ACTIVE,
        items=(
            SubscriptionItemSnapshot(
                ref="sub_pro",
                price="pro_monthly",
                quantity=1,
                current_period_start=midnight(1, 1),
                current_period_end=midnight(2, 1),
            ),
        ),
        currency="usd",
        started_at=NOON,
        default_payment_method="visa1",
        latest_invoice="sub_pro.2027-01-01",
        created_at=NOON,
    )


def test_a_trial_is_told_by_its_dates() -> None:
    found = subscription(as_sdk_reads(TRIAL_AS_WRITTEN), Account(), "team42")

    assert isinstance(found, SubscriptionSnapshot)
    assert found.status == SubscriptionStatus.TRIALING
    assert (found.trial_start, found.trial_end) == (NOON, midnight(1, 15))
    (item,) = found.items
    assert (item.current_period_start, item.current_period_end) == (NOON, midnight(1, 15))
    assert (found.currency, found.latest_invoice) == ("eur", None)


def test_a_trial_that_was_billed_is_over_and_remembered() -> None:
    billed = objects.subscription(trial_period=True, first_billing_date=date(2027, 1, 15))
    found = snapshot(billed)
    assert found.status == SubscriptionStatus.ACTIVE
    assert (found.trial_start, found.trial_end) == (NOON, midnight(1, 15))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Pending", SubscriptionStatus.INCOMPLETE),
        ("Active", SubscriptionStatus.ACTIVE),
        ("Past Due", SubscriptionStatus.PAST_DUE),
        ("Canceled", SubscriptionStatus.CANCELED),
        ("Expired", SubscriptionStatus.CANCELED),
    ],
)
def test_each_status_has_a_word_of_ours(word: str, status: SubscriptionStatus) -> None:
    assert snapshot(objects.subscription(status=word)).status == status


def test_the_statuses_are_those_that_the_sdk_knows() -> None:
    words = {
        word for name, word in vars(braintree.Subscription.Status).items() if name[0].isupper()
    }
    assert set(STATUSES) == words


@pytest.mark.parametrize("word", ["Paused", "active", "Past due", "Unrecognized", " Active"])
def test_an_unknown_status_makes_it_unreadable(word: str) -> None:
    wire = objects.subscription(status=word)
    assert snapshot(wire) == UnreadableSnapshot("subscription", "sub_pro", word)


@pytest.mark.parametrize("word", STATUSES)
def test_without_a_customer_it_is_unreadable_whatever_its_status(word: str) -> None:
    found = snapshot(objects.subscription(status=word), who=None)
    assert isinstance(found, UnreadableSnapshot)
    assert found.word.startswith(word)
    assert len(found.word) <= 64


def test_a_canceled_one_says_when() -> None:
    history = [
        objects.status_event("Canceled", LATER),
        objects.status_event("Active", NOON),
    ]
    canceled = objects.subscription(
        status="Canceled", status_history=history, updated_at=LATER + timedelta(days=1)
    )
    found = snapshot(canceled)
    assert (found.canceled_at, found.ended_at) == (LATER, LATER)
    assert (found.cancel_at, found.cancel_at_period_end) == (None, False)


def test_an_expired_one_has_ended_and_nobody_canceled_it() -> None:
    history = [objects.status_event("Active", NOON)]
    expired = objects.subscription(
        status="Expired",
        status_history=history,
        updated_at=LATER,
        never_expires=False,
        number_of_billing_cycles=1,
    )
    found = snapshot(expired)
    assert (found.canceled_at, found.ended_at) == (None, LATER)
    assert (found.cancel_at, found.cancel_at_period_end) == (None, False)


@pytest.mark.parametrize(
    ("cycles", "current", "never_expires", "is_ending"),
    [
        (None, 1, True, False),
        (3, 1, False, False),
        (3, 2, False, False),
        (3, 3, False, True),
        (3, 4, False, True),
        (3, 3, True, False),
        (None, 1, False, False),
    ],
)
def test_its_last_billing_cycle_is_a_pending_end(
    cycles: int | None, current: int, never_expires: bool, is_ending: bool
) -> None:
    for status in ("Active", "Past Due"):
        found = snapshot(
            objects.subscription(
                status=status,
                number_of_billing_cycles=cycles,
                current_billing_cycle=current,
                never_expires=never_expires,
            )
        )
        assert found.cancel_at_period_end is is_ending
        assert found.cancel_at == (midnight(2, 1) if is_ending else None)


def test_an_active_one_without_a_period_is_no_trial() -> None:
    found = snapshot(objects.trial(trial_period=False))
    assert found.status == SubscriptionStatus.ACTIVE
    assert (found.trial_start, found.trial_end) == (None, None)


def test_a_trial_has_no_pending_end() -> None:
    found = snapshot(objects.trial(number_of_billing_cycles=0, never_expires=False))
    assert (found.cancel_at, found.cancel_at_period_end) == (None, False)


def test_one_that_begins_later_starts_then_and_has_no_period_yet() -> None:
    pending = objects.subscription(
        status="Pending",
        first_billing_date=FEBRUARY[0],
        billing_period_start_date=None,
        billing_period_end_date=None,
        current_billing_cycle=0,
        transactions=[],
    )
    found = snapshot(pending)
    assert found.started_at == midnight(2, 1)
    (item,) = found.items
    assert (item.current_period_start, item.current_period_end) == (None, None)
    assert found.trial_end is None


def test_days_are_those_of_the_gateway_s_time_zone() -> None:
    account = Account(zone=ZoneInfo("America/New_York"))
    (item,) = snapshot(objects.subscription(), account).items
    assert item.current_period_start == datetime(2027, 1, 1, 5, tzinfo=UTC)
    assert item.current_period_end == datetime(2027, 2, 1, 5, tzinfo=UTC)
    spring = objects.subscription(billing_period_end_date=date(2027, 3, 31))
    (item,) = snapshot(spring, account).items
    assert item.current_period_end == datetime(2027, 4, 1, 4, tzinfo=UTC)


def test_an_add_on_is_an_item_that_is_not_taken_for_a_plan() -> None:
    seats = {"id": "pro_monthly", "amount": "2.00", "quantity": 5, "name": "Seats"}
    plan, add_on = snapshot(objects.subscription(add_ons=[seats])).items
    assert (plan.ref, plan.price, plan.quantity) == ("sub_pro", "pro_monthly", 1)
    assert (add_on.ref, add_on.price, add_on.quantity) == (
        "add_on:pro_monthly",
        "add_on:pro_monthly",
        5,
    )


def test_the_customer_is_the_one_that_its_transactions_name() -> None:
    assert customer_in(read("subscription", objects.subscription())) == "team42"
    assert customer_in(read("subscription", objects.trial())) is None
    nameless = objects.sale(customer={"id": None})
    some = objects.subscription(transactions=[nameless, objects.sale("c2")])
    assert customer_in(read("subscription", some)) == "team42"
    only = objects.subscription(transactions=[nameless])
    assert customer_in(read("subscription", only)) is None
    both = objects.subscription(
        transactions=[objects.sale(), objects.sale("c2", customer={"id": "x"})]
    )
    with pytest.raises(UnknownVocabulary, match="several customers"):
        customer_in(read("subscription", both))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"status": None},
        {"plan_id": ""},
        {"created_at": None},
        {"created_at": date(2027, 1, 1)},
        {"first_billing_date": NOON},
        {"trial_period": "maybe"},
        {"trial_period": None},
        {"never_expires": None},
        {"billing_period_end_date": None},
        {"billing_period_start_date": date(1815, 12, 10)},
        {"current_billing_cycle": "1", "number_of_billing_cycles": 1, "never_expires": False},
        {"number_of_billing_cycles": -1, "never_expires": False},
        {"add_ons": "none"},
        {"add_ons": [{"id": "a", "amount": "1.00", "quantity": None}]},
        {"transactions": "none"},
    ],
)
def test_a_shape_that_we_do_not_know_is_refused_by_name(changes: Wire) -> None:
    with pytest.raises(UnknownVocabulary) as refused:
        snapshot(objects.subscription(**changes))
    assert refused.value.where.startswith(("subscription.", "answer"))


@pytest.mark.parametrize("key", sorted(objects.subscription()))
def test_a_key_that_is_missing_is_missed_if_anybody_reads_it(key: str) -> None:
    wire = objects.subscription()
    del wire[key]
    try:
        found = snapshot(wire)
    except UnknownVocabulary as error:
        assert error.where == f"subscription.{key}"  # noqa: PT017
        assert error.word == "missing"  # noqa: PT017
    else:
        assert found == snapshot(objects.subscription())


DAYS = st.dates(date(2001, 1, 1), date(2090, 1, 1))
SUBSCRIPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([*STATUSES, "Hibernating"]),
        "trial_period": st.booleans(),
        "never_expires": st.booleans(),
        "number_of_billing_cycles": st.none() | st.integers(0, 40),
        "current_billing_cycle": st.integers(0, 40),
        "first_billing_date": DAYS,
        "billing_period_start_date": st.none() | DAYS,
        "billing_period_end_date": st.none() | DAYS,
        "payment_method_token": st.none() | st.just("visa2"),
        "transactions": st.lists(st.just(objects.sale()), max_size=1),
    },
)


@given(SUBSCRIPTIONS, st.none() | st.just("team42"))
def test_every_reading_is_sane_or_refused(changes: Wire, who: str | None) -> None:
    try:
        found = snapshot(objects.subscription(**changes), who=who)
    except UnknownVocabulary:
        return
    if isinstance(found, UnreadableSnapshot):
        assert who is None or found.word == "Hibernating"
        return
    assert (found.ended_at is not None) == (found.status == SubscriptionStatus.CANCELED)
    assert (found.cancel_at is not None) == found.cancel_at_period_end
    assert not (found.ended_at and found.cancel_at)
    if found.status == SubscriptionStatus.TRIALING:
        assert found.trial_end is not None
    moments = [found.started_at, found.ended_at, found.cancel_at, found.trial_end]
    assert all(moment is None or moment.tzinfo is UTC for moment in moments)
