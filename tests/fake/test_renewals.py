"""What a passing month does."""

from __future__ import annotations

import pytest

from accrue_core.errors import InvalidRequest
from accrue_fake import Engine
from tests.fake.shop import DAY, MONTHLY, START, Shop


def test_a_renewal_is_an_invoice_for_the_next_period(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()

    shop.pass_days(31)

    first, second = shop.invoices(ref)
    assert second.created_at == START + 31 * DAY
    assert second.period_start == first.period_end == START + 31 * DAY
    assert (second.status, second.billing_reason) == ("paid", "subscription_cycle")
    assert (first.number, second.number) == ("F00001-0001", "F00001-0002")
    assert shop.subscription(ref).latest_invoice == second.ref
    assert shop.subscription(ref).items[0].current_period_end == START.replace(month=3)
    assert shop.events() == [
        "invoice.created",
        "invoice.finalized",
        "customer.subscription.updated",
        "invoice.paid",
    ]


def test_time_may_pass_in_any_steps(shop: Shop) -> None:
    other = Shop()
    for one in (shop, other):
        one.subscribed()
        one.subscribed("pm_card_failsAtRenewal", price="price_weekly")

    shop.pass_days(100)
    for _ in range(400):
        other.pass_days(0.25)

    assert shop.engine.dump() == other.engine.dump()


def test_a_trial_becomes_a_paid_subscription(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.events()

    shop.pass_days(11)
    assert shop.events() == ["customer.subscription.trial_will_end"]
    shop.pass_days(3)

    _, invoice = shop.invoices(ref)
    assert shop.subscription(ref).status == "active"
    assert (invoice.status, invoice.total) == ("paid", MONTHLY)
    assert invoice.period_start == START + 14 * DAY
    assert "invoice.paid" in shop.events()


def test_a_short_trial_is_announced_at_once_and_once(shop: Shop) -> None:
    shop.subscribed(trial_days=2)
    assert "customer.subscription.trial_will_end" in shop.events()

    shop.pass_days(2)
    assert "customer.subscription.trial_will_end" not in shop.events()


def test_a_trial_that_was_ended_is_not_announced(shop: Shop) -> None:
    shop.cancel(shop.subscribed(trial_days=14), "now")

    shop.pass_days(14)

    assert "customer.subscription.trial_will_end" not in shop.events()


@pytest.mark.parametrize("card", [None, "pm_card_chargeDeclined"])
def test_a_trial_without_a_good_card_ends_past_due(shop: Shop, card: str | None) -> None:
    ref = shop.subscribed(card, trial_days=14)

    shop.pass_days(14)

    assert shop.subscription(ref).status == "past_due"
    assert shop.invoices(ref)[-1].next_attempt_at == START + 17 * DAY


def test_retries_count_from_the_attempt_before_and_then_it_ends(shop: Shop) -> None:
    ref = shop.subscribed("pm_card_failsAtRenewal")
    due = START + 31 * DAY
    seen = []

    for days in (31, 3, 5):
        shop.pass_days(days)
        invoice = shop.invoices(ref)[-1]
        seen.append((invoice.attempts, invoice.next_attempt_at))
        assert shop.subscription(ref).status == "past_due"
    shop.pass_days(7)

    assert seen == [(1, due + 3 * DAY), (2, due + 8 * DAY), (3, due + 15 * DAY)]
    subscription, invoice = shop.subscription(ref), shop.invoices(ref)[-1]
    assert subscription.status == "canceled"
    assert subscription.ended_at == due + 15 * DAY
    assert (invoice.status, invoice.attempts, invoice.next_attempt_at) == ("open", 4, None)


def test_the_seller_may_prefer_unpaid(shop: Shop) -> None:
    shop = Shop(Engine(final="unpaid"))
    ref = shop.subscribed("pm_card_failsAtRenewal")

    shop.pass_days(31 + 15)
    assert shop.subscription(ref).status == "unpaid"
    shop.pass_days(28)

    assert [invoice.status for invoice in shop.invoices(ref)] == ["paid", "open", "draft"]
    shop.engine.pay_invoice(shop.invoices(ref)[1].ref)
    assert shop.subscription(ref).status == "active"


def test_a_new_card_pays_at_the_next_retry(shop: Shop) -> None:
    customer = shop.customer("pm_card_failsAtRenewal")
    ref = str(shop.subscribe(customer).main.ref)
    shop.pass_days(31)
    period = shop.subscription(ref).items[0]

    shop.attach(customer, "pm_card_visa")
    assert shop.subscription(ref).status == "past_due"
    shop.pass_days(3)

    assert shop.subscription(ref).status == "active"
    assert shop.subscription(ref).items[0] == period
    assert shop.invoices(ref)[-1].attempts == 2


def test_paid_late_by_hand_is_active_again_and_not_retried(shop: Shop) -> None:
    ref = shop.subscribed("pm_card_failsAtRenewal")
    shop.pass_days(31)

    shop.engine.pay_invoice(shop.invoices(ref)[-1].ref)
    shop.pass_days(16)

    assert shop.subscription(ref).status == "active"
    assert shop.invoices(ref)[-1].attempts == 1


def test_an_old_debt_that_is_paid_does_not_excuse_the_newest(shop: Shop) -> None:
    ref = shop.subscribed("pm_card_failsAtRenewal", price="price_weekly")
    shop.pass_days(14)
    _, older, newer = shop.invoices(ref)

    shop.engine.pay_invoice(older.ref)
    assert shop.subscription(ref).status == "past_due"
    shop.engine.pay_invoice(newer.ref)

    assert shop.subscription(ref).status == "active"


def test_a_sent_invoice_that_nobody_pays_is_past_due_on_its_day(shop: Shop) -> None:
    ref = shop.subscribed(None, collection="invoice", days_until_due=14)

    shop.pass_days(13.9)
    assert shop.subscription(ref).status == "active"
    shop.pass_days(0.1)
    assert shop.subscription(ref).status == "past_due"
    shop.engine.pay_invoice(shop.invoices(ref)[0].ref)

    assert shop.subscription(ref).status == "active"


def test_a_paid_sent_invoice_is_never_overdue(shop: Shop) -> None:
    ref = shop.subscribed(None, collection="invoice", days_until_due=14)
    shop.engine.pay_invoice(shop.invoices(ref)[0].ref)

    shop.pass_days(20)

    assert shop.subscription(ref).status == "active"


def test_becoming_something_from_outside_is_announced(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()

    shop.engine.subscriptions.becomes(ref, "past_due")
    shop.engine.subscriptions.becomes(ref, "past_due")
    shop.engine.subscriptions.becomes(ref, "canceled")

    assert shop.events() == ["customer.subscription.updated", "customer.subscription.deleted"]
    assert shop.subscription(ref).ended_at == START


def test_it_never_becomes_what_there_is_no_word_for(shop: Shop) -> None:
    with pytest.raises(InvalidRequest):
        shop.engine.subscriptions.becomes(shop.subscribed(), "hibernating")


def test_a_paused_subscription_draws_nothing(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.engine.subscriptions.becomes(ref, "paused")
    shop.pass_days(31)
    assert len(shop.invoices(ref)) == 1

    shop.engine.subscriptions.becomes(ref, "active")
    shop.pass_days(28)
    assert len(shop.invoices(ref)) == 2


def test_a_changed_quantity_shows_in_the_next_invoice(shop: Shop) -> None:
    ref = shop.subscribed()

    shop.engine.subscriptions.edit(ref, quantity=4)
    shop.pass_days(31)

    assert [invoice.total for invoice in shop.invoices(ref)] == [MONTHLY, MONTHLY * 4]
