"""Checkout sessions: how they open, end, and are found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.results import GoneSnapshot, Key
from accrue_core.contracts.subscriptions import NewItem
from accrue_core.errors import InvalidRequest, ProcessorRejected, RemoteMissing
from accrue_fake import Engine, FakeProcessor
from tests.fake.shop import DAY, START, Shop, token_of

KEY = Key("the-key", "the-operation")
VISA = "pm_card_visa"
AUTHENTICATES = "pm_card_authenticationRequired"


def test_a_session_is_open_and_hides_the_way_to_its_page(shop: Shop) -> None:
    customer = shop.customer()
    shop.events()

    answer = shop.checkout(customer)

    session = answer.main
    assert (session.ref, session.customer, session.status) == ("cs_fake_00001", customer, "open")
    assert (session.subscription, session.expires_at) == (None, START + DAY)
    assert answer.others == ()
    assert answer.next_action is not None
    assert answer.next_action.kind == "redirect"
    assert answer.next_action.url is not None
    assert answer.next_action.url.reveal() == f"https://fake.invalid/checkout/{token_of(answer)}"
    assert token_of(answer) not in repr(answer)
    assert shop.engine.checkout.fetch(session.ref).next_action == answer.next_action
    assert shop.events() == []


def test_its_page_is_where_the_engine_is_told_that_it_is(shop: Shop) -> None:
    shop.engine.pages_at("http://127.0.0.1:8000/billing/fake/")

    answer = shop.checkout(shop.customer())

    assert answer.next_action is not None
    assert answer.next_action.url is not None
    assert answer.next_action.url.reveal().startswith("http://127.0.0.1:8000/billing/fake/checkout")
    for nowhere in ("/billing/fake", "javascript:alert(1)", "https://", "http://a b"):
        with pytest.raises(InvalidRequest):
            shop.engine.pages_at(nowhere)


def test_a_session_that_nobody_completes_expires_after_a_day(shop: Shop) -> None:
    opened = shop.checkout(shop.customer())
    token = token_of(opened)
    shop.events()

    shop.engine.advance(timedelta(hours=23, minutes=59))
    shop.engine.checkout.pay(token, AUTHENTICATES)
    shop.engine.advance(timedelta(minutes=1))

    expired = shop.engine.checkout.fetch(opened.main.ref)
    assert (expired.main.status, expired.others, expired.next_action) == ("expired", (), None)
    assert shop.events() == ["checkout.session.expired"]
    for deed in (shop.engine.checkout.authenticate, shop.engine.checkout.fail_authentication):
        with pytest.raises(ProcessorRejected) as refused:
            deed(token)
        assert refused.value.reason == "checkout_expired"


def test_a_completed_one_does_not_expire(shop: Shop) -> None:
    opened = shop.checkout(shop.customer())
    shop.engine.checkout.pay(token_of(opened), VISA)

    shop.pass_days(2)

    assert shop.session(opened.main.ref).status == "complete"
    assert "checkout.session.expired" not in shop.events()


def test_a_completed_one_says_what_has_become_of_it_since(shop: Shop) -> None:
    customer = shop.customer()
    opened = shop.checkout(customer)
    shop.engine.checkout.pay(token_of(opened), VISA)

    shop.engine.customers.delete(customer)

    subscription, payer, card, invoice = shop.engine.checkout.fetch(opened.main.ref).others
    assert subscription.status == "canceled"
    assert payer == GoneSnapshot("customer", customer)
    assert (card.customer, invoice.status) == (None, "paid")


@pytest.mark.parametrize(
    "options",
    [
        {"items": (NewItem(price="price_unknown"),)},
        {"items": ()},
        {"trial_days": 3, "trial_end": START + 9 * DAY},
        {"trial_days": -1},
        {"trial_end": START + timedelta(hours=47)},
        {"success_url": "/thanks"},
        {"cancel_url": "javascript:alert(1)"},
    ],
)
def test_what_cannot_be_bought_is_refused_at_once(shop: Shop, options: dict[str, Any]) -> None:
    customer = shop.customer()

    with pytest.raises(ProcessorRejected):
        shop.checkout(customer, key=KEY, **options)

    assert shop.engine.checkout.find_created(KEY, customer) is None
    assert shop.checkout(customer).main.ref == "cs_fake_00001"


def test_a_customer_that_is_gone_can_neither_open_nor_pay(shop: Shop) -> None:
    customer = shop.customer()
    token = token_of(shop.checkout(customer))
    shop.engine.customers.delete(customer)

    with pytest.raises(ProcessorRejected, match="customer"):
        shop.engine.checkout.pay(token, VISA)
    with pytest.raises(ProcessorRejected, match="customer"):
        shop.checkout(customer)


def test_a_token_that_is_nearly_right_leads_nowhere(shop: Shop) -> None:
    token = token_of(shop.checkout(shop.customer()))

    for place in range(len(token)):
        other = "1" if token[place] == "0" else "0"
        with pytest.raises(RemoteMissing):
            shop.engine.checkout.page(f"{token[:place]}{other}{token[place + 1 :]}")
    for wrong in (token[:-1], f"{token}0", token.upper()):
        with pytest.raises(RemoteMissing):
            shop.engine.checkout.page(wrong)
    assert shop.engine.checkout.page(token).session.status == "open"


def test_a_token_opens_pages_of_its_kind_only(shop: Shop) -> None:
    token = token_of(shop.checkout(shop.customer()))

    with pytest.raises(RemoteMissing):
        shop.engine.portal.page(token)
    with pytest.raises(RemoteMissing):
        shop.engine.invoices.page(token)


@pytest.mark.parametrize("token", ["", "cs_fake_00001", "ä" * 32, "0" * 32])
def test_a_token_that_was_never_given_out_leads_nowhere(shop: Shop, token: str) -> None:
    shop.checkout(shop.customer())

    with pytest.raises(RemoteMissing) as missing:
        shop.engine.checkout.pay(token, VISA)

    assert not token or token not in str(missing.value)


def test_the_same_key_opens_one_session(shop: Shop) -> None:
    customer = shop.customer()

    first = shop.checkout(customer, key=KEY)
    again = shop.checkout(customer, key=KEY)

    assert (again, again.next_action) == (first, first.next_action)
    with pytest.raises(ProcessorRejected, match="different request"):
        shop.checkout(customer, key=KEY, trial_days=14)


def test_what_was_created_is_found_by_its_operation(shop: Shop) -> None:
    customer = shop.customer()
    opened = shop.checkout(customer, key=KEY)

    found = shop.engine.checkout.find_created(KEY, customer)

    assert found is not None
    assert (found, found.next_action) == (opened, opened.next_action)
    assert shop.engine.checkout.find_created(KEY, shop.customer()) is None
    paid = shop.engine.checkout.pay(token_of(opened), VISA)
    assert shop.engine.checkout.find_created(KEY, customer) == paid


@pytest.mark.anyio
async def test_the_processor_offers_sessions_like_everything_else(shop: Shop) -> None:
    processor = FakeProcessor(shop.engine)
    request = CreateCheckoutSession(
        customer=shop.customer(),
        items=(NewItem(price="price_monthly"),),
        success_url="https://shop.example/thanks",
        cancel_url="https://shop.example/prices",
    )

    opened = await processor.checkout.create(request, key=KEY)

    ref = opened.main.ref
    assert await processor.fetch("checkout_session", ref) == await processor.checkout.fetch(ref)
    assert await processor.find_created(request, key=KEY, since=START) == opened
    shop.engine.checkout.pay(token_of(opened), VISA)
    *_, owed = shop.engine.emitter.take()
    event = processor.verify(owed.body, owed.headers, now=START)
    assert (event.type, event.noun, event.object_ref) == (
        "checkout.session.completed",
        "checkout_session",
        ref,
    )


def test_a_snapshot_keeps_sessions_as_they_were(shop: Shop) -> None:
    waiting, paid = shop.checkout(shop.customer()), shop.checkout(shop.customer(), key=KEY)
    shop.engine.checkout.pay(token_of(waiting), AUTHENTICATES)
    shop.engine.checkout.pay(token_of(paid), VISA)

    other = Engine.load(shop.engine.dump(), pages="https://elsewhere.example/fake")

    assert other.dump() == shop.engine.dump()
    assert other.checkout.fetch(paid.main.ref) == shop.engine.checkout.fetch(paid.main.ref)
    moved = other.checkout.fetch(waiting.main.ref).next_action
    assert moved is not None
    assert moved.url is not None
    assert moved.url.reveal() == f"https://elsewhere.example/fake/checkout/{token_of(waiting)}"
    assert other.checkout.authenticate(token_of(waiting)).main.status == "complete"
