"""What a customer does on the page of a checkout session, and what comes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.results import Key
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_core.money import Money
from tests.fake.shop import DAY, MONTHLY, START, Shop, token_of

KEY = Key("the-key", "the-operation")
VISA, DECLINED = "pm_card_visa", "pm_card_chargeDeclined"
AUTHENTICATES = "pm_card_authenticationRequired"
MONTHLY_IN_EUROS = Money(1500, "eur")


def test_a_good_card_starts_the_subscription_and_completes_the_session(shop: Shop) -> None:
    customer = shop.customer()
    opened = shop.checkout(customer, key=KEY, metadata={"plan": "pro"})
    shop.events()

    paid = shop.engine.checkout.pay(token_of(opened), VISA)

    assert (paid.main.status, paid.next_action) == ("complete", None)
    subscription, payer, card, invoice = paid.others
    assert (subscription.ref, subscription.status) == (paid.main.subscription, "active")
    assert subscription.metadata == {"plan": "pro", "accrue_operation": "the-operation"}
    assert (invoice.status, invoice.total, invoice.attempts) == ("paid", MONTHLY, 1)
    assert (payer.ref, payer.default_payment_method) == (customer, card.ref)
    assert (card.customer, card.last4) == (customer, "4242")
    assert shop.events() == [
        "payment_method.attached",
        "customer.updated",
        "customer.subscription.created",
        "customer.updated",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "checkout.session.completed",
    ]
    assert shop.engine.checkout.fetch(paid.main.ref) == paid


def test_the_page_asks_for_what_is_left_after_the_credit(shop: Shop) -> None:
    shop.stock_up()
    ref = shop.subscribed(price="price_seat")
    customer = shop.subscription(ref).customer
    shop.swap(ref, "price_free")
    token = token_of(shop.checkout(customer))

    view = shop.engine.checkout.page(token)
    paid = shop.engine.checkout.pay(token, VISA)

    assert (view.total, view.due_today) == (MONTHLY, MONTHLY - Money(700, "usd"))
    assert paid.others[-1].amount_paid == view.due_today
    trial = shop.checkout(customer, trial_days=3)
    assert shop.engine.checkout.page(token_of(trial)).due_today == Money(0, "usd")


def test_what_was_paid_for_renews_by_itself(shop: Shop) -> None:
    paid = shop.engine.checkout.pay(token_of(shop.checkout(shop.customer())), VISA)

    shop.pass_days(31)

    assert [invoice.status for invoice in shop.invoices(paid.main.subscription)] == ["paid"] * 2


def test_a_card_that_fails_later_pays_on_the_page(shop: Shop) -> None:
    opened = shop.checkout(shop.customer())

    paid = shop.engine.checkout.pay(token_of(opened), "pm_card_failsAtRenewal")
    shop.pass_days(31)

    assert paid.main.status == "complete"
    assert shop.subscription(paid.main.subscription).status == "past_due"


def test_the_card_of_the_page_takes_the_place_of_the_one_before(shop: Shop) -> None:
    customer = shop.customer("pm_card_failsAtRenewal")

    paid = shop.engine.checkout.pay(token_of(shop.checkout(customer)), "pm_card_mastercard")
    shop.pass_days(31)

    assert shop.subscription(paid.main.subscription).status == "active"


@pytest.mark.parametrize("card", [DECLINED, "pm_card_declinedOnAttach"])
@pytest.mark.parametrize("options", [{}, {"trial_days": 14}])
def test_a_declined_card_leaves_nothing_behind(
    shop: Shop, card: str, options: dict[str, Any]
) -> None:
    customer = shop.customer()
    opened = shop.checkout(customer, **options)
    shop.events()
    before = shop.engine.dump()

    with pytest.raises(CardDeclined) as declined:
        shop.engine.checkout.pay(token_of(opened), card)

    assert declined.value.advice
    assert shop.engine.dump() == before
    assert shop.engine.subscriptions.of_customer(customer) == ()
    assert shop.events() == []
    assert shop.engine.checkout.pay(token_of(opened), VISA).main.status == "complete"


def test_a_decline_on_order_strikes_the_page_too(shop: Shop) -> None:
    customer = shop.customer()
    trial, paid = shop.checkout(customer, trial_days=14), shop.checkout(customer)
    shop.engine.scenarios.decline_next_charge(customer=customer)

    assert shop.engine.checkout.pay(token_of(trial), VISA).main.status == "complete"
    with pytest.raises(CardDeclined):
        shop.engine.checkout.pay(token_of(paid), VISA)
    assert shop.engine.checkout.pay(token_of(paid), VISA).main.status == "complete"


def test_a_trial_takes_the_card_and_no_money(shop: Shop) -> None:
    customer = shop.customer()

    paid = shop.engine.checkout.pay(token_of(shop.checkout(customer, trial_days=14)), VISA)

    subscription, payer, card, invoice = paid.others
    assert (subscription.status, subscription.trial_end) == ("trialing", START + 14 * DAY)
    assert (invoice.total, payer.default_payment_method) == (Money(0, "usd"), card.ref)
    shop.pass_days(14)
    assert shop.subscription(subscription.ref).status == "active"
    assert shop.invoices(subscription.ref)[-1].amount_paid == MONTHLY


def test_days_of_trial_count_from_the_page_and_not_from_the_session(shop: Shop) -> None:
    opened = shop.checkout(shop.customer(), trial_days=14)

    shop.engine.advance(timedelta(hours=20))
    paid = shop.engine.checkout.pay(token_of(opened), VISA)

    assert paid.others[0].trial_end == START + timedelta(hours=20) + 14 * DAY


@pytest.mark.parametrize("options", [{}, {"trial_days": 14}])
def test_a_bank_that_asks_is_answered_before_anything_begins(
    shop: Shop, options: dict[str, Any]
) -> None:
    customer = shop.customer()
    token = token_of(shop.checkout(customer, **options))
    shop.events()

    waiting = shop.engine.checkout.pay(token, AUTHENTICATES)
    assert (waiting.main.status, shop.events()) == ("open", [])
    assert shop.engine.subscriptions.of_customer(customer) == ()
    paid = shop.engine.checkout.authenticate(token)

    assert paid.main.status == "complete"
    assert paid.others[0].status == ("trialing" if options else "active")
    shop.pass_days(31)
    assert shop.subscription(paid.main.subscription).status == "active"
    assert all(invoice.status == "paid" for invoice in shop.invoices(paid.main.subscription))


def test_who_fails_the_bank_may_take_another_card(shop: Shop) -> None:
    customer = shop.customer()
    token = token_of(shop.checkout(customer))
    shop.events()
    shop.engine.checkout.pay(token, AUTHENTICATES)

    assert shop.engine.checkout.fail_authentication(token).main.status == "open"

    assert shop.events() == []
    for deed in (shop.engine.checkout.authenticate, shop.engine.checkout.fail_authentication):
        with pytest.raises(ProcessorRejected, match="no bank"):
            deed(token)
    assert shop.engine.checkout.pay(token, VISA).main.status == "complete"


def test_what_cannot_be_started_any_more_takes_no_card(shop: Shop) -> None:
    shop.engine.catalogue.add_price("price_euro", MONTHLY_IN_EUROS)
    customer = shop.customer()
    token = token_of(shop.checkout(customer))
    shop.engine.checkout.pay(token, AUTHENTICATES)
    shop.subscribe(customer, "price_euro", trial_days=7)
    before = shop.engine.dump()

    with pytest.raises(ProcessorRejected, match="eur"):
        shop.engine.checkout.authenticate(token)
    with pytest.raises(ProcessorRejected, match="eur"):
        shop.engine.checkout.pay(token, VISA)

    assert shop.engine.dump() == before
    assert shop.engine.payment_methods.of_customer(customer) == ()


def test_another_card_forgets_the_one_that_waited(shop: Shop) -> None:
    token = token_of(shop.checkout(shop.customer()))
    shop.engine.checkout.pay(token, AUTHENTICATES)

    with pytest.raises(CardDeclined):
        shop.engine.checkout.pay(token, DECLINED)

    with pytest.raises(ProcessorRejected, match="no bank"):
        shop.engine.checkout.authenticate(token)


def test_a_second_submit_is_refused_and_charges_nothing(shop: Shop) -> None:
    customer = shop.customer()
    token = token_of(shop.checkout(customer))
    shop.engine.checkout.pay(token, VISA)
    before = shop.engine.dump()

    with pytest.raises(ProcessorRejected) as refused:
        shop.engine.checkout.pay(token, VISA)

    assert refused.value.reason == "checkout_complete"
    assert shop.engine.dump() == before


def test_a_card_that_nobody_knows_pays_nothing(shop: Shop) -> None:
    opened = shop.checkout(shop.customer())

    with pytest.raises(ProcessorRejected, match="payment method"):
        shop.engine.checkout.pay(token_of(opened), "4242424242424242")

    assert shop.session(opened.main.ref).status == "open"
