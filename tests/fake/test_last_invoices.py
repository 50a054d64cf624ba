"""An end now: what is billed, what is given back, and why somebody leaves."""

from __future__ import annotations

from typing import Any

import pytest

from accrue_core.contracts.subscriptions import (
    CancelReason,
    CancelSubscription,
    CreateSubscription,
    NewItem,
)
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import HALF, START, Shop


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> None:
    shop.stock_up()


def ended(shop: Shop, ref: str, **options: Any) -> Any:
    request = CancelSubscription(ref=ref, when="now", **options)
    return shop.engine.subscriptions.cancel(request, key=shop.key())


def test_what_waited_is_billed_and_paid(shop: Shop) -> None:
    ref = shop.halfway()
    shop.swap(ref, "price_pro", proration="create_prorations")

    answer = ended(shop, ref, invoice_now=True)

    assert answer.main.status == "canceled"
    (invoice,) = answer.others
    assert [line.amount.minor for line in invoice.lines] == [-950, 2450]
    assert (invoice.status, invoice.amount_paid) == ("paid", Money(1500, "usd"))
    assert answer.main.latest_invoice == invoice.ref
    assert_no_money_is_lost(shop.engine)


def test_the_unused_rest_is_left_to_the_customers_credit(shop: Shop) -> None:
    ref = shop.halfway()

    answer = ended(shop, ref, invoice_now=True, prorate=True)

    (invoice,) = answer.others
    assert [line.amount.minor for line in invoice.lines] == [-950]
    assert invoice.lines[0].is_proration
    assert shop.credit(ref) == Money(950, "usd")
    assert_no_money_is_lost(shop.engine)


def test_every_item_is_given_back_by_its_own_period(shop: Shop) -> None:
    items = (NewItem(price="price_yearly"), NewItem(price="price_monthly"))
    request = CreateSubscription(customer=shop.customer("pm_card_visa"), items=items)
    ref = str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)
    shop.pass_days(HALF)

    (invoice,) = ended(shop, ref, invoice_now=True, prorate=True).others

    days = [(line.period_end - line.period_start).days for line in invoice.lines]
    assert [line.amount.minor for line in invoice.lines] == [-round(19000 * 349.5 / 365), -950]
    assert days == [349, 15]


def test_prorated_without_an_invoice_the_credit_is_never_billed(shop: Shop) -> None:
    ref = shop.halfway()

    answer = ended(shop, ref, prorate=True)

    assert answer.others == ()
    assert len(shop.engine.books.subscriptions[ref].unbilled) == 1
    assert shop.credit(ref) == Money(0, "usd")
    assert_no_money_is_lost(shop.engine)


def test_with_nothing_to_bill_there_is_no_invoice(shop: Shop) -> None:
    ref = shop.halfway()

    assert ended(shop, ref, invoice_now=True).others == ()
    assert len(shop.invoices(ref)) == 1


@pytest.mark.parametrize("status", ["past_due", "unpaid", "trialing", "paused"])
def test_what_is_owed_or_was_free_is_not_given_back(shop: Shop, status: Any) -> None:
    ref = shop.halfway()
    shop.engine.subscriptions.becomes(ref, status)

    assert ended(shop, ref, invoice_now=True, prorate=True).others == ()
    assert shop.credit(ref) == Money(0, "usd")


def test_a_free_part_is_not_given_back(shop: Shop) -> None:
    ref = shop.subscribed(anchor=START.replace(day=20), proration="none")
    shop.pass_days(4)

    assert ended(shop, ref, invoice_now=True, prorate=True).others == ()


def test_what_follows_a_free_part_is_given_back(shop: Shop) -> None:
    ref = shop.subscribed(anchor=START.replace(day=20), proration="none")
    shop.engine.advance_to(START.replace(month=2, day=4, hour=12))

    (invoice,) = ended(shop, ref, invoice_now=True, prorate=True).others

    assert [line.amount.minor for line in invoice.lines] == [-950]


def test_a_change_that_waits_is_off_and_what_it_carried_is_billed(shop: Shop) -> None:
    ref = shop.halfway()
    shop.swap(ref, "price_pro", proration="create_prorations")
    shop.attach(shop.subscription(ref).customer, "pm_card_authenticationRequired")
    shop.swap(ref, "price_seat", 100)
    assert shop.subscription(ref).pending_until is not None
    shop.attach(shop.subscription(ref).customer, "pm_card_visa")

    (invoice,) = ended(shop, ref, invoice_now=True).others

    assert [line.amount.minor for line in invoice.lines] == [-950, 2450]
    assert [one.status for one in shop.invoices(ref)] == ["paid", "void", "paid"]
    assert_no_money_is_lost(shop.engine)


@pytest.mark.parametrize("when", ["period_end", "at"])
@pytest.mark.parametrize("option", ["invoice_now", "prorate"])
def test_only_an_end_now_is_invoiced(shop: Shop, when: Any, option: str) -> None:
    ref = shop.subscribed()
    at = START.replace(day=9) if when == "at" else None
    asked: dict[str, Any] = {option: True}
    request = CancelSubscription(ref=ref, when=when, at=at, **asked)

    with pytest.raises(ProcessorRejected):
        shop.engine.subscriptions.cancel(request, key=shop.key())

    assert shop.subscription(ref).cancel_at is None


@pytest.mark.parametrize("when", ["now", "period_end", "at"])
def test_the_reason_is_kept(shop: Shop, when: Any) -> None:
    ref = shop.subscribed()
    at = START.replace(day=9) if when == "at" else None
    request = CancelSubscription(ref=ref, when=when, at=at, reason="too_expensive")

    answer = shop.engine.subscriptions.cancel(request, key=shop.key())
    shop.pass_days(40)

    assert answer.main.cancel_reason == "too_expensive"
    assert shop.subscription(ref).cancel_reason == "too_expensive"


def test_who_stays_had_no_reason_to_leave(shop: Shop) -> None:
    ref = shop.subscribed()
    request = CancelSubscription(ref=ref, when="period_end", reason="unused")
    shop.engine.subscriptions.cancel(request, key=shop.key())

    assert shop.keep(ref).cancel_reason is None


def test_a_reason_that_nobody_knows_is_refused(shop: Shop) -> None:
    ref = shop.subscribed()
    bored: Any = "bored"

    with pytest.raises(ProcessorRejected):
        ended(shop, ref, reason=bored)

    assert shop.subscription(ref).status == "active"


def test_another_reason_is_news_and_the_same_is_not(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()
    reasons: tuple[CancelReason | None, ...] = ("unused", "unused", "other", None)
    for reason in reasons:
        request = CancelSubscription(ref=ref, when="period_end", reason=reason)
        shop.engine.subscriptions.cancel(request, key=shop.key())

    assert shop.events() == ["customer.subscription.updated"] * 2
    assert shop.subscription(ref).cancel_reason == "other"
