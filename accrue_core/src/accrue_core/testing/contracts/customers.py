"""What every processor promises about customers."""

# ruff: noqa: S101
from __future__ import annotations

from typing import Any

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    CustomerSnapshot,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import GoneSnapshot
from accrue_core.errors import ProcessorRejected, ProcessorUnavailable, TaxLocationInvalid
from accrue_core.testing.contracts.bench import Bench, is_supported, unless_unsupported


@pytest.mark.anyio
class CustomerContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_an_updated_one_keeps_what_was_not_said(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.CREATE_CUSTOMER):
            return
        ref = await bench.customer(processor)
        asked = processor.customers.update(
            UpdateCustomer(ref=ref, name="Ann", email="ann@example.com"), key=bench.key()
        )
        answer = await unless_unsupported(processor, Capability.UPDATE_CUSTOMER, asked)
        if answer is None:
            return

        renamed = UpdateCustomer(ref=ref, name="Bea")
        await processor.customers.update(renamed, key=bench.key())

        customer = (await processor.customers.fetch(ref)).main
        assert (customer.name, customer.email) == ("Bea", "ann@example.com")
        assert renamed.is_met_by(customer)
        missing = UpdateCustomer(ref="never_made_00000", name="Nobody")
        with pytest.raises(ProcessorRejected):
            await processor.customers.update(missing, key=bench.key())

    async def test_a_customer_names_its_owner(self, processor: Processor, bench: Bench) -> None:
        owner = bench.owner()
        request = CreateCustomer(owner=owner, name="Ada", email="ada@example.com")
        asked = processor.customers.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.CREATE_CUSTOMER, asked)
        if answer is None:
            return

        assert isinstance(answer.main, CustomerSnapshot)
        assert answer.main.owner == owner
        assert (answer.main.name, answer.main.email) == ("Ada", "ada@example.com")
        assert (await processor.customers.fetch(answer.main.ref)).main == answer.main

    async def test_the_same_key_creates_once(self, processor: Processor, bench: Bench) -> None:
        request, key = CreateCustomer(owner=bench.owner()), bench.key()

        first = await processor.customers.create(request, key=key)
        again = await processor.customers.create(request, key=key)

        assert again.main.ref == first.main.ref

    async def test_another_key_creates_another(self, processor: Processor, bench: Bench) -> None:
        request = CreateCustomer(owner=bench.owner())

        first = await processor.customers.create(request, key=bench.key())
        other = await processor.customers.create(request, key=bench.key())

        assert other.main.ref != first.main.ref

    async def test_the_same_key_for_another_request_is_refused(
        self, processor: Processor, bench: Bench
    ) -> None:
        key = bench.key()
        await processor.customers.create(CreateCustomer(owner=bench.owner()), key=key)

        with pytest.raises(ProcessorRejected):
            await processor.customers.create(CreateCustomer(owner=bench.owner()), key=key)

    async def test_what_was_created_is_found_by_its_operation(
        self, processor: Processor, bench: Bench
    ) -> None:
        request, key, since = CreateCustomer(owner=bench.owner()), bench.key(), bench.now()
        if not processor.recovery["customers.create"].is_findable:
            pytest.skip("this processor declares that it cannot find what was created")
        assert await processor.find_created(request, key=key, since=since) is None

        created = await processor.customers.create(request, key=key)
        found = await processor.find_created(request, key=key, since=since)

        assert found is not None
        assert found.main == created.main

    async def test_a_lost_answer_is_not_a_lost_customer(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.lose_next_answer is None:
            pytest.skip("the bench cannot lose an answer")
        request, key, since = CreateCustomer(owner=bench.owner()), bench.key(), bench.now()
        await bench.lose_next_answer()
        with pytest.raises(ProcessorUnavailable):
            await processor.customers.create(request, key=key)

        found = await processor.find_created(request, key=key, since=since)
        repeated = await processor.customers.create(request, key=key)

        assert found is not None
        assert found.main.ref == repeated.main.ref

    async def test_a_deleted_customer_is_gone_in_so_many_words(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.delete_customer is None:
            pytest.skip("the bench cannot delete a customer")
        assert is_supported(processor, Capability.CREATE_CUSTOMER)
        ref = await bench.customer(processor)

        await bench.delete_customer(ref)

        assert (await processor.fetch("customer", ref)).main == GoneSnapshot("customer", ref)


@pytest.mark.anyio
class KnownCustomerContract:
    """How a customer is known. Give it the fixtures ``processor`` and ``bench``."""

    async def test_metadata_is_merged_and_an_empty_text_deletes(
        self, processor: Processor, bench: Bench
    ) -> None:
        ref = await _updated(processor, bench, metadata={"team": "blue", "tier": "gold"})
        if ref is None:
            return
        merge = UpdateCustomer(ref=ref, metadata={"tier": "", "region": "north"})
        before = (await processor.customers.fetch(ref)).main
        await processor.customers.update(merge, key=bench.key())

        customer = (await processor.customers.fetch(ref)).main
        assert before.metadata == {"team": "blue", "tier": "gold"}
        assert customer.metadata == {"team": "blue", "region": "north"}
        assert customer.owner == before.owner is not None
        assert merge.is_met_by(customer)
        assert not merge.is_met_by(before)

    async def test_language_and_timezone_are_kept(self, processor: Processor, bench: Bench) -> None:
        ref = await _updated(processor, bench, locale="pt-BR", timezone="America/Sao_Paulo")
        if ref is None:
            return
        await processor.customers.update(UpdateCustomer(ref=ref, locale="de"), key=bench.key())

        customer = (await processor.customers.fetch(ref)).main
        assert (customer.locale, customer.timezone) == ("de", "America/Sao_Paulo")
        assert customer.metadata == {}


@pytest.mark.anyio
class TaxLocationContract:
    """Where a customer is taxed. Give it the fixtures ``processor`` and ``bench``."""

    async def test_a_known_place_is_recognized(self, processor: Processor, bench: Bench) -> None:
        ref = await bench.customer(processor)
        assert (await processor.customers.fetch(ref)).main.tax_location == "unknown"
        request = SetTaxLocation(ref=ref, **SAN_FRANCISCO)
        asked = processor.customers.set_tax_location(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.SET_TAX_LOCATION, asked)
        if answer is None:
            return

        assert answer.main.tax_location == "recognized"
        assert (await processor.customers.fetch(ref)).main == answer.main
        assert "94103" not in repr(answer)

    async def test_an_unknown_place_changes_nothing(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.SET_TAX_LOCATION):
            return
        ref = await bench.customer(processor)
        nowhere = SetTaxLocation(ref=ref, **{**SAN_FRANCISCO, "state": "ZZ"})
        with pytest.raises(TaxLocationInvalid):
            await processor.customers.set_tax_location(nowhere, key=bench.key())
        assert (await processor.customers.fetch(ref)).main.tax_location == "unknown"

        known = SetTaxLocation(ref=ref, **SAN_FRANCISCO)
        await processor.customers.set_tax_location(known, key=bench.key())
        with pytest.raises(TaxLocationInvalid):
            await processor.customers.set_tax_location(nowhere, key=bench.key())
        assert (await processor.customers.fetch(ref)).main.tax_location == "recognized"


@pytest.mark.anyio
class AssigningContract:
    """Another owner for a customer. Give it the fixtures ``processor`` and ``bench``."""

    async def test_a_customer_given_away_names_its_owner_and_the_operation(
        self, processor: Processor, bench: Bench
    ) -> None:
        ref, key = await bench.customer(processor), bench.key()
        request = AssignCustomer(ref=ref, owner=bench.owner())
        asked = processor.customers.assign(request, key=key)
        answer = await unless_unsupported(processor, Capability.ASSIGN_CUSTOMER, asked)
        if answer is None:
            return

        assert answer.main.owner == request.owner
        assert answer.main.moved_by == key.operation_id
        assert answer.main.metadata == {}
        assert request.is_met_by(answer.main)
        assert (await processor.customers.fetch(ref)).main == answer.main

    async def test_the_last_one_to_give_it_away_is_named(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.ASSIGN_CUSTOMER):
            return
        ref, first, second = await bench.customer(processor), bench.key(), bench.key()
        away, back = (AssignCustomer(ref=ref, owner=bench.owner()) for _ in range(2))
        await processor.customers.assign(away, key=first)
        await processor.customers.assign(back, key=second)

        await processor.customers.assign(away, key=first)

        customer = (await processor.customers.fetch(ref)).main
        assert (customer.owner, customer.moved_by) == (back.owner, second.operation_id)


SAN_FRANCISCO = {
    "country": "US",
    "state": "CA",
    "postal_code": "94103",
    "city": "San Francisco",
    "line1": "510 Townsend St",
}


async def _updated(processor: Processor, bench: Bench, **options: Any) -> str | None:
    """Return the ref of a customer who is known like this, unless the processor cannot do it."""
    if not is_supported(processor, Capability.CREATE_CUSTOMER):
        return None
    ref = await bench.customer(processor)
    asked = processor.customers.update(UpdateCustomer(ref=ref, **options), key=bench.key())
    answer = await unless_unsupported(processor, Capability.UPDATE_CUSTOMER, asked)
    return None if answer is None else ref
