"""Coupons count for as long as they say, and what they take off is exact."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accrue_core.contracts.changes import ItemTarget
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import COMP_COUPON, CreateSubscription, NewItem
from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_core.money import Money
from accrue_core.testing.contracts.invoices import assert_adds_up
from accrue_fake import Engine
from accrue_fake.engine.codec import decode, encode
from accrue_fake.engine.door import Door
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import DAY, HALF, MONTHLY, START, Shop


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock_up()
    discounts = shop.engine.discounts
    discounts.add_coupon("half", percent_off="50", duration="forever")
    discounts.add_coupon("once", percent_off="50")
    discounts.add_coupon("quarter", percent_off="25", duration="repeating", months=3)
    discounts.add_coupon("five", amount_off=Money(500, "usd"), duration="forever")
    return shop


def totals(shop: Shop, ref: str) -> list[int]:
    for invoice in shop.invoices(ref):
        assert_adds_up(invoice)
    return [invoice.total.minor for invoice in shop.invoices(ref)]


def test_once_is_for_the_first_invoice_and_that_is_announced(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    shop.events()
    ref = str(shop.subscribe(customer, coupon="once").main.ref)

    assert shop.subscription(ref).coupons == ()
    assert shop.events().count("customer.subscription.updated") == 1
    shop.pass_days(31)
    assert totals(shop, ref) == [950, 1900]


def test_a_trial_does_not_use_up_a_coupon_that_counts_once(shop: Shop) -> None:
    ref = shop.subscribed(coupon="once", trial_days=10)
    assert shop.subscription(ref).coupons == ("once",)

    shop.pass_days(10)

    assert shop.subscription(ref).coupons == ()
    assert totals(shop, ref) == [0, 950]


def test_repeating_ends_with_its_months_before_the_renewal_of_that_day(shop: Shop) -> None:
    ref = shop.subscribed(coupon="quarter")
    shop.pass_days(89)
    assert shop.subscription(ref).coupons == ("quarter",)
    shop.events()

    shop.pass_days(1)

    assert shop.subscription(ref).coupons == ()
    assert shop.events()[0] == "customer.subscription.updated"
    assert totals(shop, ref) == [1425, 1425, 1425, 1900]


def test_forever_has_no_end(shop: Shop) -> None:
    ref = shop.subscribed(coupon="half")
    shop.pass_days(365)

    assert set(totals(shop, ref)) == {950}
    assert shop.subscription(ref).coupons == ("half",)


def test_an_amount_off_is_shared_by_the_lines(shop: Shop) -> None:
    items = tuple(NewItem(price=f"price_{name}") for name in ("monthly", "pro", "seat"))
    request = CreateSubscription(customer=shop.customer("pm_card_visa"), items=items, coupon="five")
    ref = str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)

    (invoice,) = shop.engine.books.invoices.values()
    assert invoice.discounts == (127, 327, 46)
    assert totals(shop, ref) == [1900 + 4900 + 700 - 500]


def test_a_coupon_larger_than_the_invoice_makes_it_free(shop: Shop) -> None:
    shop.engine.discounts.add_coupon("huge", amount_off=Money(10_000, "usd"))
    ref = shop.subscribed(None, coupon="huge")

    assert shop.subscription(ref).status == "active"
    assert totals(shop, ref) == [0]
    assert shop.credit(ref) == Money(0, "usd")


def test_who_has_it_for_nothing_is_never_charged(shop: Shop) -> None:
    ref = shop.subscribed(None, coupon=COMP_COUPON)
    shop.pass_days(40)

    assert shop.subscription(ref).status == "active"
    assert shop.subscription(ref).coupons == (COMP_COUPON,)
    for invoice in shop.invoices(ref):
        assert_adds_up(invoice)
        assert (invoice.status, invoice.discount) == (InvoiceStatus.PAID, MONTHLY)
        assert (invoice.payments, invoice.attempts) == ((), 0)
    assert [coupon.ref for coupon in shop.engine.discounts.coupons()][-1] == COMP_COUPON


@pytest.mark.parametrize(
    ("coupon", "reason"),
    [("nobody", "missing"), ("euro", "rejected"), ("late", "coupon_expired")],
)
def test_a_coupon_that_does_not_count_is_refused_and_leaves_nothing(
    shop: Shop, coupon: str, reason: str
) -> None:
    shop.engine.discounts.add_coupon("euro", amount_off=Money(1, "eur"))
    shop.engine.discounts.add_coupon("late", percent_off="1", redeem_by=START - DAY)
    customer = shop.customer("pm_card_visa")
    shop.events()

    with pytest.raises(ProcessorRejected) as refused:
        shop.subscribe(customer, coupon=coupon)

    assert (refused.value.reason, refused.value.param) == (reason, "coupon")
    assert shop.engine.books.subscriptions == {}
    assert shop.events() == []


def test_so_many_may_have_it_and_no_more(shop: Shop) -> None:
    shop.engine.discounts.add_coupon("two", percent_off="10", max_redemptions=2)
    key = shop.key()
    customer = shop.customer("pm_card_visa")
    for _ in range(3):
        shop.subscribe(customer, coupon="two", key=key)
    shop.subscribed(coupon="two")

    assert shop.engine.discounts.times_redeemed("two") == 2
    with pytest.raises(ProcessorRejected):
        shop.subscribed(coupon="two")


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"percent_off": "50", "amount_off": Money(1, "usd")},
        {"percent_off": "0"},
        {"percent_off": "100.01"},
        {"percent_off": "NaN"},
        {"percent_off": "half"},
        {"percent_off": 0.5},
        {"amount_off": Money(-1, "usd")},
        {"percent_off": "50", "duration": "twice"},
        {"percent_off": "50", "duration": "repeating"},
        {"percent_off": "50", "months": 3},
        {"percent_off": "50", "max_redemptions": 0},
    ],
)
def test_what_is_no_coupon_is_refused(engine: Engine, words: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        engine.discounts.add_coupon("wrong", **words)
    assert "wrong" not in engine.books.coupons


def test_a_coupon_never_changes(shop: Shop) -> None:
    shop.engine.discounts.add_coupon("once", percent_off=Decimal("50"))
    with pytest.raises(InvalidRequest):
        shop.engine.discounts.add_coupon("once", percent_off="51")
    made = Door(shop.engine).call("discounts", "add_coupon", {"percent_off": Decimal("33.3333")})
    assert made.ref == "coupon_fake_00001"
    assert Engine.load(shop.engine.dump()).discounts.coupon(made.ref) == made
    assert decode(encode((made, made.percent_off))) == (made, Decimal("33.3333"))


def test_what_is_given_back_is_what_was_paid(shop: Shop) -> None:
    ref = shop.halfway(coupon="half")
    request = shop.asked(ref, shop.target(ref, "price_pro"))
    said = shop.preview(request)

    shop.change(request)

    invoice = shop.invoices(ref)[-1]
    assert [line.amount.minor for line in invoice.lines] == [-475, 1225]
    assert (said.total, said.discount.minor) == (invoice.total, 0)
    assert_no_money_is_lost(shop.engine)


def test_the_discount_of_the_period_counts_for_what_is_prorated_in_it(shop: Shop) -> None:
    ref = shop.subscribed(coupon="once")
    shop.pass_days(HALF)
    shop.swap(ref, "price_pro")
    assert [line.amount.minor for line in shop.invoices(ref)[-1].lines] == [-475, 1225]

    shop.pass_days(31)
    shop.swap(ref, "price_monthly")
    assert shop.invoices(ref)[-1].lines[0].amount.minor < -2000


def test_prorations_that_waited_are_not_discounted_again(shop: Shop) -> None:
    ref = shop.halfway(coupon="half")
    request = shop.asked(ref, shop.target(ref, "price_pro"), proration="create_prorations")
    said = shop.preview(request)
    shop.change(request)
    shop.pass_days(HALF)

    invoice = shop.invoices(ref)[-1]
    assert [line.amount.minor for line in invoice.lines] == [-475, 1225, 4900]
    assert (invoice.discount.minor, invoice.total.minor) == (2450, 3200)
    assert (said.discount, said.total) == (invoice.discount, invoice.total)


def test_a_preview_knows_which_coupons_are_over_by_then(shop: Shop) -> None:
    ref = shop.subscribed(coupon="quarter")
    shop.pass_days(70)
    request = shop.asked(ref, shop.target(ref, "price_pro"), proration="none")
    said = shop.preview(request)
    shop.change(request)
    shop.pass_days(20)

    assert said.discount.minor == 0
    assert said.total == shop.invoices(ref)[-1].total == Money(4900, "usd")


def test_a_change_that_nobody_pays_gives_a_coupon_back(shop: Shop) -> None:
    customer = shop.customer("pm_card_authenticationRequired")
    ref = str(shop.subscribe(customer, "price_free", coupon="once").main.ref)
    assert shop.subscription(ref).coupons == ("once",)
    shop.pass_days(1)
    waits = shop.swap(ref, "price_yearly")
    assert waits.main.pending_until is not None
    assert shop.subscription(ref).coupons == ()

    shop.engine.fail_authentication(ref)

    assert shop.subscription(ref).coupons == ("once",)
    shop.swap(ref, "price_yearly")
    shop.engine.authenticate(ref)
    assert shop.subscription(ref).coupons == ()
    assert shop.invoices(ref)[-1].amount_paid.minor == 9500


def test_a_pause_does_not_use_up_a_coupon(shop: Shop) -> None:
    ref = shop.subscribed(coupon="once", trial_days=10)
    shop.pause(ref, "void", START + timedelta(days=20))
    shop.pass_days(45)

    assert totals(shop, ref) == [0, 950, 950]
    assert [invoice.status for invoice in shop.invoices(ref)] == ["paid", "void", "paid"]
    assert shop.subscription(ref).coupons == ()


def test_a_coupon_that_is_spent_is_not_for_what_is_added_later(shop: Shop) -> None:
    """Months after it was for the first invoice, a yearly price comes with periods of its own."""
    ref = shop.subscribed(coupon="once")
    shop.pass_days(59)
    there = shop.target(ref, "price_monthly")
    said = shop.preview(shop.asked(ref, there, shop.added("price_yearly")))

    assert [line.amount.minor for line in said.lines] == [15929]


@pytest.mark.parametrize(("coupon", "expected"), [("half", 7964), ("five", 15929)])
def test_what_is_added_with_periods_of_its_own_gets_what_lasts(
    shop: Shop, coupon: str, expected: int
) -> None:
    """An amount is off each invoice, and what is new has had none: only a percentage counts."""
    ref = shop.subscribed(coupon=coupon)
    shop.pass_days(59)
    there = shop.target(ref, "price_monthly")
    said = shop.preview(shop.asked(ref, there, shop.added("price_yearly")))

    assert [line.amount.minor for line in said.lines] == [expected]


def test_never_more_is_given_back_than_an_invoice_asked_for(shop: Shop) -> None:
    """The amount off was all of one month's invoice, and is not spread over the year beside it."""
    items = (NewItem(price="price_yearly"), NewItem(price="price_seat"))
    request = CreateSubscription(customer=shop.customer("pm_card_visa"), items=items, coupon="five")
    ref = str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)
    shop.pass_days(31)
    assert totals(shop, ref) == [19700 - 500, 200]

    year = shop.subscription(ref).items[0]
    kept = ItemTarget(ref=year.ref, price=year.price)
    said = shop.preview(shop.asked(ref, kept))

    assert [line.amount.minor for line in said.lines] == [-200]
