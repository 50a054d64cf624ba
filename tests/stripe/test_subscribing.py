"""Subscribing at Stripe: what is sent, what comes along, and what the customer has to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    KeepSubscription,
    NewItem,
    SubscriptionStatus,
)
from accrue_core.errors import ProcessorRejected
from accrue_core.owners import Owner
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.asking import (
    ASKING,
    DECLINED,
    GOOD,
    HALF,
    PRICE,
    asking,
    bench_of,
    furnished,
    sent,
)
from tests.stripe.stand_in import problem

KEY = Key("key-1", "aop_1")
EXPANDED = {
    "expand[0]": "customer.invoice_settings.default_payment_method",
    "expand[1]": "customer.tax",
    "expand[2]": "default_payment_method",
    "expand[3]": "discounts",
    "expand[4]": "latest_invoice.payments",
}


@pytest.fixture
def account() -> Account:
    return furnished()


async def test_a_subscription_is_started_with_everything_explicit(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        payer = await bench.payer(processor)
        account.asked.clear()
        request = replace(
            bench.subscription(payer, quantity=3), payment_method=GOOD, metadata={"seat": "7"}
        )
        answer = await processor.subscriptions.create(request, key=KEY)

    assert sent(account) == [
        (
            "POST /v1/subscriptions",
            "key-1",
            {
                "customer": payer,
                "items[0][price]": PRICE,
                "items[0][quantity]": "3",
                "billing_mode[type]": "flexible",
                "automatic_tax[enabled]": "false",
                "proration_behavior": "create_prorations",
                "collection_method": "charge_automatically",
                "payment_behavior": "allow_incomplete",
                "default_payment_method": GOOD,
                "metadata[seat]": "7",
                "metadata[accrue_operation]": "aop_1",
                **EXPANDED,
            },
        )
    ]
    assert [one.noun for one in answer.others] == ["customer", "payment_method", "invoice"]
    assert {one.ref for one in answer.others} >= {payer, GOOD, answer.main.latest_invoice}


@pytest.mark.parametrize("as_days", [True, False])
async def test_a_trial_is_days_or_a_moment(account: Account, as_days: bool) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        account.asked.clear()
        request = bench.subscription(customer)
        end = bench.now() + timedelta(days=14)
        trial = replace(request, trial_days=14) if as_days else replace(request, trial_end=end)
        answer = await processor.subscriptions.create(trial, key=KEY)

    values = account.asked[0].values
    assert values.get("trial_period_days") == ("14" if as_days else None)
    assert values.get("trial_end") == (None if as_days else str(int(end.timestamp())))
    assert (answer.main.status, answer.main.trial_end) == (SubscriptionStatus.TRIALING, end)
    (invoice,) = [one for one in answer.others if one.noun == "invoice"]
    assert invoice.total.minor == 0


async def test_collection_by_invoice_charges_nobody(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        account.asked.clear()
        request = replace(bench.subscription(customer), collection="invoice", days_until_due=14)
        answer = await processor.subscriptions.create(request, key=KEY)

    values = account.asked[0].values
    assert (values["collection_method"], values["days_until_due"]) == ("send_invoice", "14")
    assert "payment_behavior" not in values
    assert answer.next_action is None


async def test_refusals_without_a_code_have_a_word_of_ours(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        nobody = CreateCustomer(owner=Owner("team", "1"))
        customer = (await processor.customers.create(nobody, key=bench.key())).main.ref
        request = bench.subscription(customer)
        by_invoice = replace(request, collection="invoice", days_until_due=14)
        for asked, reason in ((request, "no_payment_method"), (by_invoice, "no_email")):
            with pytest.raises(ProcessorRejected, match=f"reason {reason}") as caught:
                await processor.subscriptions.create(asked, key=bench.key())
            assert caught.value.reason == reason
        assert "email address" in processor.support[Capability.COLLECT_BY_INVOICE].condition


async def test_a_bank_that_asks_for_its_customer_is_authenticated_once(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request, key = bench.subscription(await bench.payer(processor, ASKING)), bench.key()
        answer = await processor.subscriptions.create(request, key=key)
        assert answer.main.status == SubscriptionStatus.INCOMPLETE
        assert answer.next_action is not None
        assert answer.next_action.client_secret is not None
        assert answer.next_action.client_secret.reveal().startswith("pi_")
        assert answer.next_action.url is not None

        account.authenticate(answer.main.ref)
        remembered = await processor.subscriptions.create(request, key=key)
        fetched = await processor.subscriptions.fetch(answer.main.ref)

    assert (remembered.main.status, remembered.next_action) == (SubscriptionStatus.INCOMPLETE, None)
    assert (fetched.main.status, fetched.next_action) == (SubscriptionStatus.ACTIVE, None)


async def test_a_declined_first_payment_is_made_on_the_invoice_s_page(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = bench.subscription(await bench.payer(processor, DECLINED))
        answer = await processor.subscriptions.create(request, key=bench.key())

    action = answer.next_action
    assert action is not None
    assert (action.kind, action.client_secret) == ("redirect", None)
    assert action.url is not None
    assert action.url.reveal().startswith("https://invoice.stripe.example/")


async def test_what_cannot_be_told_about_a_payment_does_not_hide_the_subscription(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = bench.subscription(await bench.payer(processor, ASKING))
        account.faults.append(Fault(problem(403, "invalid_request_error"), to="GET /v1/invoices/"))
        answer = await processor.subscriptions.create(request, key=bench.key())

    assert (answer.main.status, answer.next_action) == (SubscriptionStatus.INCOMPLETE, None)
    assert "Stripe refused the key or its permissions" in caplog.text
    assert "person.example" not in caplog.text


async def test_a_renewal_that_waits_for_its_customer_says_so_and_a_declined_one_is_retried(
    account: Account,
) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        for card, expected in ((ASKING, "authenticate"), (DECLINED, None)):
            request = bench.subscription(await bench.payer(processor, card))
            ref = (await processor.subscriptions.create(request, key=bench.key())).main.ref
            account.books.at("subscription", ref)["status"] = "past_due"
            action = (await processor.fetch("subscription", ref)).next_action
            assert (action and action.kind) == expected


async def test_its_own_card_comes_along_rather_than_the_customer_s(account: Account) -> None:
    account.add_card("pm_Own", "pays")
    async with asking(account) as processor:
        bench = bench_of(account)
        payer = await bench.payer(processor)
        besides = AttachPaymentMethod(customer=payer, payment_method="pm_Own", make_default=False)
        await processor.payment_methods.attach(besides, key=bench.key())
        request = replace(bench.subscription(payer), payment_method="pm_Own")
        answer = await processor.subscriptions.create(request, key=bench.key())

    assert [one.ref for one in answer.others if one.noun == "payment_method"] == ["pm_Own"]


async def test_one_that_waits_is_asked_about_through_all_of_its_payments(
    account: Account,
) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = bench.subscription(await bench.payer(processor, ASKING))
        answer = await processor.subscriptions.create(request, key=bench.key())
        invoice = account.books.at("invoice", answer.main.latest_invoice)
        (waiting,) = invoice["payments"]["data"]
        earlier = [
            {**waiting, "id": f"inpay_{i}", "is_default": False, "status": "canceled"}
            for i in range(11)
        ]
        invoice["payments"]["data"] = [*earlier, waiting]
        fetched = await processor.fetch("subscription", answer.main.ref)

    assert fetched.next_action == answer.next_action
    assert answer.next_action is not None


async def test_many_items_are_brought_in_full(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        for i in range(14):
            account.add_price(f"price_{i}", 100)
        request = replace(
            bench.subscription(await bench.payer(processor)),
            items=tuple(NewItem(price=f"price_{i}") for i in range(14)),
        )
        answer = await processor.subscriptions.create(request, key=bench.key())
        kept = await processor.subscriptions.keep(
            KeepSubscription(ref=answer.main.ref), key=bench.key()
        )

    assert [item.price for item in answer.main.items] == [f"price_{i}" for i in range(14)]
    assert kept.main.items == answer.main.items


async def test_when_a_period_begins_and_what_becomes_of_a_trial_is_said(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        payer = await bench.payer(processor)
        anchor, behind = bench.now() + timedelta(days=9), bench.now() - timedelta(days=9)
        plain = bench.subscription(payer)
        terms: tuple[dict[str, Any], ...] = (
            {"anchor": anchor, "proration": "none", "coupon": HALF},
            {"backdated_to": behind},
            {"trial_days": 14, "trial_without_card": "pause"},
            {"trial_end": anchor, "trial_without_card": "cancel"},
        )
        account.asked.clear()
        answers = [
            await processor.subscriptions.create(replace(plain, **one), key=bench.key())
            for one in terms
        ]

    first, second, third, fourth = (
        one.values for one in account.requests("POST", "/v1/subscriptions")
    )
    assert first["billing_cycle_anchor"] == str(int(anchor.timestamp()))
    assert (first["proration_behavior"], first["discounts[0][coupon]"]) == ("none", HALF)
    assert second["backdate_start_date"] == str(int(behind.timestamp()))
    at_the_end = "trial_settings[end_behavior][missing_payment_method]"
    assert [one.get(at_the_end) for one in (first, second, third, fourth)] == [
        None,
        None,
        "pause",
        "cancel",
    ]
    assert answers[0].main.items[0].current_period_end == anchor
    assert answers[0].main.coupons == (HALF,)
    assert answers[1].main.started_at == behind


async def test_the_coupon_of_a_comp_is_made_once_and_never_believed_blindly(
    account: Account,
) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = replace(bench.subscription(await bench.customer(processor)), coupon=COMP_COUPON)
        account.asked.clear()
        first = await processor.subscriptions.create(request, key=KEY)
        second = await processor.subscriptions.create(request, key=bench.key())
        assert first.main.ref != second.main.ref
        (made,) = account.requests("POST", "/v1/coupons")
        assert made.values == {
            "id": COMP_COUPON,
            "name": "Complimentary",
            "percent_off": "100",
            "duration": "forever",
        }
        assert made.key == "key-1-coupon"

        account.books.at("coupon", COMP_COUPON)["percent_off"] = 40.0
        with pytest.raises(ProcessorRejected) as caught:
            await processor.subscriptions.create(request, key=bench.key())

    assert caught.value.reason == "coupon"
    assert len(account.books.all("subscription")) == 2


async def test_two_who_make_the_coupon_of_a_comp_at_once_both_have_it(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = replace(bench.subscription(await bench.customer(processor)), coupon=COMP_COUPON)
        missing = problem(404, "invalid_request_error", code="resource_missing", param="coupon")
        account.add_coupon(COMP_COUPON, 100)
        account.faults.append(Fault(missing, to="GET /v1/coupons/"))
        answer = await processor.subscriptions.create(request, key=KEY)

    assert answer.main.coupons == (COMP_COUPON,)
