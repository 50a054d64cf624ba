"""The portal's pages, and those of single invoices."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.contracts.subscriptions import COMP_COUPON
from accrue_fake.engine.portal import LIFETIME
from tests.fake.shop import DAY, START, Shop
from tests.fake.visitor import PLACE, Visitor, address, portal_of

AUTHENTICATES = "pm_card_authenticationRequired"


@pytest.fixture
def subscription(shop: Shop) -> str:
    """Give a monthly subscription whose card pays once."""
    return shop.subscribed("pm_card_failsAtRenewal")


def customer_of(shop: Shop, subscription: str) -> str:
    return shop.subscription(subscription).customer


def default_of(shop: Shop, customer: str) -> str:
    card = shop.engine.customers.fetch(customer).main.default_payment_method
    return str(shop.engine.payment_methods.fetch(card).main.last4)


async def enters(visitor: Visitor, shop: Shop, subscription: str) -> None:
    await visitor.goes_to(portal_of(shop, customer_of(shop, subscription)))


async def test_it_says_in_plain_words_how_everything_stands(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    customer = customer_of(shop, subscription)
    trial = shop.subscribe(customer, "price_weekly", quantity=2, trial_days=14).main.ref
    ended = shop.subscribe(customer, "price_weekly").main.ref
    shop.cancel(str(ended), "now")

    await enters(visitor, shop, subscription)

    for words in (
        "Monthly Active $19.00 per month Renews on 1 February 2026 for $19.00.",
        "2 × Weekly Trialing $10.00 per week Free until 15 January 2026. "
        "The first payment of $10.00 is on that day.",
        "Weekly Canceled Ended on 1 January 2026.",
        "Visa •••• ending in 0341 Expires 12/2034 Default",
        "F00001-0001 1 Jan 2026 Paid $19.00",
        "Back to shop.example",
    ):
        assert words in visitor.text
    shop.cancel(str(trial), "period_end")
    await enters(visitor, shop, subscription)
    assert "Ends on 15 January 2026. Until then nothing changes." in visitor.text


async def test_it_says_what_a_renewal_will_really_cost(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    shop.engine.discounts.add_coupon("quarter", percent_off="25", duration="forever")
    customer = customer_of(shop, subscription)
    place = SetTaxLocation(ref=customer, country="DE")
    shop.engine.customers.set_tax_location(place, key=shop.key())
    shop.attach(customer, "pm_card_visa")
    shop.subscribe(customer, coupon="quarter", automatic_tax=True)
    shop.subscribe(customer, coupon=COMP_COUPON)
    shop.subscribe(customer, "price_weekly", coupon=COMP_COUPON, trial_days=14)

    await enters(visitor, shop, subscription)

    for words in (
        "$19.00 per month Renews on 1 February 2026 for $19.00.",
        "$19.00 per month Renews on 1 February 2026 for $16.96.",
        "$19.00 per month Renews on 1 February 2026. Nothing is charged on that day.",
        "$5.00 per week Free until 15 January 2026. Nothing is charged on that day.",
    ):
        assert words in visitor.text


async def test_it_says_what_is_paused_and_what_waits(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    shop.stock_up()
    shop.pause(subscription, "void")
    await enters(visitor, shop, subscription)
    assert "Nothing is charged for now." in visitor.text

    shop.pause(subscription, "void", START + 30 * DAY)
    await enters(visitor, shop, subscription)
    assert "Nothing is charged until 31 January 2026." in visitor.text

    shop.resume(subscription)
    shop.attach(customer_of(shop, subscription), AUTHENTICATES)
    shop.swap(subscription, "price_pro")
    await enters(visitor, shop, subscription)
    assert "A change waits for its payment. Until then nothing is different." in visitor.text


async def test_an_invoice_says_what_credit_it_left_and_what_credit_paid_for_it(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    shop.stock_up()
    shop.swap(subscription, "price_seat")
    await enters(visitor, shop, subscription)
    await visitor.clicks("F00001-0002")

    for words in (
        "Unused time on Monthly after 1 January 2026",
        "Remaining time on Seat after 1 January 2026",
        "Total -$12.00 Added to your credit $12.00",
    ):
        assert words in visitor.text

    shop.attach(customer_of(shop, subscription), "pm_card_visa")
    shop.swap(subscription, "price_pro")
    await enters(visitor, shop, subscription)
    await visitor.clicks("F00001-0003")
    assert "Total $42.00 From your credit -$12.00 Paid $30.00" in visitor.text


async def test_a_subscription_is_canceled_once_asked_again_and_kept(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    await enters(visitor, shop, subscription)

    await visitor.clicks("Cancel")
    assert not shop.subscription(subscription).cancel_at_period_end
    await visitor.sends("Cancel on 1 February 2026")
    assert shop.subscription(subscription).cancel_at_period_end
    assert "will end with its period" in visitor.text

    await visitor.sends("Keep")
    assert not shop.subscription(subscription).cancel_at_period_end
    assert "The subscription goes on." in visitor.text


async def test_what_has_ended_meanwhile_is_shown_and_not_canceled(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    await enters(visitor, shop, subscription)
    await visitor.clicks("Cancel")
    shop.cancel(subscription, "now")

    await visitor.sends("Cancel on")

    assert "Monthly Canceled Ended on 1 January 2026." in visitor.text
    assert "will end with its period" not in visitor.text


async def test_an_added_card_becomes_the_default_and_is_one_card_however_often_it_is_sent(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    customer = customer_of(shop, subscription)
    await enters(visitor, shop, subscription)

    await visitor.clicks("Add a test card")
    await visitor.sends("Save this card", card="pm_card_mastercard")
    await visitor.again()

    assert "The card is saved." in visitor.text
    assert default_of(shop, customer) == "4444"
    assert len(shop.engine.payment_methods.of_customer(customer)) == 2
    await visitor.sends("Make default: Visa ending in 0341")
    assert default_of(shop, customer) == "0341"
    await visitor.clicks("Add a test card")
    await visitor.sends("Save this card", card="pm_card_mastercard")
    assert default_of(shop, customer) == "4444"
    assert len(shop.engine.payment_methods.of_customer(customer)) == 2


async def test_a_card_that_its_bank_refuses_is_not_saved(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    await enters(visitor, shop, subscription)
    await visitor.clicks("Add a test card")

    await visitor.sends("Save this card", card="pm_card_chargeDeclined")
    assert visitor.status == 402
    assert "The card was declined It was not saved." in visitor.text
    await visitor.sends("Save this card", card="no such card")

    assert "No card is chosen" in visitor.text
    assert len(shop.engine.payment_methods.of_customer(customer_of(shop, subscription))) == 1


@pytest.mark.parametrize(("button", "cards"), [("Complete", 2), ("Fail", 1)])
async def test_a_bank_may_ask_before_a_card_is_saved(
    shop: Shop, subscription: str, visitor: Visitor, button: str, cards: int
) -> None:
    customer = customer_of(shop, subscription)
    await enters(visitor, shop, subscription)
    await visitor.clicks("Add a test card")
    await visitor.sends("Save this card", card=AUTHENTICATES)
    assert "would like to keep your card" in visitor.text
    assert len(shop.engine.payment_methods.of_customer(customer)) == 1

    await visitor.sends(button)
    await visitor.again()

    assert len(shop.engine.payment_methods.of_customer(customer)) == cards
    if button == "Complete":
        shop.pass_days(31)
        assert shop.subscription(subscription).status == "active"


async def test_a_card_for_the_debt_is_used_at_the_next_try(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    shop.pass_days(31)
    await enters(visitor, shop, subscription)
    assert "$19.00 is due since 1 February 2026" in visitor.text
    assert "tried again on 4 February 2026" in visitor.text

    await visitor.clicks("Add a test card")
    await visitor.sends("Save this card", card="pm_card_visa")
    shop.pass_days(3)

    assert shop.subscription(subscription).status == "active"


async def test_an_open_invoice_is_paid_once(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    shop.pass_days(31)
    await enters(visitor, shop, subscription)

    await visitor.clicks("F00001-0002")
    await visitor.sends("Pay $19.00")
    shop.events()
    await visitor.again()

    assert shop.events() == []
    assert shop.invoices(subscription)[-1].status == "paid"
    assert "Paid" in visitor.text
    await visitor.clicks("Your billing")
    assert "is not paid" not in visitor.text


async def test_a_draft_is_nobodys_debt_yet(visitor: Visitor, shop: Shop) -> None:
    shop.engine.books.final = "unpaid"
    subscription = shop.subscribed("pm_card_failsAtRenewal")
    shop.pass_days(62)
    assert [invoice.status for invoice in shop.invoices(subscription)] == ["paid", "open", "draft"]

    await enters(visitor, shop, subscription)

    assert "it is not tried again by itself" in visitor.text
    assert visitor.page.count("<tr>") == 3
    assert "Draft" not in visitor.text


async def test_flows_open_on_what_they_are_for(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    customer = customer_of(shop, subscription)

    await visitor.goes_to(
        portal_of(shop, customer, flow="subscription_cancel", subscription=subscription)
    )
    assert "Cancel Monthly?" in visitor.text
    await visitor.goes_to(portal_of(shop, customer, flow="payment_method_update"))
    assert "Add a test card" in visitor.text
    assert "Save this card" in visitor.text


@pytest.mark.parametrize("page", ["", "/overview", "/cards", "/bank"])
async def test_a_visit_ends_after_half_an_hour_and_tells_nothing_then(
    shop: Shop, subscription: str, visitor: Visitor, page: str
) -> None:
    shop.engine.customers.edit(customer_of(shop, subscription), name="Ada Lovelace")
    place = portal_of(shop, customer_of(shop, subscription))
    await visitor.goes_to(place)
    assert "Ada Lovelace" in visitor.text

    shop.engine.advance(LIFETIME - timedelta(seconds=1))
    await visitor.goes_to(place)
    assert visitor.status == 200
    shop.engine.advance(timedelta(seconds=1))
    await visitor.goes_to(f"{place}{page}")

    assert visitor.status == 410
    assert "This visit is over" in visitor.text
    assert "Lovelace" not in visitor.page
    assert 'href="https://shop.example/account"' in visitor.page


@pytest.mark.parametrize("button", ["Save this card", "Make default", "Cancel on", "Keep", "Pay"])
async def test_after_the_visit_nothing_can_be_done(
    shop: Shop, subscription: str, visitor: Visitor, button: str
) -> None:
    customer = customer_of(shop, subscription)
    shop.attach(customer, "pm_card_visa", make_default=False)
    ending = shop.subscribe(customer, "price_weekly", trial_days=90).main.ref
    shop.cancel(str(ending), "period_end")
    shop.pass_days(31)
    place = portal_of(shop, customer)
    await visitor.goes_to(place)
    match button:
        case "Save this card":
            await visitor.clicks("Add a test card")
        case "Cancel on":
            await visitor.clicks("Cancel")
        case "Pay":
            await visitor.clicks("Pay now")
    shop.engine.advance(LIFETIME)
    before = shop.engine.dump()

    await visitor.sends(button)

    assert "This visit is over" in visitor.text
    assert shop.engine.dump() == before


async def test_nothing_of_another_customer_can_be_seen_or_changed(
    shop: Shop, subscription: str, visitor: Visitor
) -> None:
    theirs = shop.subscribed("pm_card_visa")
    shop.cancel(theirs, "period_end")
    (invoice,) = shop.invoices(theirs)
    their_card = shop.engine.payment_methods.of_customer(customer_of(shop, theirs))[0]
    shop.attach(customer_of(shop, subscription), "pm_card_visa", make_default=False)
    shop.cancel(subscription, "period_end")
    place = portal_of(shop, customer_of(shop, subscription))
    before = shop.engine.dump()

    for path in (
        f"subscriptions/{theirs}/cancel",
        f"invoices/{shop.engine.addresses.token('invoices', invoice.ref)}",
    ):
        await visitor.goes_to(f"{place}/{path}")
        assert visitor.status == 404
    await visitor.goes_to(place)
    await visitor.sends("Make default", payment_method=their_card)
    visitor.rewrites(subscription, theirs)
    await visitor.sends("Keep")

    assert shop.engine.dump() == before


async def test_an_invoice_has_a_page_of_its_own(shop: Shop, visitor: Visitor) -> None:
    answer = shop.subscribe(shop.customer(None))

    await visitor.goes_to(address(answer))
    assert "Invoice F00001-0001 Open" in visitor.text
    assert "1 × Monthly 1 Jan 2026 to 1 Feb 2026 $19.00" in visitor.text
    await visitor.sends("Pay $19.00")

    assert shop.subscription(answer.main.ref).status == "active"
    assert "The invoice is paid. Thank you." in visitor.text
    assert "<form" not in visitor.page


async def test_who_is_not_vouched_for_may_pay_another_way(shop: Shop, visitor: Visitor) -> None:
    answer = shop.subscribe(shop.customer(AUTHENTICATES))
    await visitor.goes_to(address(answer))

    await visitor.sends("Fail")
    assert "Your bank knows that it was not you" in visitor.text
    await visitor.again()
    await visitor.clicks("Pay it another way")
    await visitor.sends("Pay $19.00")

    assert shop.subscription(answer.main.ref).status == "active"


async def test_a_bank_that_was_answered_asks_no_more(shop: Shop, visitor: Visitor) -> None:
    answer = shop.subscribe(shop.customer(AUTHENTICATES))
    await visitor.goes_to(address(answer))
    shop.engine.authenticate(str(answer.main.ref))

    await visitor.sends("Fail")

    assert "Your bank asks for nothing" in visitor.text
    assert "is paid. You can close this page." in visitor.text


async def test_only_words_of_ours_are_said(shop: Shop, subscription: str, visitor: Visitor) -> None:
    await enters(visitor, shop, subscription)
    token = re.search(r"/portal/(\w+)/", visitor.page)
    assert token is not None

    await visitor.goes_to(f"{PLACE}/portal/{token[1]}/overview?said=You+owe+us+money")

    assert "owe us" not in visitor.page
