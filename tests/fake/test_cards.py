"""How each test card behaves, at each moment it is asked."""

from __future__ import annotations

import pytest

from accrue_core.errors import InvalidRequest, ProcessorRejected
from tests.fake.shop import DAY, START, Shop

AUTHENTICATES = "pm_card_authenticationRequired"


@pytest.mark.parametrize(
    ("card", "at_first", "at_renewal"),
    [
        ("pm_card_visa", "active", "active"),
        ("pm_card_mastercard", "active", "active"),
        ("pm_card_failsAtRenewal", "active", "past_due"),
        ("pm_card_chargeDeclined", "incomplete", "incomplete_expired"),
        (AUTHENTICATES, "incomplete", "incomplete_expired"),
        (None, "incomplete", "incomplete_expired"),
    ],
)
def test_each_card_at_each_moment(
    shop: Shop, card: str | None, at_first: str, at_renewal: str
) -> None:
    ref = shop.subscribed(card)
    assert shop.subscription(ref).status == at_first

    shop.pass_days(31)
    assert shop.subscription(ref).status == at_renewal


def test_a_waiting_payment_says_where_to_go_and_hides_it(shop: Shop) -> None:
    answer = shop.subscribe(shop.customer(AUTHENTICATES))

    action = answer.next_action
    assert action is not None
    assert action.kind == "authenticate"
    assert action.url is not None
    assert action.url.reveal().startswith("https://")
    assert action.url.reveal() not in repr(answer)
    assert shop.engine.subscriptions.fetch(answer.main.ref).next_action == action
    assert "invoice.payment_action_required" in shop.events()
    assert "invoice.payment_failed" not in shop.events()


def test_authenticated_it_is_active_and_renews_alone(shop: Shop) -> None:
    ref = shop.subscribed(AUTHENTICATES)

    answer = shop.engine.authenticate(ref)
    shop.pass_days(31)

    assert answer.main.status == "active"
    assert answer.next_action is None
    assert [invoice.status for invoice in shop.invoices(ref)] == ["paid", "paid"]


def test_each_first_payment_waits_again(shop: Shop) -> None:
    customer = shop.customer(AUTHENTICATES)
    shop.engine.authenticate(str(shop.subscribe(customer).main.ref))

    assert shop.subscribe(customer, "price_weekly").main.status == "incomplete"


def test_a_failed_authentication_leaves_the_invoice_to_be_paid(shop: Shop) -> None:
    ref = shop.subscribed(AUTHENTICATES)
    shop.events()

    answer = shop.engine.fail_authentication(ref)

    assert answer.main.status == "incomplete"
    assert answer.next_action is not None
    assert answer.next_action.kind == "redirect"
    assert shop.events() == ["invoice.payment_failed"]
    with pytest.raises(InvalidRequest):
        shop.engine.authenticate(ref)


def test_a_trial_that_ends_on_such_a_card_waits_past_due(shop: Shop) -> None:
    ref = shop.subscribed(AUTHENTICATES, trial_days=14)
    shop.pass_days(14)

    answer = shop.engine.subscriptions.fetch(ref)
    assert answer.main.status == "past_due"
    assert answer.next_action is not None
    assert answer.next_action.kind == "authenticate"

    assert shop.engine.authenticate(ref).main.status == "active"


def test_an_expired_one_waits_for_nobody(shop: Shop) -> None:
    ref = shop.subscribed(AUTHENTICATES)

    shop.pass_days(1)

    assert shop.engine.subscriptions.fetch(ref).next_action is None
    with pytest.raises(InvalidRequest):
        shop.engine.authenticate(ref)


def test_each_attachment_is_a_card_of_its_own(shop: Shop) -> None:
    customer, other = shop.customer("pm_card_visa"), shop.customer("pm_card_visa")

    first = shop.engine.customers.fetch(customer).main.default_payment_method
    second = shop.engine.customers.fetch(other).main.default_payment_method
    cards = [shop.engine.payment_methods.fetch(ref).main for ref in (first, second)]

    assert first != second
    assert [card.customer for card in cards] == [customer, other]
    assert len({card.fingerprint for card in cards}) == 1


def test_a_detached_card_pays_no_more(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    ref = str(shop.subscribe(customer).main.ref)
    card = shop.engine.customers.fetch(customer).main.default_payment_method

    shop.engine.payment_methods.detach(card)
    shop.pass_days(31)

    assert shop.engine.payment_methods.fetch(card).main.customer is None
    assert shop.subscription(ref).status == "past_due"
    assert shop.invoices(ref)[-1].next_attempt_at == START + 34 * DAY


def test_a_card_fails_at_the_charge_it_names_and_at_no_other(shop: Shop) -> None:
    ref = shop.subscribed("pm_fake_fails_on_3")

    shop.pass_days(59)
    assert shop.subscription(ref).status == "past_due"
    assert [invoice.status for invoice in shop.invoices(ref)] == ["paid", "paid", "open"]
    shop.pass_days(3)

    assert shop.subscription(ref).status == "active"
    shop.pass_days(365)
    assert {invoice.status for invoice in shop.invoices(ref)} == {"paid"}


def test_the_nth_charge_of_any_card_can_be_declined(shop: Shop) -> None:
    unlucky, other = shop.subscribed(), shop.subscribed()
    card = shop.engine.books.customers[shop.subscription(unlucky).customer].payment_methods[0]
    shop.engine.scenarios.fail_charge(card, 2)

    shop.pass_days(31)
    assert shop.subscription(unlucky).status == "active"
    shop.pass_days(28)

    assert shop.subscription(unlucky).status == "past_due"
    assert shop.subscription(other).status == "active"
    assert shop.engine.scenarios.is_quiet
    with pytest.raises(InvalidRequest):
        shop.engine.scenarios.fail_charge(card, 0)


@pytest.mark.parametrize("token", ["pm_fake_fails_on_0", "pm_fake_fails_on_", "pm_fake_fails_on_٣"])
def test_what_is_no_card_is_not_attached(shop: Shop, token: str) -> None:
    with pytest.raises(ProcessorRejected):
        shop.customer(token)
