"""Stripe's hosted pages: checkout sessions and the portal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.checkout import (
    SESSION_PLACEHOLDER,
    CheckoutSessionSnapshot,
    CheckoutStatus,
    CreateCheckoutSession,
)
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.results import Key, UnreadableSnapshot
from accrue_core.contracts.subscriptions import NewItem, SubscriptionStatus
from accrue_core.errors import InvalidRequest, ProcessorRejected
from tests.stripe.account.app import Account
from tests.stripe.asking import PRICE, asking, bench_of, furnished

KEY = Key("key-1", "aop_1")
DONE = f"https://app.example.com/done?session={SESSION_PLACEHOLDER}&x=1"
PLANS = "https://app.example.com/plans"


@pytest.fixture
def account() -> Account:
    return furnished()


def checkout(customer: str, **terms: Any) -> CreateCheckoutSession:
    return CreateCheckoutSession(
        customer=customer,
        items=(NewItem(price=PRICE, quantity=2),),
        success_url=DONE,
        cancel_url=PLANS,
        **terms,
    )


async def test_a_checkout_is_opened_with_everything_explicit(account: Account) -> None:
    async with asking(account) as processor:
        customer = await bench_of(account).customer(processor)
        account.asked.clear()
        request = checkout(customer, metadata={"seat": "7"}, trial_days=14)
        answer = await processor.checkout.create(request, key=KEY)

    (asked,) = account.asked
    assert (asked.path, asked.key) == ("/v1/checkout/sessions", "key-1")
    assert asked.values == {
        "mode": "subscription",
        "ui_mode": "hosted_page",
        "customer": customer,
        "line_items[0][price]": PRICE,
        "line_items[0][quantity]": "2",
        "success_url": DONE,
        "cancel_url": PLANS,
        "metadata[accrue_operation]": "aop_1",
        "subscription_data[billing_mode][type]": "flexible",
        "subscription_data[trial_period_days]": "14",
        "subscription_data[metadata][seat]": "7",
        "subscription_data[metadata][accrue_operation]": "aop_1",
    }
    assert answer.main == CheckoutSessionSnapshot(
        ref=answer.main.ref,
        customer=customer,
        status=CheckoutStatus.OPEN,
        expires_at=datetime.fromtimestamp(account.now, UTC) + timedelta(days=1),
        created_at=datetime.fromtimestamp(account.now, UTC),
    )
    assert answer.next_action is not None
    assert answer.next_action.url is not None
    assert answer.next_action.url.reveal().startswith("https://checkout.stripe.example/")


async def test_a_trial_at_checkout_ends_two_days_ahead_or_later(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        two_days = bench.now() + timedelta(hours=48)
        soon = checkout(customer, trial_end=two_days - timedelta(seconds=1))
        with pytest.raises(ProcessorRejected) as caught:
            await processor.checkout.create(soon, key=bench.key())
        assert caught.value.param == "subscription_data[trial_end]"

        answer = await processor.checkout.create(
            checkout(customer, trial_end=two_days), key=bench.key()
        )
        condition = str(processor.support[Capability.CHECKOUT_WITH_TRIAL])

    assert answer.main.status == CheckoutStatus.OPEN
    assert "48 hours" in condition


async def test_a_completed_checkout_brings_all_that_came_of_it(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        ref = (await processor.checkout.create(checkout(customer), key=KEY)).main.ref
        account.complete_checkout(ref)

        answer = await processor.fetch("checkout_session", ref)

    assert answer.main.status == CheckoutStatus.COMPLETE
    assert answer.next_action is None
    subscription, payer, card, invoice = answer.others
    assert (subscription.ref, subscription.status) == (
        answer.main.subscription,
        SubscriptionStatus.ACTIVE,
    )
    assert payer.ref == customer
    assert (card.ref, card.customer) == (subscription.default_payment_method, customer)
    assert (invoice.ref, invoice.subscription) == (subscription.latest_invoice, subscription.ref)


async def test_an_expired_checkout_leads_nowhere(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        ref = (await processor.checkout.create(checkout(customer), key=KEY)).main.ref
        account.expire_checkout(ref)

        answer = await processor.checkout.fetch(ref)

    assert (answer.main.status, answer.others, answer.next_action) == (
        CheckoutStatus.EXPIRED,
        (),
        None,
    )


async def test_a_status_of_next_year_s_is_unreadable(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        ref = (await processor.checkout.create(checkout(customer), key=KEY)).main.ref
        account.books.at("checkout.session", ref)["status"] = "pondering"

        answer = await processor.fetch("checkout_session", ref)
        assert answer.main == UnreadableSnapshot("checkout_session", ref, "pondering")
        assert answer.next_action is None
        assert account.complaints == [
            "checkout.session.status: 'pondering' is not a word of Stripe's"
        ]
        account.complaints.clear()


@pytest.mark.parametrize("flow", [None, "payment_method_update", "subscription_cancel"])
async def test_the_portal_opens_on_its_first_page_or_in_a_flow(account: Account, flow: Any) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        subscription = (await bench.subscribed(processor)).main
        account.asked.clear()
        request = CreatePortalSession(
            customer=subscription.customer,
            return_url=PLANS,
            flow=flow,
            subscription=subscription.ref if flow == "subscription_cancel" else None,
        )
        session = await processor.portal.create(request, key=KEY)

    in_a_flow = {
        "flow_data[type]": flow,
        "flow_data[after_completion][type]": "redirect",
        "flow_data[after_completion][redirect][return_url]": PLANS,
    }
    ending = {"flow_data[subscription_cancel][subscription]": subscription.ref}
    (asked,) = account.asked
    assert (asked.path, asked.key) == ("/v1/billing_portal/sessions", "key-1")
    assert asked.values == {
        "customer": subscription.customer,
        "return_url": PLANS,
        **(in_a_flow if flow else {}),
        **(ending if flow == "subscription_cancel" else {}),
    }
    assert session.url.reveal().startswith("https://billing.stripe.example/")
    assert session.expires_at is None


async def test_a_flow_without_what_it_is_about_is_not_asked_for(account: Account) -> None:
    good = CreatePortalSession(
        customer="cus_1", return_url=PLANS, flow="subscription_cancel", subscription="sub_1"
    )
    async with asking(account) as processor:
        for wrong in (
            replace(good, subscription=None),
            replace(good, flow=None),
            replace(good, flow="payment_method_update"),
        ):
            with pytest.raises(InvalidRequest):
                await processor.portal.create(wrong, key=KEY)
    assert account.asked == []


async def test_an_ended_subscription_is_not_ended_in_the_portal(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        subscription = (await bench.subscribed(processor)).main
        account.end(subscription.ref)
        request = CreatePortalSession(
            customer=subscription.customer,
            return_url=PLANS,
            flow="subscription_cancel",
            subscription=subscription.ref,
        )
        with pytest.raises(ProcessorRejected):
            await processor.portal.create(request, key=KEY)
