"""The first payment: asked for by the bank, declined, or never made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import CardDeclined, IllegalTransition
from tests.stage import TEAM, Stage

ASKS_THE_CUSTOMER = "pm_card_authenticationRequired"
DECLINED = "pm_card_chargeDeclined"


async def test_the_bank_asks_the_customer_and_the_gate_waits(stage: Stage) -> None:
    billing = stage.billing

    outcome = await billing.subscribe(TEAM, "pro", payment_method=ASKS_THE_CUSTOMER)
    await stage.settle()
    action = outcome.next_action
    assert outcome.value.status == SubscriptionStatus.INCOMPLETE
    assert action is not None
    assert action.kind == "authenticate"
    assert action.client_secret is not None
    assert action.client_secret.reveal() not in repr(outcome)
    assert not await billing.entitled(TEAM, "reports")

    stage.engine.authenticate(outcome.value.ref)
    await stage.settle()
    subscription = await billing.subscription(outcome.value.id)
    assert subscription.status == SubscriptionStatus.ACTIVE
    assert await billing.entitled(TEAM, "reports")
    assert await stage.ledger(subscription.id) == [
        "subscription.started",
        "subscription.activated",
    ]


async def test_asking_again_under_one_id_says_again_what_the_customer_has_to_do(
    stage: Stage,
) -> None:
    first = await stage.billing.subscribe(
        TEAM, "pro", payment_method=ASKS_THE_CUSTOMER, operation_id="form-1"
    )
    again = await stage.billing.subscribe(
        TEAM, "pro", payment_method=ASKS_THE_CUSTOMER, operation_id="form-1"
    )
    assert again.value.id == first.value.id
    assert again.next_action == first.next_action

    stage.engine.authenticate(first.value.ref)
    await stage.settle()
    after = await stage.billing.subscribe(
        TEAM, "pro", payment_method=ASKS_THE_CUSTOMER, operation_id="form-1"
    )
    assert after.value.status == SubscriptionStatus.ACTIVE
    assert after.next_action is None


async def test_no_secret_of_the_customers_step_is_stored(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=ASKS_THE_CUSTOMER)
    await stage.settle()
    assert outcome.next_action is not None
    assert outcome.next_action.client_secret is not None
    secret = outcome.next_action.client_secret.reveal()

    operations = [
        record
        for status in ("settled", "open")
        for record in await stage.billing.open_operations(status=status)
    ]
    entries = (await stage.billing.timeline_for(TEAM, limit=500)).items
    invoices = (await stage.billing.invoices(TEAM)).items

    assert secret not in repr((operations, entries, invoices))


async def test_a_declined_first_payment_grants_nothing_until_another_card_pays(
    stage: Stage,
) -> None:
    billing = stage.billing

    outcome = await billing.subscribe(TEAM, "pro", payment_method=DECLINED)
    assert outcome.value.status == SubscriptionStatus.INCOMPLETE
    assert outcome.next_action is not None
    assert outcome.next_action.kind == "redirect"
    assert not await billing.entitled(TEAM, "reports")

    [invoice] = (await billing.invoices(TEAM)).items
    stage.engine.pay_invoice(invoice.ref)
    await stage.settle()
    assert (await billing.invoice(invoice.id)).status == InvoiceStatus.PAID
    assert await billing.entitled(TEAM, "reports")


async def test_a_first_payment_that_nobody_completes_expires(stage: Stage) -> None:
    billing = stage.billing
    subscription = (await billing.subscribe(TEAM, "pro", payment_method=DECLINED)).value

    stage.engine.advance(timedelta(hours=23))
    await stage.settle()

    subscription = await billing.subscription(subscription.id)
    assert subscription.status == SubscriptionStatus.INCOMPLETE_EXPIRED
    assert subscription.is_ended
    [invoice] = (await billing.invoices(TEAM)).items
    assert invoice.status == InvoiceStatus.VOID
    assert not await billing.entitled(TEAM, "reports")
    assert (await stage.ledger(subscription.id))[-1] == "subscription.ended"
    with pytest.raises(IllegalTransition):
        await billing.cancel(subscription.id)


async def test_a_card_that_is_refused_at_once_leaves_no_subscription(stage: Stage) -> None:
    with pytest.raises(CardDeclined) as refused:
        await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_declinedOnAttach")

    assert refused.value.advice
    assert await stage.billing.subscriptions(TEAM) == []
    assert await stage.billing.payment_methods(TEAM) == []
    assert stage.processor.backend.calls["subscriptions.create"] == 0


async def test_whoever_closed_the_banks_page_finds_the_way_back(stage: Stage) -> None:
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method=ASKS_THE_CUSTOMER)
    assert outcome.next_action is not None

    again = await stage.billing.next_action(outcome.value.id)
    assert again == outcome.next_action

    stage.engine.authenticate(outcome.value.ref)
    assert await stage.billing.next_action(outcome.value.id) is None
