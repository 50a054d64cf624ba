"""How subscriptions start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_core.money import Money
from accrue_fake import Engine
from tests.fake.shop import DAY, MONTHLY, START, Shop


def test_a_good_card_pays_at_once(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    shop.events()

    answer = shop.subscribe(customer, quantity=3)

    assert answer.main.status == "active"
    assert answer.next_action is None
    assert [other.noun for other in answer.others] == ["customer", "payment_method", "invoice"]
    invoice = answer.others[-1]
    assert (invoice.status, invoice.total, invoice.attempts) == ("paid", MONTHLY * 3, 1)
    assert invoice.billing_reason == "subscription_create"
    assert shop.events() == [
        "customer.subscription.created",
        "customer.updated",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
    ]


@pytest.mark.parametrize("card", [None, "pm_card_chargeDeclined"])
def test_without_a_payment_it_stays_incomplete(shop: Shop, card: str | None) -> None:
    answer = shop.subscribe(shop.customer(card))

    assert answer.main.status == "incomplete"
    assert answer.others[-1].status == "open"
    assert answer.next_action is not None
    assert answer.next_action.kind == "redirect"
    assert shop.events()[-1] == "invoice.payment_failed"


def test_an_incomplete_one_expires_after_23_hours(shop: Shop) -> None:
    ref = shop.subscribed(None)

    shop.engine.advance(timedelta(hours=22, minutes=59))
    assert shop.subscription(ref).status == "incomplete"
    shop.engine.advance(timedelta(minutes=1))

    subscription = shop.subscription(ref)
    assert subscription.status == "incomplete_expired"
    assert subscription.ended_at == START + timedelta(hours=23)
    (invoice,) = shop.invoices(ref)
    assert (invoice.status, invoice.amount_paid) == ("void", Money(0, "usd"))
    assert shop.events()[-2:] == ["invoice.voided", "customer.subscription.updated"]


def test_an_incomplete_one_that_is_paid_becomes_active_and_stays(shop: Shop) -> None:
    ref = shop.subscribed(None)
    (invoice,) = shop.invoices(ref)

    shop.engine.pay_invoice(invoice.ref)
    shop.pass_days(2)

    assert shop.subscription(ref).status == "active"
    assert shop.invoices(ref)[0].payments[0].status == "paid"


@pytest.mark.parametrize("options", [{"trial_days": 14}, {"trial_end": START + 14 * DAY}])
def test_a_trial_asks_for_nothing_until_it_ends(shop: Shop, options: dict[str, Any]) -> None:
    answer = shop.subscribe(shop.customer(), **options)

    subscription = answer.main
    assert subscription.status == "trialing"
    assert subscription.trial_end == START + 14 * DAY
    assert subscription.items[0].current_period_end == subscription.trial_end
    assert answer.others[-1].status == "paid"
    assert answer.others[-1].total == Money(0, "usd")
    assert answer.others[-1].payments == ()


def test_a_subscription_may_have_a_card_of_its_own(shop: Shop) -> None:
    customer = shop.customer("pm_card_chargeDeclined")
    card = shop.attach(customer, "pm_card_visa", make_default=False)

    answer = shop.subscribe(customer, payment_method=card)

    assert answer.main.status == "active"
    assert answer.others[1].ref == card


def test_collection_by_invoice_sends_an_open_one(shop: Shop) -> None:
    ref = shop.subscribed(None, collection="invoice", days_until_due=14)

    (invoice,) = shop.invoices(ref)
    assert shop.subscription(ref).status == "active"
    assert (invoice.status, invoice.due_at, invoice.attempts) == ("open", START + 14 * DAY, 0)


@pytest.mark.parametrize(
    "options",
    [
        {"price": "price_unknown"},
        {"quantity": -1},
        {"trial_days": 3, "trial_end": START + DAY},
        {"trial_end": START},
        {"trial_days": 731},
        {"days_until_due": 3},
        {"collection": "invoice", "days_until_due": -1},
        {"payment_method": "pm_card_visa"},
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(shop: Shop, options: dict[str, Any]) -> None:
    customer = shop.customer("pm_card_visa")
    shop.events()

    with pytest.raises(ProcessorRejected):
        shop.subscribe(customer, **options)

    assert shop.engine.subscriptions.of_customer(customer) == ()
    assert shop.events() == []


def test_a_customer_pays_in_one_currency(shop: Shop) -> None:
    shop.engine.catalogue.add_price("price_euro", Money(1500, "eur"))
    customer = shop.customer("pm_card_visa")
    shop.subscribe(customer)

    with pytest.raises(ProcessorRejected, match="usd"):
        shop.subscribe(customer, "price_euro")


def test_a_price_never_changes(engine: Engine) -> None:
    same = engine.catalogue.add_price("price_monthly", MONTHLY)

    assert same == engine.catalogue.price("price_monthly")
    with pytest.raises(Exception, match="different"):
        engine.catalogue.add_price("price_monthly", MONTHLY * 2)


def test_cards_that_cannot_be_attached(shop: Shop) -> None:
    customer = shop.customer()

    with pytest.raises(ProcessorRejected):
        shop.attach(customer, "pm_card_unheardOf")
    with pytest.raises(CardDeclined):
        shop.attach(customer, "pm_card_declinedOnAttach")
    assert shop.events() == ["customer.created"]


def test_a_deleted_customer_takes_its_subscriptions_along(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    ref = str(shop.subscribe(customer).main.ref)
    shop.events()

    shop.engine.customers.delete(customer)

    assert shop.subscription(ref).status == "canceled"
    assert shop.events() == ["customer.subscription.deleted", "customer.deleted"]
    with pytest.raises(ProcessorRejected):
        shop.subscribe(customer)
    shop.pass_days(400)
    assert len(shop.invoices(ref)) == 1
