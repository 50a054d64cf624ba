"""An invoice's page explains its total; the page of a bank leads back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.contracts.customers import SetTaxLocation
from tests.fake.shop import Shop, token_of
from tests.fake.visitor import Visitor, address, portal_of

pytestmark = pytest.mark.anyio
AUTHENTICATES = "pm_card_authenticationRequired"


async def test_what_is_taken_off_and_what_is_added_stands_above_the_total(
    shop: Shop, visitor: Visitor
) -> None:
    shop.engine.discounts.add_coupon("quarter", percent_off="25")
    customer = shop.customer()
    place = SetTaxLocation(ref=customer, country="DE")
    shop.engine.customers.set_tax_location(place, key=shop.key())
    sent = shop.subscribe(customer, coupon="quarter", automatic_tax=True, collection="invoice")
    invoice = shop.invoices(str(sent.main.ref))[0]

    await visitor.goes_to(shop.engine.addresses.of("invoices", invoice.ref).reveal())

    places = [visitor.text.index(words) for words in ("Discount", "Tax", "Total")]
    assert places == sorted(places)
    for amount in ("$19.00", "$4.75", "$2.71", "$16.96"):
        assert amount in visitor.text


@pytest.mark.parametrize(
    ("answer", "lead"), [("Complete", "thanks?of=cs_fake"), ("Fail", "prices")]
)
async def test_a_bank_sends_who_came_by_checkout_back_to_the_shop(
    shop: Shop, visitor: Visitor, answer: str, lead: str
) -> None:
    customer = shop.customer()
    shop.engine.checkout.pay(token_of(shop.checkout(customer)), "pm_card_visa")
    (ref,) = shop.engine.subscriptions.of_customer(customer)
    portal_of(shop, customer)
    shop.stock_up()
    shop.attach(customer, AUTHENTICATES)
    await visitor.goes_to(address(shop.swap(ref, "price_pro")))

    await visitor.sends(answer)

    assert f'<a href="https://shop.example/{lead}' in visitor.page
    assert "Back to shop.example" in visitor.text
    assert "close this page" not in visitor.text


async def test_a_bank_leads_back_to_the_newest_portal_that_is_open(
    shop: Shop, visitor: Visitor
) -> None:
    customer = shop.customer(AUTHENTICATES)
    answer = shop.subscribe(customer)
    portal_of(shop, shop.customer())
    older, newer = portal_of(shop, customer), portal_of(shop, customer)
    await visitor.goes_to(address(answer))
    await visitor.sends("Complete")
    assert older.rpartition("/")[2] not in visitor.page

    await visitor.clicks("Back to your billing")

    assert visitor.place.endswith(f"/{newer.rpartition('/')[2]}/overview")
    assert "Renews on 1 February 2026" in visitor.text


async def test_a_bank_leads_to_no_portal_that_is_over(shop: Shop, visitor: Visitor) -> None:
    customer = shop.customer(AUTHENTICATES)
    answer = shop.subscribe(customer)
    portal_of(shop, customer)
    shop.engine.advance(timedelta(minutes=30))
    await visitor.goes_to(address(answer))

    await visitor.sends("Complete")

    assert "Back to" not in visitor.text
    assert "is paid. You can close this page." in visitor.text
