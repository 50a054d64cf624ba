"""The ways to start a subscription: by invoice, in numbers, on trial, outside the catalog."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core import Money
from accrue_core.billing.catalog import Price
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from tests.stage import OTHER_TEAM, TEAM, Stage


async def test_a_team_that_pays_by_invoice_starts_at_once_and_owes_until_it_pays(
    stage: Stage,
) -> None:
    billing = stage.billing
    await billing.customer(TEAM)
    await billing.update_customer(TEAM, email="team@example.com")

    outcome = await billing.subscribe(TEAM, "pro", collect="invoice", days_until_due=14)
    assert outcome.next_action is None
    assert outcome.value.status == SubscriptionStatus.ACTIVE
    assert outcome.value.collection == "invoice"
    assert await billing.entitled(TEAM, "reports")
    [invoice] = (await billing.invoices(TEAM)).items
    assert (invoice.status, invoice.amount_remaining_minor) == (InvoiceStatus.OPEN, 2000)
    assert invoice.due_at == stage.engine.clock.now() + timedelta(days=14)

    await stage.advance(days=15)
    assert not await billing.entitled(TEAM, "reports")
    stage.engine.pay_invoice(invoice.ref)
    await stage.settle()
    invoice = await billing.invoice(invoice.id)
    assert (invoice.status, invoice.amount_paid_minor) == (InvoiceStatus.PAID, 2000)
    assert await billing.entitled(TEAM, "reports")


async def test_invoices_are_due_in_thirty_days_unless_said_otherwise(stage: Stage) -> None:
    await stage.billing.customer(TEAM)
    await stage.billing.update_customer(TEAM, email="team@example.com")

    await stage.billing.subscribe(TEAM, "pro", collect="invoice")

    [invoice] = (await stage.billing.invoices(TEAM)).items
    assert invoice.due_at == stage.engine.clock.now() + timedelta(days=30)


async def test_no_invoice_is_sent_to_nobody(stage: Stage) -> None:
    billing = stage.billing

    with pytest.raises(ProcessorRejected) as refused:
        await billing.subscribe(TEAM, "pro", collect="invoice")

    assert refused.value.reason == "no_email"
    assert await billing.subscriptions(TEAM) == []
    assert not stage.engine.books.subscriptions
    await billing.update_customer(TEAM, email="team@example.com")
    outcome = await billing.subscribe(TEAM, "pro", collect="invoice")
    assert outcome.value.status == SubscriptionStatus.ACTIVE


async def test_five_seats_cost_five_times_as_much(stage: Stage) -> None:
    billing = stage.billing

    outcome = await billing.subscribe(TEAM, "pro", quantity=5, payment_method="pm_card_visa")

    assert [item.quantity for item in outcome.value.items] == [5]
    [invoice] = (await billing.invoices(TEAM)).items
    assert (invoice.total_minor, invoice.currency) == (10_000, "usd")
    loaded = await billing.invoice(invoice.id)
    assert [(line.quantity, line.amount_minor) for line in loaded.lines] == [(5, 10_000)]


async def test_a_quantity_that_is_changed_at_the_processor_follows(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(TEAM, "pro", quantity=5, payment_method="pm_card_visa")
    await stage.settle()

    stage.engine.subscriptions.edit(outcome.value.ref, quantity=7)
    await stage.settle()

    subscription = await stage.billing.subscription(outcome.value.id)
    assert [item.quantity for item in subscription.items] == [7]
    entry = (await stage.billing.timeline_for(subscription.id)).items[0]
    assert entry.type == "subscription.items_changed"
    assert entry.data == {"before": ["price_pro x 5"], "after": ["price_pro x 7"]}


async def test_a_price_outside_the_catalog_is_sold_and_grants_nothing(stage: Stage) -> None:
    billing = stage.billing
    stage.engine.catalogue.add_price("price_of_last_year", Money(1500, "usd"))

    outcome = await billing.subscribe(
        TEAM, Price("price_of_last_year"), payment_method="pm_card_visa"
    )

    assert outcome.value.status == SubscriptionStatus.ACTIVE
    assert not await billing.entitled(TEAM, "reports")
    assert not await billing.has_active_plan(TEAM)
    assert await billing.features_for(TEAM) == {"notes"}
    [unmapped, default] = (await billing.explain_access(TEAM)).grants
    assert unmapped.subscription_id == outcome.value.id
    assert (unmapped.price, unmapped.plan) == ("price_of_last_year", None)
    assert not unmapped.is_granted
    assert unmapped.reason == "no plan of the catalog has this price"
    assert (default.plan, default.is_granted) == ("free", True)


async def test_a_trial_can_end_at_a_given_moment(stage: Stage) -> None:
    billing = stage.billing
    end = stage.engine.clock.now() + timedelta(days=10, hours=6)

    outcome = await billing.subscribe(TEAM, "pro", trial=end, payment_method="pm_card_visa")
    assert outcome.value.status == SubscriptionStatus.TRIALING
    assert outcome.value.trial_end == end

    await stage.advance(days=10)
    before = await billing.subscription(outcome.value.id)
    await stage.advance(hours=7)
    after = await billing.subscription(outcome.value.id)
    assert before.status == SubscriptionStatus.TRIALING
    assert after.status == SubscriptionStatus.ACTIVE


async def test_the_free_plan_is_everybodys_and_nobodys_row(stage: Stage) -> None:
    billing = stage.billing

    assert await billing.entitled(TEAM, "notes")
    assert await billing.has_active_plan(TEAM, "free")
    assert not await billing.has_active_plan(TEAM)
    assert await billing.features_for(TEAM) == {"notes"}
    assert await billing.find_customer(TEAM) is None
    assert await stage.ledger() == []


async def test_two_plans_grant_what_either_grants(stage: Stage) -> None:
    billing = stage.billing

    pro = (await billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")).value
    basic = (await billing.subscribe(TEAM, "basic")).value
    assert (await billing.explain_access(TEAM)).paid_plans == {"pro", "basic"}
    assert await billing.features_for(TEAM) == {"notes", "reports", "export"}
    assert await billing.features_for(OTHER_TEAM) == {"notes"}

    await billing.cancel(pro.id, when="now")
    assert await billing.features_for(TEAM) == {"notes", "export"}
    assert [s.id for s in await billing.subscriptions(TEAM)] == [basic.id, pro.id]


async def test_metadata_of_the_host_comes_back_and_stays_out_of_the_ledger(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(
        TEAM, "pro", payment_method="pm_card_visa", metadata={"campaign": "spring in Wuppertal"}
    )
    await stage.settle()

    subscription = await stage.billing.subscription(outcome.value.id)
    assert subscription.metadata["campaign"] == "spring in Wuppertal"
    entries = (await stage.billing.timeline_for(TEAM, limit=500)).items
    assert not [entry for entry in entries if "Wuppertal" in repr(entry)]
