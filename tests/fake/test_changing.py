"""How a running subscription becomes one for something else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.contracts.changes import ItemTarget
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from tests.fake.shop import DAY, FEBRUARY, HALF, MONTHLY, START, YEARLY, Shop

KEY = Key("the-key", "the-operation")


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> None:
    shop.stock_up()


def test_a_swap_that_is_invoiced_at_once_is_paid_and_made(shop: Shop) -> None:
    ref = shop.halfway()

    answer = shop.swap(ref, "price_pro")

    (item,) = answer.main.items
    assert (item.price, item.product, item.quantity) == ("price_pro", "Pro", 1)
    assert (item.current_period_start, item.current_period_end) == (START, FEBRUARY)
    (invoice,) = answer.others
    assert (invoice.status, invoice.billing_reason) == ("paid", "subscription_update")
    assert [line.amount.minor for line in invoice.lines] == [-950, 2450]
    assert invoice.total == invoice.amount_paid == Money(1500, "usd")
    assert (answer.main.status, answer.main.latest_invoice) == ("active", invoice.ref)
    assert answer.next_action is None
    assert shop.events() == [
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "customer.subscription.updated",
    ]


def test_a_swap_for_the_next_invoice_waits_for_it_and_comes_before_its_own_lines(
    shop: Shop,
) -> None:
    ref = shop.halfway()

    answer = shop.swap(ref, "price_pro", proration="create_prorations")
    assert (answer.main.items[0].price, answer.others) == ("price_pro", ())
    assert shop.events() == ["customer.subscription.updated"]
    shop.pass_days(HALF)

    renewal = shop.invoices(ref)[-1]
    assert [line.amount.minor for line in renewal.lines] == [-950, 2450, 4900]
    assert [line.is_proration for line in renewal.lines] == [True, True, False]
    assert (renewal.billing_reason, renewal.total.minor) == ("subscription_cycle", 6400)
    shop.pass_days(28)
    assert shop.invoices(ref)[-1].total.minor == 4900


def test_without_proration_only_the_next_period_is_different(shop: Shop) -> None:
    ref = shop.halfway()

    shop.swap(ref, "price_pro", 2, proration="none")
    assert len(shop.invoices(ref)) == 1
    shop.pass_days(HALF)

    assert shop.invoices(ref)[-1].total.minor == 9800


def test_what_waits_for_an_invoice_goes_onto_the_one_of_the_next_change(shop: Shop) -> None:
    ref = shop.halfway()
    shop.swap(ref, "price_pro", proration="create_prorations")

    invoice = shop.swap(ref, "price_pro", 2).others[0]

    assert [line.amount.minor for line in invoice.lines] == [-950, 2450, -2450, 4900]
    shop.pass_days(HALF)
    assert [line.amount.minor for line in shop.invoices(ref)[-1].lines] == [9800]


def test_items_come_grow_and_go(shop: Shop) -> None:
    ref = shop.halfway()
    first = shop.target(ref, "price_monthly")

    added = shop.change(shop.asked(ref, first, ItemTarget(price="price_seat", quantity=3)))
    seats = added.main.items[1]
    assert added.others[0].total == Money(1050, "usd")
    assert added.others[0].lines[0].subscription_item == seats.ref
    assert seats.ref not in ("", first.ref)
    more = ItemTarget(ref=seats.ref, price="price_seat", quantity=5)
    grown = shop.change(shop.asked(ref, more, first))
    assert grown.others[0].total == Money(700, "usd")
    assert [item.ref for item in grown.main.items] == [first.ref, seats.ref]
    gone = shop.change(shop.asked(ref, more))

    assert [item.ref for item in gone.main.items] == [seats.ref]
    assert gone.others[0].total == Money(-950, "usd")


def test_a_cheaper_plan_leaves_credit_that_pays_later_invoices(shop: Shop) -> None:
    ref = shop.halfway(price="price_pro", quantity=2)
    customer = shop.subscription(ref).customer

    invoice = shop.swap(ref, "price_seat").others[0]

    assert (invoice.status, invoice.total.minor, invoice.amount_due.minor) == ("paid", -4550, 0)
    assert shop.credit(ref) == Money(4550, "usd")
    assert shop.events() == [
        "invoice.created",
        "customer.updated",
        "invoice.finalized",
        "invoice.paid",
        "customer.subscription.updated",
    ]
    other = str(shop.subscribe(customer, quantity=2).main.ref)
    (covered,) = shop.invoices(other)
    assert (covered.total, covered.amount_due.minor, covered.status) == (MONTHLY * 2, 0, "paid")
    assert (covered.payments, shop.subscription(other).status) == ((), "active")
    partly = shop.subscribe(customer).others[-1]
    assert (partly.total, partly.amount_paid.minor) == (MONTHLY, 1900 - 750)
    movements = shop.engine.customers.credit(customer)
    assert [(one.why, one.amount.minor, one.balance.minor) for one in movements] == [
        ("left_over", 4550, 4550),
        ("applied", -3800, 750),
        ("applied", -750, 0),
    ]
    assert [one.invoice for one in movements] == [invoice.ref, covered.ref, partly.ref]


def test_credit_that_paid_for_an_invoice_comes_back_when_that_is_void(shop: Shop) -> None:
    ref = shop.halfway(price="price_pro")
    shop.swap(ref, "price_free")
    shop.engine.scenarios.decline_next_charge()
    other = str(shop.subscribe(shop.subscription(ref).customer, "price_pro").main.ref)
    assert shop.credit(ref) == Money(0, "usd")

    shop.cancel(other, "now")

    assert shop.invoices(other)[0].status == "void"
    assert shop.credit(ref) == Money(2450, "usd")


def test_another_interval_begins_a_new_period_now(shop: Shop) -> None:
    ref = shop.halfway()
    now = shop.engine.clock.now()

    answer = shop.swap(ref, "price_yearly", proration="create_prorations")

    (item,), (invoice,) = answer.main.items, answer.others
    assert (item.current_period_start, item.current_period_end) == (now, now.replace(year=2027))
    assert [line.amount.minor for line in invoice.lines] == [-950, YEARLY.minor]
    assert [line.is_proration for line in invoice.lines] == [True, False]
    assert (invoice.period_start, invoice.period_end) == (now, now.replace(year=2027))
    assert invoice.amount_paid.minor == YEARLY.minor - 950
    shop.pass_days(365)
    assert [one.total.minor for one in shop.invoices(ref)] == [1900, 18050, 19000]
    assert shop.subscription(ref).items[0].current_period_end == now.replace(year=2028)


def test_another_interval_without_proration_charges_the_period_and_gives_nothing_back(
    shop: Shop,
) -> None:
    ref = shop.halfway()

    invoice = shop.swap(ref, "price_yearly", proration="none").others[0]

    assert [line.amount for line in invoice.lines] == [YEARLY]


def test_an_end_with_the_period_moves_with_the_period(shop: Shop) -> None:
    ref = shop.halfway()
    shop.cancel(ref, "period_end")

    shop.swap(ref, "price_weekly")
    snapshot = shop.subscription(ref)
    assert snapshot.cancel_at == snapshot.items[0].current_period_end == START + (HALF + 7) * DAY
    shop.pass_days(7)

    assert shop.subscription(ref).status == "canceled"
    assert len(shop.invoices(ref)) == 2


@pytest.mark.parametrize("proration", ["create_prorations", "always_invoice", "none"])
def test_in_a_trial_items_change_and_nothing_is_asked_for(shop: Shop, proration: str) -> None:
    ref = shop.subscribed(trial_days=14)
    shop.events()

    answer = shop.swap(ref, "price_yearly", proration=proration)

    assert (answer.main.items[0].price, answer.others) == ("price_yearly", ())
    assert answer.main.items[0].current_period_end == answer.main.trial_end
    assert shop.events() == ["customer.subscription.updated"]
    shop.pass_days(14)
    assert [one.total.minor for one in shop.invoices(ref)] == [0, YEARLY.minor]
    assert shop.subscription(ref).items[0].current_period_end == START.replace(year=2027, day=15)


def test_the_moment_from_which_it_counts_can_be_chosen(shop: Shop) -> None:
    ref = shop.halfway()

    invoice = shop.swap(ref, "price_pro", proration_at=START).others[0]

    assert [line.amount.minor for line in invoice.lines] == [-1900, 4900]
    assert {line.period_start for line in invoice.lines} == {START}


@pytest.mark.parametrize("price", ["price_pro", "price_yearly"])
def test_a_preview_holds_for_its_moment_while_time_goes_on(shop: Shop, price: str) -> None:
    """Also where a period begins: it begins when the credit for the old one does."""
    ref = shop.halfway()
    said = shop.preview(shop.asked(ref, shop.target(ref, price)))
    request = shop.asked(ref, shop.target(ref, price), proration_at=said.proration_at)

    shop.engine.advance(timedelta(minutes=59, microseconds=7))

    assert shop.preview(request) == said
    invoice = shop.change(request).others[0]
    assert invoice.total == said.total
    starts = [line.period_start for line in invoice.lines]
    assert starts == [line.period_start for line in said.lines] == [said.proration_at] * 2


def test_nothing_different_is_no_change(shop: Shop) -> None:
    ref = shop.halfway()

    answer = shop.swap(ref, "price_monthly")

    assert (answer.main, answer.others) == (shop.subscription(ref), ())
    assert shop.events() == []


def test_a_change_that_is_sent_to_be_paid_is_made_at_once(shop: Shop) -> None:
    ref = shop.halfway(collection="invoice", days_until_due=20)

    answer = shop.swap(ref, "price_pro")

    (invoice,) = answer.others
    assert (invoice.status, invoice.attempts) == ("open", 0)
    assert invoice.due_at == shop.engine.clock.now() + 20 * DAY
    assert answer.main.items[0].price == "price_pro"
    assert answer.main.pending_until is None


def test_prorations_that_wait_are_billed_when_it_ends_with_its_period(shop: Shop) -> None:
    ref = shop.halfway()
    shop.swap(ref, "price_pro", proration="create_prorations")
    shop.cancel(ref, "period_end")
    foreseen = shop.preview(shop.asked(ref, shop.target(ref, "price_pro"), proration="none"))

    shop.pass_days(HALF)

    last = shop.invoices(ref)[-1]
    assert shop.subscription(ref).status == "canceled"
    assert (last.status, last.total) == ("paid", Money(1500, "usd"))
    assert foreseen.total == last.total
    assert not foreseen.due_now


def test_a_last_invoice_that_nobody_pays_is_not_tried_again(shop: Shop) -> None:
    ref = shop.halfway("pm_card_failsAtRenewal")
    shop.swap(ref, "price_pro", proration="create_prorations")
    shop.cancel(ref, "at", START + 20 * DAY)

    shop.pass_days(40)

    last = shop.invoices(ref)[-1]
    assert (last.status, last.attempts, last.next_attempt_at) == ("open", 1, None)
    assert shop.subscription(ref).status == "canceled"


def test_prorations_that_wait_are_dropped_when_it_ends_at_once(shop: Shop) -> None:
    ref = shop.halfway()
    shop.swap(ref, "price_pro", proration="create_prorations")

    shop.cancel(ref, "now")
    shop.pass_days(60)

    assert len(shop.invoices(ref)) == 1


def test_the_same_key_changes_once(shop: Shop) -> None:
    ref = shop.halfway()
    request = shop.asked(ref, shop.target(ref, "price_pro"))

    first = shop.change(request, key=KEY)
    shop.swap(ref, "price_seat")
    again = shop.change(request, key=KEY)

    assert (again, again.main.items) == (first, first.main.items)
    assert len(shop.invoices(ref)) == 3
    with pytest.raises(ProcessorRejected) as refused:
        shop.change(shop.asked(ref, shop.target(ref, "price_free")), key=KEY)
    assert refused.value.reason == "idempotency_mismatch"


def test_a_subscription_may_start_with_several_items(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    items = (NewItem(price="price_pro"), NewItem(price="price_seat", quantity=4))

    answer = shop.engine.subscriptions.create(
        CreateSubscription(customer=customer, items=items), key=shop.key()
    )

    assert [(item.price, item.quantity) for item in answer.main.items] == [
        ("price_pro", 1),
        ("price_seat", 4),
    ]
    assert len({item.ref for item in answer.main.items}) == 2
    assert answer.others[-1].total.minor == 4900 + 4 * 700
    mixed = CreateSubscription(
        customer=customer, items=(NewItem(price="price_pro"), NewItem(price="price_euro"))
    )
    with pytest.raises(ProcessorRejected):
        shop.engine.subscriptions.create(mixed, key=shop.key())
