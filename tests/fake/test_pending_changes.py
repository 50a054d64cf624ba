"""A change that nobody has paid for yet is neither made nor forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.contracts.changes import ItemTarget
from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_core.money import Money
from accrue_fake import FakeProcessor
from tests.fake.shop import DAY, START, Shop, token_of

AUTHENTICATES = "pm_card_authenticationRequired"
NOW = START + 10 * DAY
LAPSE = timedelta(hours=23)


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> None:
    shop.stock_up()


@pytest.fixture
def ref(shop: Shop) -> str:
    """Give a subscription whose bank will ask for its customer, ten days into its period."""
    ref = shop.subscribed(AUTHENTICATES)
    shop.engine.authenticate(ref)
    shop.pass_days(10)
    shop.events()
    return ref


def test_a_bank_that_asks_makes_the_change_wait(shop: Shop, ref: str) -> None:
    before = shop.subscription(ref)

    answer = shop.swap(ref, "price_pro")

    (invoice,) = answer.others
    assert answer.main.items == before.items
    assert (answer.main.status, answer.main.pending_until) == ("active", NOW + LAPSE)
    assert (invoice.status, invoice.attempts) == ("open", 1)
    assert answer.main.latest_invoice == invoice.ref
    for said in (answer, shop.engine.subscriptions.fetch(ref)):
        assert said.next_action is not None
        assert said.next_action.kind == "authenticate"
    assert shop.events() == [
        "invoice.created",
        "invoice.finalized",
        "invoice.payment_action_required",
        "customer.subscription.updated",
    ]


def test_once_authenticated_it_is_paid_and_made(shop: Shop, ref: str) -> None:
    invoice = shop.swap(ref, "price_pro", 3).others[0]
    shop.events()
    shop.engine.advance(LAPSE - timedelta(seconds=1))

    answer = shop.engine.authenticate(ref)

    assert [(item.price, item.quantity) for item in answer.main.items] == [("price_pro", 3)]
    assert (answer.main.status, answer.main.pending_until) == ("active", None)
    assert answer.next_action is None
    paid = shop.engine.invoices.fetch(invoice.ref).main
    assert (paid.status, paid.amount_paid) == ("paid", invoice.total)
    assert shop.events() == [
        "invoice.paid",
        "customer.subscription.pending_update_applied",
        "customer.subscription.updated",
    ]
    shop.pass_days(2)
    assert shop.events() == []
    shop.pass_days(28)
    assert shop.invoices(ref)[-1].total.minor == 3 * 4900


@pytest.mark.parametrize("how", ["refused", "lapsed"])
def test_refused_or_too_late_it_is_off(shop: Shop, ref: str, how: str) -> None:
    before = shop.subscription(ref)
    invoice = shop.swap(ref, "price_pro").others[0]
    shop.events()

    if how == "refused":
        shop.engine.fail_authentication(ref)
    else:
        shop.engine.advance(LAPSE - timedelta(seconds=1))
        assert shop.subscription(ref).pending_until is not None
        shop.engine.advance(timedelta(seconds=1))

    after = shop.engine.subscriptions.fetch(ref)
    assert (after.main.items, after.main.status) == (before.items, "active")
    assert (after.main.pending_until, after.next_action) == (None, None)
    void = shop.engine.invoices.fetch(invoice.ref).main
    assert (void.status, void.amount_paid.minor) == ("void", 0)
    assert shop.events()[-3:] == [
        "invoice.voided",
        "customer.subscription.pending_update_expired",
        "customer.subscription.updated",
    ]
    with pytest.raises(ProcessorRejected):
        shop.engine.pay_invoice(invoice.ref)
    with pytest.raises(InvalidRequest):
        shop.engine.authenticate(ref)
    assert shop.swap(ref, "price_pro").main.pending_until is not None


def test_one_change_waits_at_a_time(shop: Shop, ref: str) -> None:
    shop.swap(ref, "price_pro")
    request = shop.asked(ref, shop.target(ref, "price_seat"), proration="none")

    for ask in (shop.change, shop.preview):
        with pytest.raises(ProcessorRejected) as refused:
            ask(request)
        assert refused.value.reason == "pending_change"


def test_the_same_key_says_again_that_it_waits(shop: Shop, ref: str) -> None:
    request, key = shop.asked(ref, shop.target(ref, "price_pro")), shop.key()

    first = shop.change(request, key=key)
    again = shop.change(request, key=key)

    assert again == first
    assert again.next_action == first.next_action
    assert len(shop.invoices(ref)) == 2


def test_paid_on_its_page_with_other_money_it_is_made_too(shop: Shop, ref: str) -> None:
    answer = shop.swap(ref, "price_pro")
    secret = token_of(answer)
    token = shop.engine.invoices.bank_page(secret).token

    shop.engine.invoices.pay_on_page(token)

    assert shop.subscription(ref).items[0].price == "price_pro"
    assert shop.subscription(ref).pending_until is None


def test_it_waits_no_longer_than_its_period(shop: Shop, ref: str) -> None:
    """And what went onto its invoice is on the renewal of that very moment."""
    shop.pass_days(20.5)
    end = shop.subscription(ref).items[0].current_period_end
    shop.swap(ref, "price_monthly", 2, proration="create_prorations")

    assert shop.swap(ref, "price_pro").main.pending_until == end
    shop.pass_days(1)

    assert [one.status for one in shop.invoices(ref)] == ["paid", "void", "paid"]
    assert [line.amount.minor for line in shop.invoices(ref)[-1].lines] == [-31, 61, 3800]
    assert shop.subscription(ref).items[0].price == "price_monthly"
    assert shop.subscription(ref).status == "active"


def test_it_waits_no_longer_than_the_period_that_it_would_begin(shop: Shop, ref: str) -> None:
    shop.engine.catalogue.add_price("price_daily", Money(100_00, "usd"), "day")
    begun = NOW - timedelta(hours=12)

    answer = shop.swap(ref, "price_daily", proration_at=begun)

    assert answer.main.pending_until == begun + DAY


def test_the_seller_may_push_it_about_meanwhile(shop: Shop, ref: str) -> None:
    shop.swap(ref, "price_pro")
    shop.engine.subscriptions.becomes(ref, "past_due")

    assert shop.engine.authenticate(ref).main.status == "active"


def test_prorations_that_went_onto_its_invoice_wait_for_the_next_again(
    shop: Shop, ref: str
) -> None:
    shop.swap(ref, "price_monthly", 2, proration="create_prorations")
    waiting = shop.swap(ref, "price_pro").others[0]

    shop.engine.fail_authentication(ref)
    shop.pass_days(21)

    renewal = shop.invoices(ref)[-1]
    assert [line.amount.minor for line in renewal.lines] == [-1287, 2574, 3800]
    assert [line.amount.minor for line in waiting.lines[:2]] == [-1287, 2574]
    refs = [line.ref for line in (*waiting.lines, *renewal.lines)]
    assert len(set(refs)) == len(refs)


def test_credit_that_went_into_its_invoice_comes_back(shop: Shop, ref: str) -> None:
    other = shop.subscribed("pm_card_visa", price="price_seat")
    shop.swap(other, "price_free")
    customer = shop.subscription(other).customer
    shop.attach(customer, AUTHENTICATES)
    had = shop.credit(other)
    assert had == Money(700, "usd")

    shop.swap(other, "price_pro")
    assert shop.credit(other) == Money(0, "usd")
    shop.engine.fail_authentication(other)

    assert shop.credit(other) == had


def test_another_interval_begins_when_it_was_asked_for(shop: Shop, ref: str) -> None:
    shop.swap(ref, "price_yearly")
    shop.engine.advance(timedelta(hours=5))

    shop.engine.authenticate(ref)

    (item,) = shop.subscription(ref).items
    assert (item.current_period_start, item.current_period_end) == (NOW, NOW.replace(year=2027))
    shop.pass_days(60)
    assert len(shop.invoices(ref)) == 2
    shop.pass_days(305)
    assert len(shop.invoices(ref)) == 3


def test_a_new_item_has_its_ref_before_it_is_paid_for(shop: Shop, ref: str) -> None:
    first = shop.target(ref, "price_monthly")

    answer = shop.change(shop.asked(ref, first, ItemTarget(price="price_seat")))
    shop.engine.authenticate(ref)

    added = shop.subscription(ref).items[1]
    assert answer.others[0].lines[0].subscription_item == added.ref


@pytest.mark.parametrize("how", ["now", "at", "deleted"])
def test_it_ends_with_its_subscription(shop: Shop, ref: str, how: str) -> None:
    invoice = shop.swap(ref, "price_pro").others[0]

    if how == "deleted":
        shop.engine.customers.delete(shop.subscription(ref).customer)
    else:
        shop.cancel(ref, how, NOW + timedelta(hours=1) if how == "at" else None)
        shop.engine.advance(timedelta(hours=1 if how == "at" else 0))

    assert shop.engine.invoices.fetch(invoice.ref).main.status == "void"
    assert shop.subscription(ref).status == "canceled"
    assert shop.subscription(ref).pending_until is None
    assert shop.engine.subscriptions.fetch(ref).next_action is None
    shop.events()
    shop.pass_days(2)
    assert shop.events() == []
    assert len(shop.invoices(ref)) == 2


def test_a_change_that_costs_nothing_now_needs_no_bank(shop: Shop, ref: str) -> None:
    answer = shop.swap(ref, "price_free")

    assert (answer.main.items[0].price, answer.main.pending_until) == ("price_free", None)
    assert answer.others[0].status == "paid"


def test_its_news_points_at_the_subscription_and_its_invoice(shop: Shop, ref: str) -> None:
    processor = FakeProcessor(shop.engine)
    invoice = shop.swap(ref, "price_pro").others[0]
    shop.engine.fail_authentication(ref)

    heard = [
        processor.verify(webhook.body, webhook.headers, now=NOW)
        for webhook in shop.engine.emitter.take()
    ]

    things = {event.type: (event.noun, event.object_ref, event.is_deletion) for event in heard}
    assert things["customer.subscription.pending_update_expired"] == ("subscription", ref, False)
    assert things["invoice.voided"] == ("invoice", invoice.ref, False)
