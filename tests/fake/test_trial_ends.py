"""Trials end when they are told to."""

from __future__ import annotations

import pytest

from accrue_core.contracts.changes import SetTrialEnd
from accrue_core.errors import ProcessorRejected
from tests.fake.shop import DAY, MONTHLY, START, Shop

WARNING = "customer.subscription.trial_will_end"


def test_a_longer_trial_asks_for_nothing_before_its_new_end(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    end = START + 40 * DAY
    shop.events()

    answer = shop.end_trial(ref, end)

    assert (answer.main.trial_end, answer.main.items[0].current_period_end) == (end, end)
    assert (answer.main.status, answer.others) == ("trialing", ())
    assert shop.events() == ["customer.subscription.updated"]
    shop.pass_days(36)
    assert WARNING not in shop.events()
    shop.pass_days(1)
    assert shop.events() == [WARNING]
    shop.pass_days(3)
    assert [one.total.minor for one in shop.invoices(ref)] == [0, MONTHLY.minor]
    assert shop.subscription(ref).items[0].current_period_start == end


def test_a_shorter_trial_is_paid_at_its_new_end(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.events()

    shop.end_trial(ref, START + 2 * DAY)
    assert shop.events() == ["customer.subscription.updated", WARNING]
    shop.pass_days(14)

    assert shop.events().count(WARNING) == 0
    assert [one.created_at for one in shop.invoices(ref)] == [START, START + 2 * DAY]
    assert shop.subscription(ref).status == "active"


def test_an_end_that_moves_back_and_forth_is_announced_once(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)

    for days in (20, 14, 20, 14):
        shop.end_trial(ref, START + days * DAY)
    shop.pass_days(14)

    assert shop.events().count(WARNING) == 1
    assert len(shop.invoices(ref)) == 2


def test_ended_now_the_first_period_begins_and_is_paid(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.pass_days(5)
    shop.events()

    answer = shop.end_trial(ref)

    now = START + 5 * DAY
    (item,), (invoice,) = answer.main.items, answer.others
    assert (answer.main.status, answer.main.trial_end) == ("active", now)
    assert (item.current_period_start, item.current_period_end) == (now, now.replace(month=2))
    assert (invoice.status, invoice.total, invoice.period_start) == ("paid", MONTHLY, now)
    assert shop.events() == [
        WARNING,
        "invoice.created",
        "invoice.finalized",
        "customer.subscription.updated",
        "invoice.paid",
    ]
    shop.pass_days(31)
    assert len(shop.invoices(ref)) == 3


@pytest.mark.parametrize("card", [None, "pm_card_chargeDeclined"])
def test_ended_now_without_a_good_card_it_is_past_due(shop: Shop, card: str | None) -> None:
    ref = shop.subscribed(card, trial_days=14)

    answer = shop.end_trial(ref)

    assert answer.main.status == "past_due"
    assert answer.others[0].status == "open"
    assert answer.others[0].next_attempt_at == START + 3 * DAY


def test_ended_now_with_a_bank_that_asks_it_says_what_to_do(shop: Shop) -> None:
    ref = shop.subscribed("pm_card_authenticationRequired", trial_days=14)

    answer = shop.end_trial(ref)

    assert answer.main.status == "past_due"
    assert answer.next_action is not None
    assert answer.next_action.kind == "authenticate"
    assert shop.engine.authenticate(ref).main.status == "active"


def test_what_was_to_end_with_the_trial_ends_with_what_follows_it(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.cancel(ref, "period_end")

    shop.end_trial(ref, START + 20 * DAY)
    assert shop.subscription(ref).cancel_at == START + 20 * DAY
    shop.pass_days(14)
    assert shop.subscription(ref).status == "trialing"
    shop.end_trial(ref)

    assert shop.subscription(ref).cancel_at == (START + 14 * DAY).replace(month=2)
    shop.pass_days(31)
    assert shop.subscription(ref).status == "canceled"
    assert len(shop.invoices(ref)) == 2


def test_the_same_end_is_no_change(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.events()

    shop.end_trial(ref, START + 14 * DAY)

    assert shop.events() == []


@pytest.mark.parametrize("days", [0, -1, 731])
def test_a_trial_ends_in_the_future_within_two_years(shop: Shop, days: int) -> None:
    ref = shop.subscribed(trial_days=14)

    with pytest.raises(ProcessorRejected):
        shop.end_trial(ref, START + days * DAY)


def test_what_is_over_is_not_ended_or_extended(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.pass_days(14)

    for end in (None, START + 30 * DAY):
        with pytest.raises(ProcessorRejected) as refused:
            shop.end_trial(ref, end)
        assert refused.value.reason == "not_trialing"


def test_the_same_key_ends_it_once(shop: Shop) -> None:
    ref, key = shop.subscribed(trial_days=14), shop.key()

    first = shop.engine.subscriptions.set_trial_end(SetTrialEnd(ref=ref), key=key)
    again = shop.engine.subscriptions.set_trial_end(SetTrialEnd(ref=ref), key=key)

    assert again == first
    assert len(shop.invoices(ref)) == 2
