"""Asking twice is asking once, for a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CancelSubscription
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_core.owners import Owner
from accrue_fake import Engine
from tests.fake.shop import Shop

KEY = Key("the-key", "the-operation")
ADA = CreateCustomer(owner=Owner("team", "ada"), metadata={"a": "1", "b": "2"})


def test_the_same_question_has_the_same_answer_word_for_word(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    first = shop.subscribe(customer, key=KEY)
    shop.cancel(str(first.main.ref), "now")
    shop.events()

    again = shop.subscribe(customer, key=KEY)

    assert again == first
    assert again.main.status == "active"
    assert shop.events() == []


def test_the_order_of_metadata_is_no_difference(engine: Engine) -> None:
    turned = CreateCustomer(owner=ADA.owner, metadata={"b": "2", "a": "1"})

    assert engine.customers.create(ADA, key=KEY) == engine.customers.create(turned, key=KEY)


@pytest.mark.parametrize(
    "other",
    [
        CreateCustomer(owner=Owner("team", "bob"), metadata=ADA.metadata),
        CreateCustomer(owner=ADA.owner, metadata={"a": "1"}),
        CreateCustomer(owner=ADA.owner, metadata=ADA.metadata, name="Ada"),
    ],
)
def test_another_question_under_the_key_is_refused(engine: Engine, other: CreateCustomer) -> None:
    engine.customers.create(ADA, key=KEY)

    with pytest.raises(ProcessorRejected) as refused:
        engine.customers.create(other, key=KEY)

    assert refused.value.reason == "idempotency_mismatch"


def test_another_method_under_the_key_is_refused(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.engine.customers.create(ADA, key=KEY)

    with pytest.raises(ProcessorRejected, match="different request"):
        shop.engine.subscriptions.cancel(CancelSubscription(ref=ref, when="now"), key=KEY)
    assert shop.subscription(ref).status == "active"


def test_a_key_is_forgotten_when_it_is_a_day_old(engine: Engine) -> None:
    first = engine.customers.create(ADA, key=KEY)

    engine.advance(timedelta(hours=23, minutes=59))
    assert engine.customers.create(ADA, key=KEY) == first
    engine.advance(timedelta(minutes=1))

    assert engine.customers.create(ADA, key=KEY).main.ref != first.main.ref


def test_a_refusal_is_remembered_too(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    for _ in range(2):
        with pytest.raises(ProcessorRejected) as refused:
            shop.subscribe(customer, "price_soon", key=KEY)
        assert (refused.value.reason, refused.value.param) == ("missing", "items.price")
        shop.engine.catalogue.add_price("price_soon", shop.engine.catalogue.prices()[0].money)


def test_a_decline_is_remembered_as_what_it_was(shop: Shop) -> None:
    request = AttachPaymentMethod(
        customer=shop.customer(), payment_method="pm_card_declinedOnAttach"
    )
    for _ in range(2):
        with pytest.raises(CardDeclined) as declined:
            shop.engine.payment_methods.attach(request, key=KEY)
        assert declined.value.reason == "card_declined"
        assert declined.value.advice == "Please use another card."


def test_what_was_created_carries_its_operation(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    created = shop.subscribe(customer, key=KEY, metadata={"plan": "pro"})

    assert created.main.metadata == {"plan": "pro", "accrue_operation": "the-operation"}
    found = shop.engine.subscriptions.find_created(KEY, customer)
    assert found is not None
    assert found == created
    assert shop.engine.subscriptions.find_created(KEY, shop.customer()) is None
    assert shop.engine.customers.find_created(KEY) is None
