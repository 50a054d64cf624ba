"""Customers are reached where they say."""

from __future__ import annotations

from typing import Any

import pytest

from accrue_core.contracts.customers import AssignCustomer, CustomerSnapshot, UpdateCustomer
from accrue_core.errors import ProcessorRejected
from accrue_core.owners import Owner
from tests.fake.shop import Shop


def updated(shop: Shop, ref: str, **options: Any) -> CustomerSnapshot:
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


def test_metadata_is_merged_and_never_shows_what_is_ours(shop: Shop) -> None:
    ref = shop.customer()
    first = updated(shop, ref, metadata={"team": "blue", "tier": "gold"})
    shop.events()

    second = updated(shop, ref, metadata={"tier": "", "region": "north"})

    assert first.metadata == {"team": "blue", "tier": "gold"}
    assert second.metadata == {"team": "blue", "region": "north"}
    assert second.owner == first.owner is not None
    assert shop.events() == ["customer.updated"]
    kept = shop.engine.books.customers[ref].metadata
    assert {name for name in kept if name.startswith("accrue_")} == {
        "accrue_owner_type",
        "accrue_owner_id",
        "accrue_operation",
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {"accrue_owner_id": "somebody else"},
        {"accrue_timezone": ""},
        {"k" * 41: "v"},
        {"k": "v" * 501},
        {f"k{number}": "v" for number in range(48)},
    ],
)
def test_metadata_that_cannot_be_kept_is_refused_and_changes_nothing(
    shop: Shop, metadata: dict[str, str]
) -> None:
    ref = shop.customer()
    before = shop.engine.customers.fetch(ref)

    with pytest.raises(ProcessorRejected) as refused:
        updated(shop, ref, name="Ada", metadata=metadata)

    assert refused.value.param == "metadata"
    assert shop.engine.customers.fetch(ref) == before


def test_language_and_timezone_are_kept_until_others_are_said(shop: Shop) -> None:
    ref = shop.customer()
    updated(shop, ref, locale="pt-BR", timezone="America/Sao_Paulo")
    snapshot = updated(shop, ref, name="Ada", metadata={"a": "b"})

    assert (snapshot.locale, snapshot.timezone) == ("pt-BR", "America/Sao_Paulo")
    assert snapshot.metadata == {"a": "b"}
    assert updated(shop, ref, timezone="Europe/Berlin").timezone == "Europe/Berlin"


def test_a_customer_is_given_away_and_it_is_known_how(shop: Shop) -> None:
    ref, key = shop.customer(), shop.key()
    updated(shop, ref, metadata={"a": "b"})
    shop.events()
    request = AssignCustomer(ref=ref, owner=Owner("team", "heirs"))

    for _ in range(2):
        given = shop.engine.customers.assign(request, key=key).main

    assert (given.owner, given.moved_by) == (request.owner, key.operation_id)
    assert given.metadata == {"a": "b"}
    assert shop.engine.customers.of_owner(request.owner) == (ref,)
    assert shop.events() == ["customer.updated"]
    with pytest.raises(ProcessorRejected):
        shop.engine.customers.assign(AssignCustomer(ref="cus_x", owner=given.owner), key=shop.key())


def test_another_hand_moves_a_customer_and_leaves_no_operation(shop: Shop) -> None:
    ref = shop.customer()
    shop.engine.customers.edit(
        ref, metadata={"accrue_owner_type": "team", "accrue_owner_id": "thieves"}
    )

    snapshot = shop.engine.customers.fetch(ref).main
    assert (snapshot.owner, snapshot.moved_by) == (Owner("team", "thieves"), None)
    shop.engine.customers.edit(ref, metadata={"accrue_owner_id": ""})
    assert shop.engine.customers.fetch(ref).main.owner is None
