"""Customers at Stripe: how they are known, where they are taxed, and whose they are."""

from __future__ import annotations

import pytest

from accrue_core.contracts.customers import (
    AssignCustomer,
    CustomerSnapshot,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.results import Key
from accrue_core.errors import ProcessorRejected, TaxLocationInvalid, UnknownVocabulary
from accrue_core.owners import Owner
from accrue_stripe.translate.customers import customer
from tests.stripe import objects
from tests.stripe.account.app import Account
from tests.stripe.asking import asking, bench_of, furnished, sent

KEY = Key("key-1", "aop_1")
PLACE = {"country": "DE", "source": "billing_address", "state": None}
ADDRESS = dict.fromkeys(("city", "line1", "line2", "state", "postal_code")) | {"country": "DE"}


@pytest.fixture
def account() -> Account:
    return furnished()


async def test_a_customer_is_known_as_was_said_and_else_as_before(account: Account) -> None:
    async with asking(account) as processor:
        ref = await bench_of(account).customer(processor)
        account.asked.clear()
        request = UpdateCustomer(
            ref=ref, locale="pt-BR", timezone="America/Sao_Paulo", metadata={"seat": "7", "old": ""}
        )
        answer = await processor.customers.update(request, key=KEY)

    assert sent(account) == [
        (
            f"POST /v1/customers/{ref}",
            "key-1",
            {
                "preferred_locales[0]": "pt-BR",
                "metadata[seat]": "7",
                "metadata[old]": "",
                "metadata[accrue_timezone]": "America/Sao_Paulo",
                "expand[0]": "tax",
            },
        )
    ]
    assert request.is_met_by(answer.main)
    assert answer.main.email == "payer@person.example"
    assert answer.main.metadata == {"seat": "7"}
    assert answer.main.owner is not None


async def test_a_host_does_not_write_the_fields_that_are_ours(account: Account) -> None:
    async with asking(account) as processor:
        ref = await bench_of(account).customer(processor)
        account.asked.clear()
        request = UpdateCustomer(ref=ref, metadata={"accrue_owner_id": "9"})
        with pytest.raises(ProcessorRejected):
            await processor.customers.update(request, key=KEY)

    assert account.asked == []


async def test_a_tax_location_is_checked_at_once_and_leaves_nothing_of_an_old_one(
    account: Account,
) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = await bench.customer(processor)
        assert (await processor.customers.fetch(ref)).main.tax_location == "unknown"
        first = SetTaxLocation(ref=ref, country="US", postal_code="94105", state="CA", line1="x")
        await processor.customers.set_tax_location(first, key=bench.key())
        account.asked.clear()
        request = SetTaxLocation(ref=ref, country="DE", postal_code="10115")
        answer = await processor.customers.set_tax_location(request, key=KEY)

    (asked,) = account.asked
    assert asked.values == {
        "address[country]": "DE",
        "address[postal_code]": "10115",
        "address[state]": "",
        "address[city]": "",
        "address[line1]": "",
        "address[line2]": "",
        "tax[validate_location]": "immediately",
        "expand[0]": "tax",
    }
    assert answer.main.tax_location == "recognized"
    kept = account.books.at("customer", ref)["address"]
    assert (kept["state"], kept["line1"]) == (None, None)


async def test_a_place_that_cannot_be_taxed_changes_nothing(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = await bench.customer(processor)
        before = (await processor.customers.fetch(ref)).main
        nowhere = SetTaxLocation(ref=ref, country="ZZ", postal_code="1", line1="Secret Street 7")
        with pytest.raises(TaxLocationInvalid) as caught:
            await processor.customers.set_tax_location(nowhere, key=KEY)

        assert (await processor.customers.fetch(ref)).main == before
    assert caught.value.param == "address"
    assert "Secret" not in str(caught.value)


async def test_a_customer_s_new_owner_is_written_with_our_operation(account: Account) -> None:
    async with asking(account) as processor:
        ref = await bench_of(account).customer(processor)
        account.asked.clear()
        request = AssignCustomer(ref=ref, owner=Owner("team", "9"))
        answer = await processor.customers.assign(request, key=KEY)

    assert account.asked[0].values == {
        "metadata[accrue_owner_type]": "team",
        "metadata[accrue_owner_id]": "9",
        "metadata[accrue_moved_by]": "aop_1",
        "expand[0]": "tax",
    }
    assert (answer.main.owner, answer.main.moved_by) == (Owner("team", "9"), "aop_1")
    assert answer.main.metadata == {}


@pytest.mark.parametrize(
    ("word", "place", "address", "expected"),
    [
        ("supported", PLACE, ADDRESS, "recognized"),
        ("not_collecting", PLACE, None, "recognized"),
        ("a_word_of_next_year_s", PLACE, ADDRESS, "unknown"),
        ("unrecognized_location", None, ADDRESS, "unrecognized"),
        ("unrecognized_location", PLACE, ADDRESS, "unrecognized"),
        ("unrecognized_location", None, None, "unknown"),
        ("unrecognized_location", None, ADDRESS | {"country": None}, "unknown"),
        ("failed", PLACE, ADDRESS, "unknown"),
    ],
)
def test_whether_a_place_can_be_taxed_is_read(
    word: str, place: object, address: object, expected: str
) -> None:
    whole = objects.customer() | {"address": address}
    whole["tax"] |= {"automatic_tax": word, "location": place}
    found = customer(whole)
    assert isinstance(found, CustomerSnapshot)
    assert found.tax_location == expected


def test_a_customer_that_was_read_without_its_tax_is_not_taken_for_one_without_a_place() -> None:
    whole = objects.customer()
    del whole["tax"]
    with pytest.raises(UnknownVocabulary, match=r"customer\.tax"):
        customer(whole)


def test_of_several_languages_the_first_one_counts() -> None:
    found = customer(objects.customer() | {"preferred_locales": ["fr", "de"]})
    assert isinstance(found, CustomerSnapshot)
    assert found.locale == "fr"
