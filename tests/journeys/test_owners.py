"""Owners: the host's own objects pay, and tell how they are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from accrue_core import Owner
from accrue_core.errors import InvalidRequest
from accrue_core.owners import BillingContact
from tests.stage import TEAM, Stage


@dataclass
class Studio:
    """A model of the host, with more in it than Accrue wants to know."""

    key: int
    title: str
    address: str | None = None

    def billing_owner(self) -> Owner:
        return Owner("studio", str(self.key))

    def billing_contact(self) -> BillingContact:
        return BillingContact(name=self.title, email=self.address)


async def test_a_host_object_pays_wherever_an_owner_can(stage: Stage) -> None:
    billing, studio = stage.billing, Studio(7, "Atelier Sieben", "post@sieben.example")

    subscription = (await billing.subscribe(studio, "pro", payment_method="pm_card_visa")).value

    customer = await billing.customer(studio)
    assert (customer.name, customer.email) == ("Atelier Sieben", "post@sieben.example")
    assert customer.owner == Owner("studio", "7")
    assert customer.id == subscription.customer_id
    assert await billing.entitled(studio, "reports")
    assert await billing.entitled(Owner("studio", "7"), "reports")
    assert not await billing.entitled(Studio(8, "Atelier Acht"), "reports")
    assert [s.id for s in await billing.subscriptions(studio)] == [subscription.id]


async def test_names_and_addresses_stay_out_of_the_ledger_and_of_reprs(stage: Stage) -> None:
    studio = Studio(7, "Atelier Sieben", "post@sieben.example")
    customer = await stage.billing.customer(studio)
    stage.engine.customers.edit(customer.ref, email="neu@sieben.example")
    await stage.settle()

    entries = (await stage.billing.timeline_for(studio)).items
    assert [entry.type for entry in reversed(entries)] == ["customer.created", "customer.updated"]
    assert entries[0].data == {"noun": "customer", "changed": ["email"]}
    operations = await stage.billing.open_operations(status="settled")
    shown = repr((entries, customer, operations, await stage.billing.find_customer(studio)))
    assert "sieben.example" not in shown
    assert "Sieben" not in shown


async def test_a_customer_keeps_the_owner_it_began_with(stage: Stage) -> None:
    customer = await stage.billing.customer(TEAM)
    record = stage.engine.books.customers[customer.ref]
    record.snapshot = type(record.snapshot)(
        ref=customer.ref, owner=Owner("team", "99"), created_at=record.snapshot.created_at
    )
    stage.engine.customers.edit(customer.ref, name="somebody edited the metadata")
    await stage.settle()

    assert (await stage.billing.customer(TEAM)).id == customer.id
    assert await stage.billing.find_customer(Owner("team", "99")) is None


@pytest.mark.parametrize("payer", [None, "team:42", 42, ("team", "42"), object()])
async def test_whatever_cannot_name_its_owner_cannot_pay(stage: Stage, payer: Any) -> None:
    billing = stage.billing

    for call in (
        billing.customer(payer),
        billing.subscribe(payer, "pro"),
        billing.add_payment_method(payer, "pm_card_visa"),
        billing.entitled(payer, "reports"),
        billing.has_active_plan(payer),
        billing.features_for(payer),
        billing.explain_access(payer),
        billing.subscriptions(payer),
        billing.invoices(payer),
        billing.payment_methods(payer),
        billing.find_customer(payer),
    ):
        with pytest.raises(InvalidRequest, match=r"billing_owner\(\)"):
            await call

    assert not stage.processor.backend.calls


@pytest.mark.parametrize(
    ("type_", "id_"), [("", "1"), ("team", ""), ("t:m", "1"), ("t" * 41, "1"), ("team", "1" * 201)]
)
def test_an_owner_is_two_short_words(type_: str, id_: str) -> None:
    with pytest.raises(InvalidRequest):
        Owner(type_, id_)


@pytest.mark.parametrize(
    "owner",
    [
        Owner("t" * 40, "9" * 200),
        Owner("team", "a/fake/0"),
        Owner("team", "%_\\'\""),
        Owner("équipe", "überschaubar 東京"),
    ],
)
async def test_every_owner_that_can_be_named_can_pay(stage: Stage, owner: Owner) -> None:
    outcome = await stage.billing.subscribe(owner, "pro", payment_method="pm_card_visa")
    await stage.settle()

    assert await stage.billing.entitled(owner, "reports")
    assert (await stage.billing.customer(owner)).id == outcome.value.customer_id


@dataclass(frozen=True)
class Account:
    """A host in which every user pays for themselves."""

    key: int

    def billing_owner(self) -> Owner:
        return Owner("user", str(self.key))

    def billing_contact(self) -> BillingContact:
        return BillingContact(name=f"Account {self.key}")


class Organization(Account):
    """The same host, in which organizations pay: one line is another."""

    def billing_owner(self) -> Owner:
        return Owner("organization", str(self.key))


@pytest.mark.parametrize("kind", [Account, Organization])
async def test_who_pays_is_one_line_of_the_host(stage: Stage, kind: type[Account]) -> None:
    billing, payer, other = stage.billing, kind(7), kind(8)

    subscription = (await billing.subscribe(payer, "pro", payment_method="pm_card_visa")).value
    await stage.advance(days=32)
    await billing.cancel(subscription.id)

    assert await billing.entitled(payer, "reports")
    assert not await billing.entitled(other, "reports")
    assert len((await billing.invoices(payer)).items) == 2
    assert (await billing.customer(payer)).owner == payer.billing_owner()
    await stage.advance(days=32)
    assert not await billing.entitled(payer, "reports")
    strangers = {Account: Organization, Organization: Account}
    assert await billing.subscriptions(strangers[kind](7)) == []
