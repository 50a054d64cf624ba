"""A whole subscription is paused: nothing goes on, and what was paid for is not lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.contracts.changes import PauseSubscription
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import CardDeclined, ProcessorRejected
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import DAY, MONTHLY, START, Shop

BANK = "pm_card_authenticationRequired"
UNUSED = 1900 * (31 - 10) // 31
"""What is left of a month after its tenth day, in cents; it is no half that is rounded."""


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> None:
    shop.stock_up()


def resting(shop: Shop, card: str = "pm_card_visa") -> str:
    """Return a subscription that was asked to rest on its tenth day."""
    ref = shop.subscribed(card)
    shop.pass_days(10)
    shop.events()
    shop.pause(ref, "none")
    return ref


def test_it_rests_and_its_period_is_over(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pass_days(10)
    shop.events()

    paused = shop.pause(ref, "none").main

    assert (paused.status, paused.collection_paused) == (SubscriptionStatus.PAUSED, None)
    assert paused.items[0].current_period_end == START + 10 * DAY
    assert shop.events() == ["customer.subscription.updated", "customer.subscription.paused"]
    shop.pass_days(400)
    assert shop.subscription(ref) == paused
    assert len(shop.invoices(ref)) == 1
    assert shop.events() == []


def test_resumed_it_begins_a_period_less_what_was_not_used(shop: Shop) -> None:
    ref = resting(shop)
    shop.pass_days(90)
    shop.events()

    answer = shop.resume(ref)

    now = START + 100 * DAY
    assert answer.main.status == "active"
    assert answer.main.items[0].current_period_start == now
    (invoice,) = answer.others
    assert [line.amount.minor for line in invoice.lines] == [-UNUSED, 1900]
    assert (invoice.status, invoice.amount_paid.minor) == ("paid", 1900 - UNUSED)
    assert shop.events()[-2:] == ["customer.subscription.updated", "customer.subscription.resumed"]
    shop.pass_days(31)
    assert shop.invoices(ref)[-1].total == MONTHLY
    assert_no_money_is_lost(shop.engine)


def test_what_was_not_used_counts_to_the_second(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.engine.advance(timedelta(days=9, hours=7, seconds=11))
    shop.pause(ref, "none")

    lines = shop.engine.books.subscriptions[ref].unbilled

    left = timedelta(days=31) - timedelta(days=9, hours=7, seconds=11)
    assert [line.amount.minor for line in lines] == [-round(1900 * left / timedelta(days=31))]
    assert lines[0].is_proration


def test_resumed_at_once_it_costs_nothing(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pause(ref, "none")

    (invoice,) = shop.resume(ref).others

    assert (invoice.status, invoice.total.minor) == ("paid", 0)
    shop.pass_days(31)
    assert [one.total.minor for one in shop.invoices(ref)] == [1900, 0, 1900]
    assert_no_money_is_lost(shop.engine)


def test_a_credit_that_is_left_over_pays_for_what_comes(shop: Shop) -> None:
    ref = shop.subscribed(price="price_pro")
    shop.swap(ref, "price_free", proration="create_prorations")
    shop.pause(ref, "none")

    (invoice,) = shop.resume(ref).others

    assert invoice.total.minor == -4900
    assert shop.credit(ref).minor == 4900
    assert_no_money_is_lost(shop.engine)


def test_the_bank_is_asked_and_nothing_runs_before_it_answers(shop: Shop) -> None:
    ref = resting(shop)
    shop.attach(shop.subscription(ref).customer, BANK)

    (invoice,) = shop.resume(ref).others
    assert (shop.subscription(ref).status, invoice.status) == ("paused", "open")
    shop.engine.authenticate(ref)

    assert shop.subscription(ref).status == "active"
    assert_no_money_is_lost(shop.engine)


@pytest.mark.parametrize("how", ["time", "hand"])
def test_the_credit_outlives_an_invoice_that_nobody_pays(shop: Shop, how: str) -> None:
    ref = resting(shop)
    customer = shop.subscription(ref).customer
    shop.attach(customer, BANK)
    (invoice,) = shop.resume(ref).others
    if how == "hand":
        shop.engine.invoices.void(invoice.ref)
    shop.pass_days(2)
    rests = shop.subscription(ref)
    shop.pass_days(40)
    assert (rests.status, shop.subscription(ref)) == ("paused", rests)
    assert [one.status for one in shop.invoices(ref)] == ["paid", "void"]
    shop.attach(customer, "pm_card_visa")

    (again,) = shop.resume(ref).others

    assert again.total == invoice.total
    assert (again.status, again.total.minor) == ("paid", 1900 - UNUSED)
    assert_no_money_is_lost(shop.engine)


def test_a_declined_card_leaves_it_at_rest(shop: Shop) -> None:
    ref = resting(shop)
    shop.attach(shop.subscription(ref).customer, "pm_card_chargeDeclined")
    before = shop.subscription(ref)

    with pytest.raises(CardDeclined):
        shop.resume(ref)

    assert shop.subscription(ref) == before
    assert len(shop.invoices(ref)) == 1


def test_what_is_owed_is_collected_on_and_gives_no_credit(shop: Shop) -> None:
    customer = shop.customer("pm_card_failsAtRenewal")
    ref = str(shop.subscribe(customer).main.ref)
    shop.pass_days(31)
    assert shop.subscription(ref).status == "past_due"
    shop.pause(ref, "none")
    shop.attach(customer, "pm_card_visa")

    shop.pass_days(3)

    assert shop.invoices(ref)[-1].status == "paid"
    assert shop.subscription(ref).status == "paused"
    assert shop.resume(ref).others[0].total == MONTHLY
    assert_no_money_is_lost(shop.engine)


def test_it_can_end_while_it_rests(shop: Shop) -> None:
    for when in ("now", "period_end"):
        ref = resting(shop)
        ended = shop.cancel(ref, when)
        assert (ended.status, ended.ended_at) == ("canceled", shop.engine.clock.now())
    later = resting(shop)
    shop.cancel(later, "at", shop.engine.clock.now() + 5 * DAY)
    shop.pass_days(6)
    assert shop.subscription(later).status == "canceled"
    assert len(shop.invoices(later)) == 1


def test_what_cannot_rest_does_not(shop: Shop) -> None:
    trial = shop.subscribed(trial_days=14)
    unpaid = shop.subscribed(None)
    sent = shop.subscribed(None, collection="invoice", days_until_due=9)
    ending = shop.subscribed()
    shop.cancel(ending, "period_end")
    waiting = shop.subscribed()
    shop.attach(shop.subscription(waiting).customer, BANK)
    shop.swap(waiting, "price_pro")
    paused = shop.subscribed()
    shop.pause(paused, "void")
    rests = shop.subscribed()
    shop.pause(rests, "none")
    refused = {
        trial: "trialing", unpaid: "incomplete", sent: "sent", ending: "ending",
        waiting: "pending_change", paused: "paused", rests: "paused",
    }  # fmt: skip
    shop.events()

    for ref, reason in refused.items():
        before = shop.subscription(ref)
        with pytest.raises(ProcessorRejected) as caught:
            shop.pause(ref, "none")
        assert (caught.value.reason, shop.subscription(ref)) == (reason, before)
    with pytest.raises(ProcessorRejected):
        shop.pause(shop.subscribed(), "none", START + 9 * DAY)
    assert "customer.subscription.paused" not in shop.events()


def test_the_same_key_pauses_once(shop: Shop) -> None:
    ref, key = shop.subscribed(), shop.key()
    request = PauseSubscription(ref=ref, behavior="none")

    first = shop.engine.subscriptions.pause(request, key=key)
    shop.resume(ref)
    again = shop.engine.subscriptions.pause(request, key=key)

    assert again == first
    assert shop.subscription(ref).status == "active"
