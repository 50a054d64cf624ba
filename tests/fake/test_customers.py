"""Customers are reached where they say."""

from __future__ import annotations

import pytest

from accrue_core.contracts.customers import CustomerSnapshot, UpdateCustomer
from accrue_core.errors import ProcessorRejected
from tests.fake.shop import Shop


def updated(shop: Shop, ref: str, **options: str) -> CustomerSnapshot:
    request = UpdateCustomer(ref=ref, **options)
    snapshot: CustomerSnapshot = shop.engine.customers.update(request, key=shop.key()).main
    assert request.is_met_by(snapshot)
    return snapshot


def test_what_is_not_said_stays(shop: Shop) -> None:
    ref = shop.customer()
    shop.events()

    updated(shop, ref, name="Ada", email="ada@example.com")
    snapshot = updated(shop, ref, email="lovelace@example.com")

    assert (snapshot.name, snapshot.email) == ("Ada", "lovelace@example.com")
    assert updated(shop, ref, name="Ada Lovelace").email == "lovelace@example.com"
    assert shop.engine.customers.fetch(ref).main.name == "Ada Lovelace"
    assert shop.events() == ["customer.updated"] * 3


def test_nothing_new_is_no_news(shop: Shop) -> None:
    ref = shop.customer()
    updated(shop, ref, name="Ada")
    shop.events()

    updated(shop, ref, name="Ada")

    assert shop.events() == []


def test_the_same_key_updates_once(shop: Shop) -> None:
    ref, key = shop.customer(), shop.key()
    request = UpdateCustomer(ref=ref, name="Ada")
    first = shop.engine.customers.update(request, key=key)
    updated(shop, ref, name="Bob")

    assert shop.engine.customers.update(request, key=key) == first
    assert shop.engine.customers.fetch(ref).main.name == "Bob"
    with pytest.raises(ProcessorRejected) as refused:
        shop.engine.customers.update(UpdateCustomer(ref=ref, name="Eve"), key=key)
    assert refused.value.reason == "idempotency_mismatch"


def test_who_was_deleted_or_never_was_is_not_reached(shop: Shop) -> None:
    gone = shop.customer()
    shop.engine.customers.delete(gone)

    for ref in (gone, "cus_fake_99999"):
        with pytest.raises(ProcessorRejected):
            updated(shop, ref, name="Ada")
