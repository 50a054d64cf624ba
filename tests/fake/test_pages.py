"""The fake processor's pages, through the door of a whole Accrue."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from accrue_core import Accrue, Settings
from accrue_fake import Engine, FakeProcessor
from accrue_fake.plugin import register_routes
from tests.fake.shop import Shop, token_of
from tests.fake.visitor import (
    HOST,
    OTHER_PLUGINS,
    PLACE,
    Visitor,
    address,
    portal_of,
    serving,
    staged_with_pages,
)
from tests.stage import TEAM, Stage, new_engine

SUCCESS = f"{HOST}/thanks?session={{CHECKOUT_SESSION_ID}}"
CANCEL = f"{HOST}/prices"


@pytest.fixture
async def stage(prepared_database_url: str) -> AsyncIterator[Stage]:
    async with staged_with_pages(prepared_database_url, new_engine()) as stage:
        yield stage


@pytest.fixture
async def customer(stage: Stage) -> AsyncIterator[Visitor]:
    visitor = Visitor(stage.app)
    yield visitor
    await visitor.close()


async def opened(stage: Stage, *, trial: timedelta | None = None) -> tuple[str, str]:
    """Return the ref of a new checkout session, and the address of its page."""
    outcome = await stage.billing.create_checkout_session(
        TEAM, "pro", success_url=SUCCESS, cancel_url=CANCEL, trial=trial
    )
    assert outcome.next_action is not None
    assert outcome.next_action.url is not None
    return outcome.value.ref, outcome.next_action.url.reveal()


async def test_who_pays_on_the_page_is_sent_back_and_let_in(
    stage: Stage, customer: Visitor
) -> None:
    ref, page = await opened(stage)
    await customer.goes_to(page)
    assert "Total due today $20.00" in customer.text

    await customer.sends("Pay $20.00 and subscribe")
    assert customer.sent_to == f"{HOST}/thanks?session={ref}"
    assert not await stage.billing.entitled(TEAM, "reports")
    await stage.settle()

    assert await stage.billing.entitled(TEAM, "reports")
    (session,) = await stage.billing.checkout_sessions(TEAM)
    assert session.is_complete


async def test_a_declined_card_lets_nobody_in_and_another_one_does(
    stage: Stage, customer: Visitor
) -> None:
    _, page = await opened(stage)
    await customer.goes_to(page)

    await customer.sends("Pay $20.00", card="pm_card_chargeDeclined")
    assert customer.status == 402
    await stage.settle()
    assert await stage.billing.subscriptions(TEAM) == []
    await customer.sends("Pay $20.00", card="pm_card_mastercard")
    await stage.settle()

    assert await stage.billing.entitled(TEAM, "reports")


async def test_a_trial_that_is_cancelled_in_the_portal_ends(
    stage: Stage, customer: Visitor
) -> None:
    _, page = await opened(stage, trial=timedelta(days=14))
    await customer.goes_to(page)
    await customer.sends("Start the trial")
    await stage.settle()
    assert await stage.billing.entitled(TEAM, "reports")
    session = await stage.billing.create_billing_portal_session(TEAM, return_url=f"{HOST}/account")

    await customer.goes_to(session.url.reveal())
    await customer.clicks("Cancel")
    await customer.sends("Cancel on 15 January 2026")
    await stage.settle()
    assert await stage.billing.entitled(TEAM, "reports")
    await stage.advance(days=15)

    assert not await stage.billing.entitled(TEAM, "reports")
    await customer.goes_to(session.url.reveal())
    assert "This visit is over" in customer.text


async def test_a_failed_renewal_is_paid_on_the_invoices_page(
    stage: Stage, customer: Visitor
) -> None:
    _, page = await opened(stage)
    await customer.goes_to(page)
    await customer.sends("Pay $20.00", card="pm_card_failsAtRenewal")
    await stage.advance(days=32)
    assert not await stage.billing.entitled(TEAM, "reports")
    session = await stage.billing.create_billing_portal_session(TEAM, return_url=f"{HOST}/account")

    await customer.goes_to(session.url.reveal())
    await customer.clicks("Pay now")
    await customer.sends("Pay $20.00")
    await stage.settle()

    assert "The invoice is paid" in customer.text
    assert await stage.billing.entitled(TEAM, "reports")


async def test_a_first_payment_that_waits_is_vouched_for_at_its_bank(
    stage: Stage, customer: Visitor
) -> None:
    outcome = await stage.billing.subscribe(
        TEAM, "pro", payment_method="pm_card_authenticationRequired"
    )
    assert outcome.next_action is not None
    assert outcome.next_action.url is not None

    await customer.goes_to(outcome.next_action.url.reveal())
    assert "Your bank asks: is this you? A payment of $20.00 waits" in customer.text
    await customer.sends("Complete")
    await stage.settle()

    assert "Your bank is satisfied" in customer.text
    assert await stage.billing.entitled(TEAM, "reports")


async def test_no_page_has_a_field_that_could_hold_the_number_of_a_card(
    shop: Shop, visitor: Visitor
) -> None:
    owner = shop.customer("pm_card_visa")
    for page in (address(shop.checkout(owner)), f"{portal_of(shop, owner)}/cards"):
        await visitor.goes_to(page)

        kinds = re.findall(r"<(?:input|textarea|select)\b([^>]*)", visitor.page)
        assert kinds
        assert all('type="hidden"' in kind or 'type="radio"' in kind for kind in kinds)


async def test_every_page_says_where_one_is_and_that_nothing_is_real(
    shop: Shop, visitor: Visitor
) -> None:
    owner = shop.customer("pm_card_visa")
    for page in (
        address(shop.checkout(owner)),
        portal_of(shop, owner),
        f"{PLACE}/checkout/nothing",
    ):
        await visitor.goes_to(page)

        assert "Fake payments — test mode" in visitor.text
        assert "No real cards, no real money" in visitor.text
        assert visitor.page.count("<h1") == 1


@pytest.mark.parametrize("path", ["checkout", "portal", "invoices", "authenticate"])
@pytest.mark.parametrize("token", ["0" * 32, "cs_fake_00001", "%C3%A4"])
async def test_an_address_that_was_never_given_out_is_no_page(
    shop: Shop, visitor: Visitor, path: str, token: str
) -> None:
    shop.checkout(shop.customer())

    await visitor.goes_to(f"{PLACE}/{path}/{token}")

    assert visitor.status == 404
    assert token not in visitor.page


async def test_tokens_are_in_no_log(
    shop: Shop, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    opened = shop.checkout(shop.customer())
    await visitor.goes_to(address(opened))
    await visitor.sends("Pay", card="pm_card_chargeDeclined")
    await visitor.sends("Pay", card="pm_card_visa")
    await visitor.goes_to(f"{PLACE}/checkout/{'0' * 32}")

    assert token_of(opened) not in caplog.text
    assert "0" * 32 not in caplog.text


async def test_a_stranger_cannot_send_the_customers_form(shop: Shop, visitor: Visitor) -> None:
    opened = shop.checkout(shop.customer())
    app = serving(FakeProcessor(shop.engine)).asgi()
    transport = httpx.ASGITransport(app=app, root_path="/billing")

    async with httpx.AsyncClient(transport=transport) as stranger:
        answer = await stranger.post(address(opened), data={"card": "pm_card_visa"})

    assert answer.status_code == 403
    assert shop.session(opened.main.ref).status == "open"


def test_without_a_fake_processor_there_are_no_pages() -> None:
    settings = Settings(database_url="sqlite+aiosqlite:///no.db", plugins_disabled=OTHER_PLUGINS)

    assert register_routes(Accrue(settings).billing) == ()


async def test_several_fake_processors_have_pages_of_their_own(shop: Shop) -> None:
    other = Shop(Engine(pages=f"{HOST}/billing/fake/second", seed=2))
    shop.engine.pages_at(f"{HOST}/billing/fake/first")
    processors = (
        FakeProcessor(shop.engine, name="first"),
        FakeProcessor(other.engine, name="second"),
    )
    visitor = Visitor(serving(*processors).asgi())

    for one in (shop, other):
        opened = one.checkout(one.customer())
        await visitor.goes_to(address(opened))
        await visitor.sends("Pay")
        assert one.session(opened.main.ref).status == "complete"
    await visitor.close()
