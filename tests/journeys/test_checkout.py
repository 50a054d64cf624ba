"""Checkout and the portal: the customer leaves, acts on the processor's pages, and comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core import Owner
from accrue_core.billing.checkout.models import CheckoutSession
from accrue_core.contracts.checkout import CheckoutStatus
from accrue_core.contracts.results import NextAction, Outcome
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import (
    CardDeclined,
    NotFound,
    OperationMismatch,
    ProcessorUnavailable,
)
from tests.faults.evidence import all_operations, asked, let_leases_end
from tests.stage import CANCEL_URL, OTHER_TEAM, SUCCESS_URL, TEAM, Stage

GOOD = "pm_card_visa"


async def opened(stage: Stage, owner: Owner = TEAM, **options: Any) -> Outcome[CheckoutSession]:
    return await stage.billing.create_checkout_session(
        owner, "pro", success_url=SUCCESS_URL, cancel_url=CANCEL_URL, **options
    )


def token(action: NextAction | None) -> str:
    assert action is not None
    assert action.url is not None
    return action.url.reveal().rpartition("/")[2]


def pay(stage: Stage, outcome: Outcome[CheckoutSession], card: str = GOOD) -> None:
    stage.engine.checkout.pay(token(outcome.next_action), card)


async def test_a_customer_pays_on_the_processors_page(stage: Stage) -> None:
    outcome = await opened(stage)
    assert outcome.value.is_open
    assert await stage.billing.subscriptions(TEAM) == []
    assert not await stage.billing.entitled(TEAM, "reports")

    pay(stage, outcome)
    await stage.settle()

    (session,) = await stage.billing.checkout_sessions(TEAM)
    (subscription,) = await stage.billing.subscriptions(TEAM)
    assert session.is_complete
    assert session.subscription_id == subscription.id
    assert subscription.status == SubscriptionStatus.ACTIVE
    assert await stage.billing.entitled(TEAM, "reports")
    assert await stage.ledger(session.id) == [
        "checkout_session.opened",
        "checkout_session.completed",
    ]


async def test_coming_back_before_the_webhook_shows_what_was_paid(stage: Stage) -> None:
    outcome = await opened(stage)
    pay(stage, outcome)

    back = await stage.billing.reconcile_checkout(TEAM, outcome.value.ref)

    assert back.value.is_complete
    assert back.next_action is None
    assert await stage.billing.entitled(TEAM, "reports")
    before = await stage.ledger()
    await stage.settle()
    assert await stage.ledger() == before


async def test_coming_back_grants_nothing_by_itself(stage: Stage) -> None:
    outcome = await opened(stage)

    back = await stage.billing.reconcile_checkout(TEAM, outcome.value.id)

    assert back.value.is_open
    assert token(back.next_action) == token(outcome.next_action)
    assert not await stage.billing.entitled(TEAM, "reports")
    assert not await stage.billing.has_active_plan(TEAM)


async def test_what_is_known_already_is_not_asked_for_again(stage: Stage) -> None:
    outcome = await opened(stage)
    pay(stage, outcome)
    await stage.settle()
    before = asked(stage)

    back = await stage.billing.reconcile_checkout(TEAM, outcome.value.ref)

    assert back.value.is_complete
    assert asked(stage) == before


async def test_a_declined_card_leaves_nothing_behind(stage: Stage) -> None:
    outcome = await opened(stage)
    with pytest.raises(CardDeclined):
        pay(stage, outcome, "pm_card_chargeDeclined")
    await stage.settle()

    assert (await stage.billing.reconcile_checkout(TEAM, outcome.value.ref)).value.is_open
    assert await stage.billing.subscriptions(TEAM) == []
    pay(stage, outcome)
    await stage.settle()
    assert await stage.billing.entitled(TEAM, "reports")


async def test_another_owners_session_is_not_found(stage: Stage) -> None:
    mine, theirs = await opened(stage), await opened(stage, OTHER_TEAM)
    pay(stage, theirs)

    for name in (theirs.value.id, theirs.value.ref, "cs_never", mine.value.customer_id or ""):
        with pytest.raises(NotFound):
            await stage.billing.reconcile_checkout(TEAM, name)

    assert not await stage.billing.entitled(TEAM, "reports")
    assert not await stage.billing.entitled(OTHER_TEAM, "reports")
    assert [s.id for s in await stage.billing.checkout_sessions(TEAM)] == [mine.value.id]


async def test_the_same_operation_id_opens_one_page(stage: Stage) -> None:
    first = await opened(stage, operation_id="order-1")
    again = await opened(stage, operation_id="order-1")

    assert again.value.id == first.value.id
    assert token(again.next_action) == token(first.next_action)
    with pytest.raises(OperationMismatch):
        await opened(stage, operation_id="order-1", quantity=2)
    pay(stage, first)
    await stage.settle()
    over = await opened(stage, operation_id="order-1")
    assert over.value.is_complete
    assert over.next_action is None


async def test_a_trial_begins_on_the_page(stage: Stage) -> None:
    outcome = await opened(stage, trial=timedelta(days=14), metadata={"hall": "7"})
    pay(stage, outcome)
    await stage.settle()

    (subscription,) = await stage.billing.subscriptions(TEAM)
    assert subscription.status == SubscriptionStatus.TRIALING
    assert subscription.metadata["hall"] == "7"
    await stage.advance(days=15)
    assert (await stage.billing.subscription(subscription.id)).status == SubscriptionStatus.ACTIVE


async def test_a_page_that_nobody_finished_expires(stage: Stage) -> None:
    outcome = await opened(stage)

    await stage.advance(days=2)

    (session,) = await stage.billing.checkout_sessions(TEAM)
    assert session.status == CheckoutStatus.EXPIRED
    assert (await stage.ledger(session.id))[-1] == "checkout_session.expired"
    assert (await stage.billing.reconcile_checkout(TEAM, outcome.value.id)).next_action is None


async def test_a_lost_answer_does_not_lose_the_page(stage: Stage) -> None:
    await stage.billing.customer(TEAM)
    stage.engine.scenarios.lose_next_answer("after", call="checkout.create")
    with pytest.raises(ProcessorUnavailable) as lost:
        await opened(stage, operation_id="order-2")
    assert lost.value.operation_id == "order-2"
    (ref,) = stage.engine.books.sessions

    # The customer never saw the page, but may hold its address from another attempt.
    back = await stage.billing.reconcile_checkout(TEAM, ref)
    assert back.value.is_open
    await let_leases_end(stage)
    again = await opened(stage, operation_id="order-2")

    assert again.value.ref == ref
    assert len(stage.engine.books.sessions) == 1


async def test_the_address_of_the_page_is_kept_nowhere(stage: Stage) -> None:
    outcome = await opened(stage)
    secret = token(outcome.next_action)
    pay(stage, outcome)
    await stage.settle()

    assert secret not in repr(outcome)
    stored = repr(await all_operations(stage)) + repr(await stage.billing.checkout_sessions(TEAM))
    page = await stage.billing.timeline_for(TEAM, limit=500)
    deliveries = await stage.billing.webhook_deliveries(limit=500)
    everything = stored + repr(page) + repr([delivery.body for delivery in deliveries.items])
    assert outcome.value.ref in everything
    assert secret not in everything


async def test_the_portal_lets_customers_help_themselves(stage: Stage) -> None:
    subscription = (await stage.billing.subscribe(TEAM, "pro", payment_method=GOOD)).value
    before = await all_operations(stage)
    session = await stage.billing.create_billing_portal_session(
        TEAM,
        return_url=CANCEL_URL,
        flow="subscription_cancel",
        subscription_id=subscription.id,
    )
    assert "portal/" not in repr(session)
    assert await all_operations(stage) == before

    stage.engine.portal.cancel(session.url.reveal().rpartition("/")[2], subscription.ref)
    await stage.settle()

    assert (await stage.billing.subscription(subscription.id)).is_ending


async def test_nobody_without_a_customer_has_a_portal(stage: Stage) -> None:
    before = asked(stage)
    with pytest.raises(NotFound, match="no customer at fake"):
        await stage.billing.create_billing_portal_session(TEAM, return_url=CANCEL_URL)

    assert asked(stage) == before
    assert await stage.billing.find_customer(TEAM) is None


async def test_the_portal_of_one_owner_does_not_open_on_anothers_subscription(
    stage: Stage,
) -> None:
    await stage.billing.customer(TEAM)
    theirs = (await stage.billing.subscribe(OTHER_TEAM, "pro", payment_method=GOOD)).value

    with pytest.raises(NotFound):
        await stage.billing.create_billing_portal_session(
            TEAM,
            return_url=CANCEL_URL,
            flow="subscription_cancel",
            subscription_id=theirs.id,
        )
