"""An invoice's page explains its total."""

from __future__ import annotations

import pytest

from accrue_core.contracts.customers import SetTaxLocation
from tests.fake.shop import Shop
from tests.fake.visitor import Visitor

pytestmark = pytest.mark.anyio


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
