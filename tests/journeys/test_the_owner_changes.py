"""Who an owner is, where they are taxed, and that a customer may become another owner's."""

from __future__ import annotations

import asyncio

import pytest

from accrue_core import Owner
from accrue_core.errors import AccrueError, InvalidRequest, NotFound, TaxLocationInvalid
from accrue_core.ledger import queries as ledger
from tests.faults.evidence import all_operations
from tests.stage import OTHER_TEAM, TEAM, Stage

CARD = "pm_card_visa"
COMPANY = Owner("organization", "acme")


async def test_a_team_becomes_a_company_and_takes_everything_with_it(stage: Stage) -> None:
    billing = stage.billing
    outcome = await billing.subscribe(TEAM, "pro", payment_method=CARD)
    await stage.settle()
    held = await billing.find_customer(TEAM)
    assert held is not None

    moved = await billing.move_customer(held.id, COMPANY)

    assert (moved.id, moved.owner) == (held.id, COMPANY)
    assert await billing.entitled(COMPANY, "reports")
    assert not await billing.entitled(TEAM, "reports")
    assert [one.id for one in await billing.subscriptions(COMPANY)] == [outcome.value.id]
    assert (await billing.invoices(TEAM)).items == ()
    [entry] = [e for e in (await billing.timeline_for(COMPANY)).items if e.type == "customer.moved"]
    assert entry.data == {"before": "team:42", "after": "organization:acme"}
    assert stage.engine.customers.of_owner(COMPANY) == (held.ref,)
    assert stage.engine.customers.of_owner(TEAM) == ()

    await stage.settle()
    await stage.advance(days=32)
    assert (await stage.ledger(COMPANY)).count("customer.moved") == 1
    assert len((await billing.invoices(COMPANY)).items) == 2
    assert (await billing.verify_ledger()).is_intact


async def test_who_gave_a_customer_away_may_have_a_new_one(stage: Stage) -> None:
    first = await stage.billing.customer(TEAM)
    await stage.billing.move_customer(first.id, COMPANY)

    second = await stage.billing.customer(TEAM)
    await stage.settle()

    assert second.id != first.id
    assert (await stage.billing.customer(COMPANY)).id == first.id
    assert stage.engine.customers.of_owner(TEAM) == (second.ref,)


async def test_a_move_there_and_back_leaves_everything_as_it_was(stage: Stage) -> None:
    billing = stage.billing
    await billing.subscribe(TEAM, "pro", payment_method=CARD)
    held = await billing.customer(TEAM)
    for owner in (COMPANY, TEAM, COMPANY, TEAM):
        await billing.move_customer(held.id, owner)
    await stage.settle()

    assert (await billing.customer(TEAM)).id == held.id
    assert await billing.entitled(TEAM, "reports")
    assert (await stage.ledger()).count("customer.moved") == 4


async def test_two_customers_cannot_be_made_one(stage: Stage) -> None:
    first, second = [await stage.billing.customer(owner) for owner in (TEAM, OTHER_TEAM)]

    with pytest.raises(InvalidRequest, match="already"):
        await stage.billing.move_customer(first.id, OTHER_TEAM)
    with pytest.raises(InvalidRequest, match="belongs to team:42 already"):
        await stage.billing.move_customer(first.id, TEAM)

    assert stage.engine.customers.of_owner(OTHER_TEAM) == (second.ref,)


async def test_of_moves_and_creations_at_once_each_owner_keeps_one_customer(stage: Stage) -> None:
    billing = stage.billing
    held = [await billing.customer(Owner("team", f"old-{n}")) for n in range(4)]

    results = await asyncio.gather(
        *(billing.move_customer(one.id, COMPANY) for one in held),
        *(billing.customer(COMPANY) for _ in range(4)),
        return_exceptions=True,
    )
    await stage.settle()

    assert len(stage.engine.customers.of_owner(COMPANY)) == 1
    assert all(isinstance(r, AccrueError) for r in results if isinstance(r, BaseException))
    assert (await billing.customer(COMPANY)).ref in stage.engine.customers.of_owner(COMPANY)


async def test_an_edit_at_the_processor_gives_nobody_away(stage: Stage) -> None:
    held = await stage.billing.customer(TEAM)
    stage.engine.customers.edit(held.ref, metadata={"accrue_owner_id": "43"})
    await stage.settle()

    assert (await stage.billing.customer(TEAM)).id == held.id


async def test_what_is_said_of_an_owner_goes_to_the_processor_and_comes_back(
    stage: Stage,
) -> None:
    billing = stage.billing
    await billing.customer(TEAM)

    await billing.update_customer(
        TEAM, name="Team", locale="pt-BR", timezone="Europe/Lisbon", metadata={"a": "1", "b": "2"}
    )
    known = await billing.update_customer(TEAM, metadata={"a": None, "c": "3"})
    await stage.settle()

    assert (known.name, known.locale, known.timezone) == ("Team", "pt-BR", "Europe/Lisbon")
    assert known.metadata == {"b": "2", "c": "3"}
    remote = stage.engine.customers.fetch(known.ref).main
    assert remote.metadata == known.metadata
    async with billing.reading() as reading:
        written = await ledger.timeline(reading, customer_ids=[known.id], limit=50)
    assert not any(b'"3"' in entry.body or b"Team" in entry.body for entry in written)


async def test_a_place_is_checked_at_once_and_kept_nowhere(stage: Stage) -> None:
    billing = stage.billing
    await billing.customer(TEAM)

    with pytest.raises(TaxLocationInvalid, match="does not recognize"):
        await billing.update_tax_location(TEAM, country="ZZ", line1="Nowhere Street 7")
    assert (await billing.customer(TEAM)).tax_location == "unknown"
    known = await billing.update_tax_location(
        TEAM, country="DE", postal_code="10115", line1="Somewhere Street 7"
    )
    await stage.settle()

    assert known.tax_location == "recognized"
    assert "customer.tax_location_updated" in await stage.ledger()
    for record in await all_operations(stage):
        assert record.personal is None
        assert "Street" not in str(record)


async def test_tax_is_added_where_the_processor_knows_the_place(stage: Stage) -> None:
    billing = stage.billing
    with pytest.raises(InvalidRequest, match="update_tax_location"):
        await billing.subscribe(TEAM, "pro", payment_method=CARD, automatic_tax=True)
    await billing.update_tax_location(TEAM, country="DE", postal_code="10115")

    outcome = await billing.subscribe(TEAM, "pro", payment_method=CARD, automatic_tax=True)

    assert outcome.value.automatic_tax
    [invoice] = (await billing.invoices(TEAM)).items
    assert invoice.tax_minor > 0
    assert invoice.total_minor == invoice.subtotal_minor + invoice.tax_minor
    assert invoice.amount_paid_minor == invoice.total_minor


async def test_nobody_is_updated_who_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound, match="no customer at fake"):
        await stage.billing.update_customer(TEAM, name="Nobody")
    with pytest.raises(NotFound, match="no customer at fake"):
        await stage.billing.update_tax_location(TEAM, country="DE")
