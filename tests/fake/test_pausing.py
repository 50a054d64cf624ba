"""While collection is paused the subscription goes on, and nobody is charged."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from accrue_core.contracts.changes import CollectionPause, ResumeSubscription
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from tests.fake.shop import DAY, MONTHLY, START, Shop


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> None:
    shop.stock_up()


@pytest.mark.parametrize(
    ("how", "status", "events"),
    [
        ("void", "void", ["invoice.finalized", "invoice.voided"]),
        ("keep_as_draft", "draft", []),
        (
            "mark_uncollectible",
            "uncollectible",
            ["invoice.finalized", "invoice.marked_uncollectible"],
        ),
    ],
)
def test_an_invoice_of_the_pause_becomes_what_was_said(
    shop: Shop, how: Any, status: str, events: list[str]
) -> None:
    ref = shop.subscribed()
    paused = shop.pause(ref, how).main
    assert (paused.collection_paused, paused.collection_resumes_at) == (how, None)
    assert paused.status == "active"
    shop.events()

    shop.pass_days(31)

    assert shop.subscription(ref).status == "active"
    invoice = shop.invoices(ref)[-1]
    assert (invoice.status, invoice.total, invoice.amount_paid.minor) == (status, MONTHLY, 0)
    assert sorted(shop.events()) == sorted(
        ["invoice.created", "customer.subscription.updated", *events]
    )
    shop.resume(ref)
    shop.pass_days(60)
    assert [one.status for one in shop.invoices(ref)] == ["paid", status, "paid", "paid"]


def test_a_pause_ends_by_itself_in_time_for_the_renewal_of_that_moment(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pause(ref, "void", START.replace(month=3))
    shop.events()

    shop.pass_days(31 + 28)

    assert [one.status for one in shop.invoices(ref)] == ["paid", "void", "paid"]
    snapshot = shop.subscription(ref)
    assert (snapshot.collection_paused, snapshot.collection_resumes_at) == (None, None)


def test_another_pause_takes_the_place_of_the_first(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pause(ref, "void", START + 5 * DAY)

    shop.pause(ref, "keep_as_draft", START + 40 * DAY)
    shop.pass_days(31)
    assert shop.subscription(ref).collection_paused == "keep_as_draft"
    shop.pass_days(9)

    assert shop.subscription(ref).collection_paused is None
    assert [one.status for one in shop.invoices(ref)] == ["paid", "draft"]


def test_only_a_change_is_news(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()

    for _ in range(2):
        shop.pause(ref, "void", START + 5 * DAY)
    assert shop.events() == ["customer.subscription.updated"]
    for _ in range(2):
        shop.resume(ref)
    assert shop.events() == ["customer.subscription.updated"]
    shop.pass_days(6)
    assert shop.events() == []


def test_what_was_owed_before_is_collected_on(shop: Shop) -> None:
    customer = shop.customer("pm_card_failsAtRenewal")
    ref = str(shop.subscribe(customer).main.ref)
    shop.pass_days(31)
    shop.pause(ref, "void")
    shop.attach(customer, "pm_card_visa")

    shop.pass_days(3)

    assert shop.subscription(ref).status == "active"
    assert shop.invoices(ref)[-1].status == "paid"


def test_a_trial_that_ends_in_a_pause_is_active_and_not_charged(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.pause(ref, "void")

    shop.pass_days(14)

    assert shop.subscription(ref).status == "active"
    assert shop.invoices(ref)[-1].status == "void"


def test_it_can_end_while_it_is_paused(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pause(ref, "void", START + 40 * DAY)
    shop.cancel(ref, "period_end")

    shop.pass_days(31)
    assert shop.subscription(ref).status == "canceled"
    shop.events()
    shop.pass_days(31)

    assert shop.events() == []
    assert len(shop.invoices(ref)) == 1
    with pytest.raises(ProcessorRejected):
        shop.pause(ref, "void")
    with pytest.raises(ProcessorRejected):
        shop.resume(ref)


@pytest.mark.parametrize("how", get_args(CollectionPause))
def test_a_pause_uses_up_no_credit_and_loses_no_proration(shop: Shop, how: Any) -> None:
    ref = shop.subscribed(price="price_pro")
    shop.swap(ref, "price_seat")
    had = shop.credit(ref)
    shop.swap(ref, "price_free", proration="create_prorations")
    shop.swap(ref, "price_seat", proration="none")
    shop.pause(ref, how)

    shop.pass_days(31)
    assert shop.credit(ref) == had == Money(4200, "usd")
    shop.resume(ref)
    shop.pass_days(28)

    renewal = shop.invoices(ref)[-1]
    assert [line.amount.minor for line in renewal.lines] == [-700, 0, 700]
    assert renewal.status == "paid"


def test_an_uncollectible_invoice_can_still_be_paid(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.pause(ref, "mark_uncollectible")
    shop.pass_days(31)

    shop.engine.pay_invoice(shop.invoices(ref)[-1].ref)

    assert shop.invoices(ref)[-1].status == "paid"


@pytest.mark.parametrize("how", get_args(CollectionPause))
def test_a_pause_is_no_way_to_an_upgrade_that_is_free(shop: Shop, how: Any) -> None:
    ref = shop.subscribed()
    shop.pause(ref, how)

    for price in ("price_pro", "price_yearly"):
        with pytest.raises(ProcessorRejected) as refused:
            shop.swap(ref, price)
        assert refused.value.reason == "paused"
    assert shop.subscription(ref).items[0].price == "price_monthly"

    shop.swap(ref, "price_pro", proration="create_prorations")
    shop.resume(ref)
    shop.pass_days(31)
    assert shop.invoices(ref)[-1].total.minor == 3000 + 4900


def test_what_cannot_be_paused_is_not(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()

    for how, until in (("void", START), ("void", START - DAY), ("sometimes", None)):
        with pytest.raises(ProcessorRejected):
            shop.pause(ref, how, until)  # type: ignore[arg-type]
    with pytest.raises(ProcessorRejected):
        shop.pause(shop.subscribed(None), "void")

    assert shop.subscription(ref).collection_paused is None


def test_the_same_key_resumes_once(shop: Shop) -> None:
    ref, key = shop.subscribed(), shop.key()
    shop.pause(ref, "void")

    shop.engine.subscriptions.resume(ResumeSubscription(ref=ref), key=key)
    shop.pause(ref, "void")
    shop.engine.subscriptions.resume(ResumeSubscription(ref=ref), key=key)

    assert shop.subscription(ref).collection_paused == "void"
