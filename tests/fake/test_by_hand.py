"""What a seller does by hand, as in a processor's dashboard: to cards, customers and metadata."""

from __future__ import annotations

import pytest

from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.errors import ProcessorRejected, TaxLocationInvalid
from accrue_core.owners import Owner
from accrue_fake.engine.cards import TestCard
from accrue_fake.engine.records import Behavior
from tests.fake.shop import Shop


def test_a_card_is_made_for_nobody_and_then_given(shop: Shop) -> None:
    customer, cards = shop.customer(), shop.engine.payment_methods
    shop.events()

    made = cards.make("pm_card_visa").main
    assert (made.customer, made.last4, shop.events()) == (None, "4242", [])
    given = cards.give(made.ref, customer)

    assert given.main.customer == customer
    assert cards.of_customer(customer) == (made.ref,)
    assert given.others[0].default_payment_method is None
    assert shop.events() == ["payment_method.attached"]
    assert cards.same_as("pm_card_visa", customer) == made.ref


def test_a_card_may_be_one_that_only_the_caller_knows(shop: Shop) -> None:
    card = TestCard("amex", "8431", Behavior.DECLINES, fails_on=2)

    made = shop.engine.payment_methods.make("pm_card_amex", card).main

    record = shop.engine.books.cards[made.ref]
    assert (made.brand, record.behavior, record.fails_on) == ("amex", Behavior.DECLINES, 2)


def test_a_card_is_given_once_and_to_somebody_who_is_there(shop: Shop) -> None:
    customer, cards = shop.customer(), shop.engine.payment_methods
    gone = shop.customer()
    shop.engine.customers.delete(gone)
    ref = str(cards.make("pm_card_visa").main.ref)

    for nobody in (gone, "cus_nobody"):
        with pytest.raises(ProcessorRejected, match="no such customer"):
            cards.give(ref, nobody)
    cards.give(ref, customer)
    with pytest.raises(ProcessorRejected, match="attached already"):
        cards.give(ref, shop.customer())

    assert cards.of_customer(customer) == (ref,)
    with pytest.raises(ProcessorRejected, match="no such payment method"):
        cards.make("pm_card_unheard_of")


def test_a_default_card_is_cleared_once_and_stays_attached(shop: Shop) -> None:
    customer, cards = shop.customer("pm_card_visa"), shop.engine.payment_methods
    (card,) = cards.of_customer(customer)
    shop.events()
    assert cards.on_file(customer) == card

    for _ in range(2):
        assert cards.clear_default(customer).main.default_payment_method is None

    assert (cards.on_file(customer), cards.of_customer(customer)) == (None, (card,))
    assert shop.events() == ["customer.updated"]


def test_a_subscription_is_charged_to_a_card_of_its_own_or_to_the_default(shop: Shop) -> None:
    customer, cards = shop.customer("pm_card_visa"), shop.engine.payment_methods
    (default,) = cards.of_customer(customer)
    own = shop.attach(customer, "pm_card_mastercard", make_default=False)
    ref = str(shop.subscribe(customer).main.ref)
    foreign = shop.attach(shop.customer(), "pm_card_visa")
    shop.events()

    shop.engine.subscriptions.charge_to(ref, own)
    assert cards.on_file(customer, subscription=ref) == own
    with pytest.raises(ProcessorRejected, match="not attached"):
        shop.engine.subscriptions.charge_to(ref, foreign)
    shop.engine.subscriptions.charge_to(ref, None)

    assert cards.on_file(customer, subscription=ref) == default
    assert shop.events() == ["customer.subscription.updated"] * 2


def test_metadata_becomes_exactly_what_is_said_and_the_owner_with_it(shop: Shop) -> None:
    ref, customers = shop.customer(), shop.engine.customers
    shop.events()
    owned = {"accrue_owner_type": "team", "accrue_owner_id": "9"}

    for _ in range(2):
        described = customers.describe(ref, {**owned, "app": "shop", "empty": ""}).main

    assert (described.owner, dict(described.metadata)) == (Owner("team", "9"), {"app": "shop"})
    assert customers.of_owner(Owner("team", "9")) == (ref,)
    assert customers.describe(ref, {}).main.owner is None
    assert shop.events() == ["customer.updated"] * 2


def test_a_subscriptions_metadata_becomes_exactly_what_is_said(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()

    for _ in range(2):
        described = shop.engine.subscriptions.describe(ref, {"app": "shop", "empty": ""}).main

    assert dict(described.metadata) == {"app": "shop"}
    assert shop.events() == ["customer.subscription.updated"]


@pytest.mark.parametrize("metadata", [{"a" * 41: "x"}, {"x": "a" * 501}])
def test_more_metadata_than_is_kept_is_refused(shop: Shop, metadata: dict[str, str]) -> None:
    ref = shop.subscribed()
    customer = shop.subscription(ref).customer
    before = shop.engine.dump()

    with pytest.raises(ProcessorRejected, match="metadata has at most"):
        shop.engine.subscriptions.describe(ref, metadata)
    with pytest.raises(ProcessorRejected, match="metadata has at most"):
        shop.engine.customers.describe(customer, metadata)

    assert shop.engine.dump() == before


def test_what_a_listener_completes_is_no_second_event(shop: Shop) -> None:
    engine = shop.engine

    def complete(_type: str, _object: str, ref: str) -> None:
        engine.customers.describe(ref, {"app": "shop"}, is_told=False)

    engine.emitter.listen(complete)

    ref = shop.customer()

    assert dict(engine.customers.fetch(ref).main.metadata) == {"app": "shop"}
    assert shop.events() == ["customer.created"]


def test_a_customer_lives_where_nobody_can_tax_and_then_nowhere(shop: Shop) -> None:
    ref, customers = shop.customer(), shop.engine.customers
    place, nowhere = SetTaxLocation(ref=ref, country="DE"), SetTaxLocation(ref=ref, country="ZZ")
    shop.events()

    with pytest.raises(TaxLocationInvalid):
        customers.locate(ref, nowhere)
    words = [
        customers.locate(ref, one, is_checked=False).main.tax_location
        for one in (nowhere, place, place, None)
    ]

    assert words == ["unrecognized", "recognized", "recognized", "unknown"]
    assert shop.events() == ["customer.updated"] * 3


def test_an_empty_text_takes_a_name_away(shop: Shop) -> None:
    ref, customers = shop.customer(), shop.engine.customers
    customers.edit(ref, name="Ada", email="ada@person.example")

    edited = customers.edit(ref, name="").main

    assert (edited.name, edited.email) == (None, "ada@person.example")
