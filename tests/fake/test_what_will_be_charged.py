"""First payments that charge nobody, and what is said to be charged, now and at the renewal."""

from __future__ import annotations

from typing import Any

import pytest

from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from tests.fake.shop import START, Shop

DECLINES, BANK = "pm_card_chargeDeclined", "pm_card_authenticationRequired"


@pytest.mark.parametrize("card", ["pm_card_visa", DECLINES, BANK, None])
def test_a_first_payment_that_charges_nobody_waits_for_whoever_pays_it(
    shop: Shop, card: str | None
) -> None:
    customer = shop.customer(card)
    request = CreateSubscription(customer=customer, items=(NewItem(price="price_monthly"),))
    shop.engine.scenarios.decline_next_charge(customer=customer)
    shop.events()

    started = shop.engine.subscriptions.create(request, key=shop.key(), is_charged=False)

    ref = str(started.main.ref)
    (invoice,) = shop.invoices(ref)
    assert (started.main.status, invoice.status, invoice.attempts) == ("incomplete", "open", 0)
    assert shop.engine.books.invoices[invoice.ref].card is None
    assert len(shop.engine.books.faults) == 1
    assert "invoice.payment_failed" not in shop.events()
    shop.engine.invoices.pay(invoice.ref)
    assert shop.subscription(ref).status == "active"


def test_what_nobody_pays_expires_although_nobody_was_charged(shop: Shop) -> None:
    request = CreateSubscription(
        customer=shop.customer("pm_card_visa"), items=(NewItem(price="price_monthly"),)
    )
    ref = shop.engine.subscriptions.create(request, key=shop.key(), is_charged=False).main.ref

    shop.pass_days(1)

    assert shop.subscription(str(ref)).status == "incomplete_expired"


@pytest.mark.parametrize(
    ("options", "minor"),
    [
        ({}, 1900),
        ({"coupon": "accrue_comp"}, 0),
        ({"coupon": "quarter"}, 1425),
        ({"coupon": "quarter", "automatic_tax": True}, 1696),
        ({"automatic_tax": True}, 2261),
        ({"trial_days": 3, "automatic_tax": True}, 0),
        ({"coupon": "quarter", "collection": "invoice"}, 1425),
    ],
)
def test_what_is_said_to_be_due_today_is_what_is_charged(
    shop: Shop, options: dict[str, Any], minor: int
) -> None:
    shop.engine.discounts.add_coupon("quarter", percent_off="25")
    customer = shop.customer("pm_card_visa")
    shop.engine.customers.locate(customer, SetTaxLocation(ref=customer, country="DE"))
    items = (NewItem(price="price_monthly"),)
    request = CreateSubscription(customer=customer, items=items, **options)
    before = shop.engine.dump()

    due = shop.engine.subscriptions.due_today(request)
    assert (due.minor, shop.engine.dump()) == (minor, before)
    ref = str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)

    assert shop.invoices(ref)[0].amount_due == due


@pytest.mark.parametrize(
    ("options", "minor"),
    [
        ({}, 1900),
        ({"coupon": "accrue_comp"}, 0),
        ({"coupon": "quarter", "automatic_tax": True}, 1696),
        ({"coupon": "first"}, 1900),
        ({"coupon": "month"}, 1900),
        ({"trial_days": 3, "coupon": "first"}, 950),
    ],
)
def test_what_a_renewal_is_said_to_charge_is_what_it_charges(
    shop: Shop, options: dict[str, Any], minor: int
) -> None:
    shop.engine.discounts.add_coupon("quarter", percent_off="25", duration="forever")
    shop.engine.discounts.add_coupon("first", percent_off="50")
    shop.engine.discounts.add_coupon("month", percent_off="50", duration="repeating", months=1)
    customer = shop.customer("pm_card_visa")
    shop.engine.customers.locate(customer, SetTaxLocation(ref=customer, country="DE"))
    ref = str(shop.subscribe(customer, **options).main.ref)
    before = shop.engine.dump()

    said = shop.engine.subscriptions.renewal(ref)
    assert said is not None
    assert (said.minor, shop.engine.dump()) == (minor, before)
    shop.engine.advance_to(shop.subscription(ref).items[0].current_period_end or START)

    assert len(shop.invoices(ref)) == 2
    assert shop.invoices(ref)[-1].amount_due == said
    shop.cancel(ref, "now")
    assert shop.engine.subscriptions.renewal(ref) is None
