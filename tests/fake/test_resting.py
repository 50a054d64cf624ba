"""Trials that nobody has a card for: what becomes of them, and how a rest ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.changes import ResumeSubscription
from accrue_core.contracts.results import Key
from accrue_core.errors import CardDeclined, ProcessorRejected
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import DAY, MONTHLY, START, Shop

END = START + 14 * DAY
BANK = "pm_card_authenticationRequired"


def resting(shop: Shop) -> str:
    """Return a subscription whose trial ran out a week ago, without a card."""
    ref = shop.subscribed(None, trial_days=14, trial_without_card="pause")
    shop.pass_days(21)
    shop.events()
    return ref


def test_it_is_invoiced_and_past_due(shop: Shop) -> None:
    ref = shop.subscribed(None, trial_days=14, trial_without_card="invoice")

    shop.pass_days(14)

    assert shop.subscription(ref).status == "past_due"
    assert [one.status for one in shop.invoices(ref)] == ["paid", "open"]


def test_it_is_canceled_without_an_invoice(shop: Shop) -> None:
    ref = shop.subscribed(None, trial_days=14, trial_without_card="cancel")
    shop.events()

    shop.pass_days(400)

    snapshot = shop.subscription(ref)
    assert (snapshot.status, snapshot.ended_at) == ("canceled", END)
    assert len(shop.invoices(ref)) == 1
    assert shop.events() == [
        "customer.subscription.trial_will_end", "customer.subscription.deleted",
    ]  # fmt: skip


def test_it_rests_and_asks_for_nothing(shop: Shop) -> None:
    ref = shop.subscribed(None, trial_days=14, trial_without_card="pause")
    shop.events()

    shop.pass_days(14)
    assert shop.events() == [
        "customer.subscription.trial_will_end",
        "customer.subscription.updated",
        "customer.subscription.paused",
    ]
    assert shop.subscription(ref).items[0].current_period_start == END
    shop.pass_days(100)

    snapshot = shop.subscription(ref)
    assert snapshot.status == "paused"
    assert snapshot.items[0].current_period_end == START.replace(month=5, day=15)
    assert len(shop.invoices(ref)) == 1


@pytest.mark.parametrize("how", ["cancel", "pause"])
@pytest.mark.parametrize("whose", ["customer", "subscription", "sent"])
def test_with_a_way_to_be_paid_it_is_a_renewal(shop: Shop, how: str, whose: str) -> None:
    customer = shop.customer()
    options: dict[str, Any] = {"collection": "invoice"} if whose == "sent" else {}
    if whose == "subscription":
        own = shop.attach(customer, "pm_card_visa", make_default=False)
        options = {"payment_method": own}
    ref = str(shop.subscribe(customer, trial_days=14, trial_without_card=how, **options).main.ref)
    if whose == "customer":
        shop.attach(customer, "pm_card_visa")

    shop.pass_days(14)

    assert shop.subscription(ref).status == "active"
    assert shop.invoices(ref)[-1].total == MONTHLY


def test_a_trial_that_is_ended_by_hand_ends_in_the_same_way(shop: Shop) -> None:
    ref = shop.subscribed(None, trial_days=14, trial_without_card="pause")

    answer = shop.end_trial(ref)

    assert answer.main.status == "paused"
    assert answer.others == ()


def test_a_card_alone_does_not_end_a_rest(shop: Shop) -> None:
    ref = resting(shop)

    shop.attach(shop.subscription(ref).customer, "pm_card_visa")
    shop.pass_days(60)

    assert shop.subscription(ref).status == "paused"


def test_resumed_it_begins_a_period_and_pays_for_it(shop: Shop) -> None:
    ref = resting(shop)
    now = shop.engine.clock.now()
    shop.attach(shop.subscription(ref).customer, "pm_card_visa")
    shop.events()

    answer = shop.resume(ref)

    assert answer.main.status == "active"
    assert answer.main.items[0].current_period_start == now
    (invoice,) = answer.others
    assert (invoice.status, invoice.total, invoice.period_start) == ("paid", MONTHLY, now)
    assert answer.main.latest_invoice == invoice.ref
    assert shop.events() == [
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "customer.subscription.updated",
        "customer.subscription.resumed",
    ]
    shop.pass_days(31)
    assert [one.total.minor for one in shop.invoices(ref)] == [0, 1900, 1900]
    assert_no_money_is_lost(shop.engine)


@pytest.mark.parametrize("card", [None, "pm_card_chargeDeclined"])
def test_what_is_declined_leaves_it_at_rest(shop: Shop, card: str | None) -> None:
    ref = resting(shop)
    if card is not None:
        shop.attach(shop.subscription(ref).customer, card)
    before, books = shop.subscription(ref), len(shop.engine.books.due)

    with pytest.raises(CardDeclined):
        shop.resume(ref)

    assert shop.subscription(ref) == before
    assert len(shop.engine.books.due) == books
    assert len(shop.invoices(ref)) == 1


def test_a_bank_that_asks_keeps_it_at_rest_until_it_is_answered(shop: Shop) -> None:
    ref = resting(shop)
    shop.attach(shop.subscription(ref).customer, BANK)

    answer = shop.resume(ref)

    assert answer.main.status == "paused"
    assert answer.next_action is not None
    assert answer.next_action.kind == "authenticate"
    with pytest.raises(ProcessorRejected):
        shop.resume(ref)
    shop.engine.authenticate(ref)
    assert shop.subscription(ref).status == "active"
    shop.pass_days(2)
    assert shop.invoices(ref)[-1].status == "paid"


def test_the_bank_is_waited_for_23_hours(shop: Shop) -> None:
    ref = resting(shop)
    shop.attach(shop.subscription(ref).customer, BANK)
    shop.resume(ref)

    shop.engine.advance(timedelta(hours=23))

    assert shop.subscription(ref).status == "paused"
    assert shop.invoices(ref)[-1].status == "void"
    shop.resume(ref)
    shop.engine.authenticate(ref)
    assert shop.subscription(ref).status == "active"
    assert_no_money_is_lost(shop.engine)


def test_a_rest_that_ends_for_good_asks_for_nothing_any_more(shop: Shop) -> None:
    ref = resting(shop)
    shop.attach(shop.subscription(ref).customer, BANK)
    shop.resume(ref)

    shop.cancel(ref, "now")

    assert shop.invoices(ref)[-1].status == "void"
    shop.pass_days(60)
    assert shop.subscription(ref).status == "canceled"


def test_it_is_resumed_once_under_one_key(shop: Shop) -> None:
    ref = resting(shop)
    shop.attach(shop.subscription(ref).customer, "pm_card_visa")
    request, key = ResumeSubscription(ref=ref), Key("again", "again")

    answers = [shop.engine.subscriptions.resume(request, key=key) for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(shop.invoices(ref)) == 2


def test_what_rests_for_nothing_goes_on_for_nothing(shop: Shop) -> None:
    shop.stock_up()
    ref = shop.subscribed(None, price="price_free", trial_days=14, trial_without_card="pause")
    shop.pass_days(20)

    assert shop.resume(ref).main.status == "active"


def test_what_waited_for_an_invoice_is_on_the_one_that_ends_the_rest(shop: Shop) -> None:
    shop.stock_up()
    ref = shop.halfway()
    shop.swap(ref, "price_pro", proration="create_prorations")
    shop.engine.subscriptions.becomes(ref, "paused")

    (invoice,) = shop.resume(ref).others

    assert [line.amount.minor for line in invoice.lines] == [-950, 2450, 4900]
    shop.pass_days(31)
    assert [line.amount.minor for line in shop.invoices(ref)[-1].lines] == [4900]
    assert_no_money_is_lost(shop.engine)


def test_a_debt_that_is_paid_does_not_end_a_rest(shop: Shop) -> None:
    ref = shop.subscribed(None, collection="invoice")
    shop.engine.subscriptions.becomes(ref, "paused")

    shop.engine.pay_invoice(shop.invoices(ref)[0].ref)

    assert shop.subscription(ref).status == "paused"
