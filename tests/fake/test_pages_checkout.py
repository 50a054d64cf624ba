"""The checkout page: what it says, and where it leads."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import NewItem
from accrue_core.money import Money
from accrue_core.owners import Owner
from accrue_fake import FakeProcessor, HostProcess
from tests.fake.shop import DAY, MONTHLY, START, Shop, token_of
from tests.fake.visitor import PLACE, Visitor, address, serving

DECLINED = "pm_card_chargeDeclined"
AUTHENTICATES = "pm_card_authenticationRequired"
THANKS = "https://shop.example/thanks?of=cs_fake_00001"


@pytest.fixture
def opened(shop: Shop, visitor: Visitor) -> Answer:
    return shop.checkout(shop.customer())


def status(shop: Shop) -> str:
    return str(shop.session("cs_fake_00001").status)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["$19.00 per month", "Total due today $19.00", "renews at $19.00 per month"]),
        (
            {"trial_days": 14},
            ["14 days free", "Then $19.00 per month, from 15 January 2026",
             "Total due today $0.00", "Nothing is charged today"],
        ),
        ({"trial_days": 1}, ["1 day free"]),
        ({"trial_end": START + 9 * DAY}, ["Free at first", "from 10 January 2026"]),
        (
            {"items": (NewItem(price="price_weekly", quantity=3),)},
            ["Subscribe to Weekly", "3 × $5.00 per week", "Total due today $15.00"],
        ),
        (
            {"items": (NewItem(price="price_monthly"), NewItem(price="price_more"))},
            ["Monthly $19.00", "More $1,000.00", "$1,019.00 per month"],
        ),
    ],
)  # fmt: skip
async def test_it_says_what_is_bought_and_what_is_due(
    shop: Shop, visitor: Visitor, options: dict[str, Any], words: list[str]
) -> None:
    shop.engine.catalogue.add_price("price_more", Money(100_000, "usd"))

    await visitor.goes_to(address(shop.checkout(shop.customer(), **options)))

    assert visitor.status == 200
    for word in words:
        assert word in visitor.text


async def test_each_card_says_what_it_will_do(opened: Answer, visitor: Visitor) -> None:
    await visitor.goes_to(address(opened))

    for deed in (
        "4242 Pays now and at every renewal",
        "4444 Pays now and at every renewal",
        "0002 Is declined",
        "3220 Your bank asks for you first",
        "0341 Pays now and fails at the first renewal",
    ):
        assert deed in visitor.text


async def test_one_can_go_back_without_buying(shop: Shop, opened: Answer, visitor: Visitor) -> None:
    await visitor.goes_to(address(opened))

    assert 'href="https://shop.example/prices"' in visitor.page
    assert "Back to shop.example" in visitor.text


async def test_a_decline_is_said_where_it_is_noticed(
    shop: Shop, opened: Answer, visitor: Visitor
) -> None:
    await visitor.goes_to(address(opened))

    await visitor.sends("Pay", card=DECLINED)

    assert visitor.status == 402
    assert "<title>Error: " in visitor.page
    assert 'role="alert" tabindex="-1" autofocus' in visitor.page
    assert "The card was declined Nothing was charged. Please use another card." in visitor.text
    assert f'value="{DECLINED}" checked' in visitor.page
    await visitor.sends("Pay", card="pm_card_visa")
    assert visitor.sent_to == THANKS


@pytest.mark.parametrize("card", ["", "4242424242424242", "pm_fake_00001"])
async def test_what_is_no_test_card_is_not_sent_on(
    shop: Shop, opened: Answer, visitor: Visitor, card: str
) -> None:
    await visitor.goes_to(address(opened))

    await visitor.sends("Pay", card=card)

    assert visitor.status == 422
    assert "No card is chosen" in visitor.text
    assert not card or card not in visitor.page
    assert status(shop) == "open"


async def test_the_bank_asks_and_is_satisfied(shop: Shop, opened: Answer, visitor: Visitor) -> None:
    await visitor.goes_to(address(opened))

    await visitor.sends("Pay", card=AUTHENTICATES)
    assert visitor.place.endswith("/bank")
    assert "Your bank asks: is this you? shop.example would like to charge $19.00" in visitor.text
    await visitor.sends("Complete")

    assert visitor.sent_to == THANKS
    assert status(shop) == "complete"


async def test_the_bank_asks_and_is_not_satisfied(
    shop: Shop, opened: Answer, visitor: Visitor
) -> None:
    await visitor.goes_to(address(opened))
    await visitor.sends("Pay", card=AUTHENTICATES)

    await visitor.sends("Fail")

    assert "Your bank could not confirm that it was you" in visitor.text
    assert 'role="alert"' in visitor.page
    await visitor.sends("Pay", card="pm_card_mastercard")
    assert visitor.sent_to == THANKS


async def test_a_bank_that_does_not_ask_has_no_page(opened: Answer, visitor: Visitor) -> None:
    await visitor.goes_to(f"{address(opened)}/bank")

    assert not visitor.place.endswith("/bank")
    assert "Pay with a test card" in visitor.text


@pytest.mark.parametrize("button", ["Complete", "Fail"])
async def test_an_answer_to_the_bank_that_is_sent_twice_counts_once(
    shop: Shop, opened: Answer, visitor: Visitor, button: str
) -> None:
    await visitor.goes_to(address(opened))
    await visitor.sends("Pay", card=AUTHENTICATES)
    await visitor.sends(button)
    before = shop.engine.dump()

    await visitor.again()

    assert shop.engine.dump() == before
    assert visitor.sent_to == (THANKS if button == "Complete" else None)


async def test_a_double_click_pays_once_and_leads_where_the_first_one_led(
    shop: Shop, opened: Answer, visitor: Visitor
) -> None:
    await visitor.goes_to(address(opened))
    await visitor.sends("Pay")
    before = shop.engine.dump()

    await visitor.again()

    assert visitor.sent_to == THANKS
    assert shop.engine.dump() == before


async def test_a_complete_session_says_so_and_leads_on(
    shop: Shop, opened: Answer, visitor: Visitor
) -> None:
    shop.engine.checkout.pay(token_of(opened), "pm_card_visa")

    await visitor.goes_to(address(opened))

    assert visitor.status == 200
    assert "You are subscribed" in visitor.text
    assert f'href="{THANKS}"' in visitor.page
    assert "<form" not in visitor.page


async def test_an_expired_session_is_said_kindly_also_to_who_pays_too_late(
    shop: Shop, opened: Answer, visitor: Visitor
) -> None:
    await visitor.goes_to(address(opened))
    shop.engine.advance(timedelta(days=1))

    await visitor.sends("Pay")

    assert visitor.status == 410
    assert "This checkout has expired" in visitor.text
    assert "Back to shop.example" in visitor.text
    assert shop.engine.subscriptions.of_customer("cus_fake_00001") == ()


async def test_what_cannot_be_completed_says_why(
    shop: Shop, opened: Answer, visitor: Visitor
) -> None:
    await visitor.goes_to(address(opened))
    shop.engine.customers.delete("cus_fake_00001")

    await visitor.sends("Pay")

    assert visitor.status == 422
    assert "This cannot be completed Nothing was charged: no such customer." in visitor.text


async def test_what_a_customer_is_called_is_no_markup(shop: Shop, visitor: Visitor) -> None:
    customer = shop.customer()
    shop.engine.customers.edit(customer, name="<script>alert(1)</script>")

    await visitor.goes_to(address(shop.checkout(customer)))

    assert "Billed to <script>alert(1)</script>" in visitor.text
    assert "<script>alert" not in visitor.page


async def test_an_engine_elsewhere_has_the_same_pages() -> None:
    with tempfile.TemporaryDirectory(prefix="accrue-") as folder:
        with HostProcess(Path(folder) / "engine", pages=PLACE) as host:
            processor = FakeProcessor(host.backend())
            price = {"ref": "price_monthly", "money": MONTHLY}
            await processor.backend.call("catalogue", "add_price", price)
            team = CreateCustomer(owner=Owner("team", "ada"))
            customer = (await processor.customers.create(team, key=Key("c", "c"))).main.ref
            request = CreateCheckoutSession(
                customer=customer,
                items=(NewItem(price="price_monthly"),),
                success_url="https://shop.example/thanks?of={CHECKOUT_SESSION_ID}",
                cancel_url="https://shop.example/prices",
            )
            opened = await processor.checkout.create(request, key=Key("s", "s"))
            visitor = Visitor(serving(processor).asgi())

            await visitor.goes_to(address(opened))
            await visitor.sends("Pay", card=DECLINED)
            await visitor.sends("Pay", card=AUTHENTICATES)
            await visitor.sends("Complete")

            assert visitor.sent_to == THANKS
            await visitor.goes_to(f"{PLACE}/checkout/{'0' * 32}")
            assert visitor.status == 404
            await visitor.close()
            await processor.close()
