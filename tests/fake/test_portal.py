"""Portal sessions: a way in for half an hour."""

from __future__ import annotations

from typing import Any

import pytest

from accrue_core.contracts.portal import CreatePortalSession, PortalSession
from accrue_core.contracts.results import Key
from accrue_core.errors import ProcessorRejected
from accrue_fake import Engine, FakeProcessor
from accrue_fake.engine.portal import LIFETIME
from tests.fake.shop import START, Shop

KEY = Key("the-key", "the-operation")


def opened(shop: Shop, customer: str, *, key: Key | None = None, **options: Any) -> PortalSession:
    request = CreatePortalSession(
        customer=customer, **{"return_url": "https://shop.example/account", **options}
    )
    return shop.engine.portal.create(request, key=key or shop.key())


def test_a_session_is_an_address_that_is_hidden_and_a_moment(shop: Shop) -> None:
    shop.engine.pages_at("https://pay.example")
    customer = shop.customer()
    shop.events()

    session = opened(shop, customer)

    assert session.expires_at == START + LIFETIME
    assert session.url.reveal().startswith("https://pay.example/portal/")
    assert session.url.reveal() not in repr(session)
    assert shop.events() == []


def test_the_same_key_opens_one_session(shop: Shop) -> None:
    customer = shop.customer()

    first = opened(shop, customer, key=KEY)

    assert opened(shop, customer, key=KEY) == first
    assert opened(shop, customer).url != first.url
    with pytest.raises(ProcessorRejected, match="different request"):
        opened(shop, customer, key=KEY, return_url="https://shop.example/elsewhere")


def test_a_snapshot_remembers_what_was_said(shop: Shop) -> None:
    customer = shop.customer()
    first = opened(shop, customer, key=KEY, flow="payment_method_update")

    shop.engine = Engine.load(shop.engine.dump())

    assert opened(shop, customer, key=KEY, flow="payment_method_update") == first


@pytest.mark.parametrize(
    "options",
    [
        {"customer": "cus_fake_00099"},
        {"return_url": "/account"},
        {"flow": "subscription_cancel"},
        {"flow": "payment_method_update", "subscription": "sub_fake_00001"},
        {"subscription": "sub_fake_00001"},
        {"flow": "subscription_cancel", "subscription": "sub_fake_00099"},
    ],
)
def test_what_makes_no_sense_is_refused(shop: Shop, options: dict[str, Any]) -> None:
    customer = str(shop.subscribe(shop.customer("pm_card_visa")).main.customer)

    with pytest.raises(ProcessorRejected):
        opened(shop, **{"customer": customer, **options})


def test_only_what_runs_and_is_ones_own_can_be_canceled(shop: Shop) -> None:
    subscription = shop.subscription(shop.subscribed())
    flow: dict[str, Any] = {"flow": "subscription_cancel", "subscription": subscription.ref}
    assert opened(shop, subscription.customer, **flow).expires_at

    with pytest.raises(ProcessorRejected):
        opened(shop, shop.customer(), **flow)
    shop.cancel(subscription.ref, "now")
    with pytest.raises(ProcessorRejected):
        opened(shop, subscription.customer, **flow)


@pytest.mark.anyio
async def test_the_processor_offers_the_portal(shop: Shop) -> None:
    processor = FakeProcessor(shop.engine)
    request = CreatePortalSession(
        customer=shop.customer(), return_url="https://shop.example/account"
    )

    session = await processor.portal.create(request, key=KEY)

    assert await processor.portal.create(request, key=KEY) == session
