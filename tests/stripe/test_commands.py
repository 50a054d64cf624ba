"""Commands at Stripe: what is sent, to the last parameter, and what comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    KeepSubscription,
    SubscriptionStatus,
)
from accrue_core.errors import CardDeclined, InvalidRequest, ProcessorRejected
from accrue_core.owners import Owner
from accrue_stripe.settings import API_VERSION
from tests.stripe.account.app import Account
from tests.stripe.asking import GOOD, asking, bench_of, furnished, sent

KEY = Key("key-1", "aop_1")
READABLE = {"expand[0]": "discounts"}
WITH_INVOICE = {**READABLE, "expand[1]": "latest_invoice.payments"}


@pytest.fixture
def account() -> Account:
    return furnished()


async def test_a_customer_is_created_with_its_owner_and_our_operation(account: Account) -> None:
    request = CreateCustomer(
        owner=Owner("team", "42"), name="Team 42", email="a@person.example", metadata={"tier": "x"}
    )
    async with asking(account) as processor:
        answer = await processor.customers.create(request, key=KEY)

    assert sent(account) == [
        (
            "POST /v1/customers",
            "key-1",
            {
                "name": "Team 42",
                "email": "a@person.example",
                "metadata[tier]": "x",
                "metadata[accrue_owner_type]": "team",
                "metadata[accrue_owner_id]": "42",
                "metadata[accrue_operation]": "aop_1",
                "expand[0]": "tax",
            },
        )
    ]
    assert answer.main.owner == Owner("team", "42")
    assert answer.next_action is None


async def test_every_request_names_its_key_its_version_and_nothing_about_the_machine(
    account: Account,
) -> None:
    async with asking(account) as processor:
        await bench_of(account).subscribed(processor)

    for one in account.asked:
        assert one.headers["stripe-version"] == API_VERSION
        assert one.headers["authorization"] == "Bearer sk_test_account"
        assert "telemetry" not in str(one.headers)
    keys = [one.key for one in account.asked if one.method != "GET"]
    assert len(set(keys)) == len(keys)


async def test_a_card_is_attached_and_then_made_the_default_under_two_keys(
    account: Account,
) -> None:
    async with asking(account) as processor:
        customer = await bench_of(account).customer(processor)
        account.asked.clear()
        request = AttachPaymentMethod(customer=customer, payment_method=GOOD)
        answer = await processor.payment_methods.attach(request, key=KEY)

    assert sent(account) == [
        (
            f"POST /v1/payment_methods/{GOOD}/attach",
            "key-1-attach",
            {"customer": customer, "expand[0]": "customer", "expand[1]": "customer.tax"},
        ),
        (
            f"POST /v1/customers/{customer}",
            "key-1-default",
            {"invoice_settings[default_payment_method]": GOOD, "expand[0]": "tax"},
        ),
    ]
    assert (answer.main.ref, answer.main.customer) == (GOOD, customer)
    assert [one.default_payment_method for one in answer.others] == [GOOD]


async def test_a_card_that_the_bank_refuses_is_declined_with_advice(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = AttachPaymentMethod(
            customer=await bench.customer(processor),
            payment_method="pm_card_chargeDeclinedInsufficientFunds",
        )
        with pytest.raises(CardDeclined) as caught:
            await processor.payment_methods.attach(request, key=bench.key())

    assert caught.value.reason == "insufficient_funds"
    assert "not enough money" in caught.value.advice


async def test_a_card_of_another_customer_s_is_refused(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        await bench.payer(processor)
        theirs = AttachPaymentMethod(customer=await bench.customer(processor), payment_method=GOOD)
        with pytest.raises(ProcessorRejected):
            await processor.payment_methods.attach(theirs, key=bench.key())

    assert account.books.at("payment_method", GOOD)["customer"] != theirs.customer


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("period_end", {"cancel_at_period_end": "true"}),
        ("at", {"cancel_at": "1799971200"}),
    ],
)
async def test_a_later_end_credits_nothing(
    account: Account, when: Any, expected: dict[str, str]
) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        account.asked.clear()
        at = bench.now() + timedelta(days=14) if when == "at" else None
        await processor.subscriptions.cancel(CancelSubscription(ref=ref, when=when, at=at), key=KEY)

    uncredited = {"proration_behavior": "none", **READABLE}
    path = f"POST /v1/subscriptions/{ref}"
    assert sent(account) == [(path, "key-1", {**expected, **uncredited})]


async def test_an_end_now_is_marked_first_and_bills_nothing(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        account.asked.clear()
        answer = await processor.subscriptions.cancel(
            CancelSubscription(ref=ref, when="now"), key=KEY
        )

    path = f"/v1/subscriptions/{ref}"
    nothing = {"invoice_now": "false", "prorate": "false"}
    assert sent(account) == [
        (f"POST {path}", "key-1-mark", {"metadata[accrue_ended_by]": "aop_1"}),
        (f"DELETE {path}", "key-1-end", {**nothing, **WITH_INVOICE}),
    ]
    assert answer.main.status == SubscriptionStatus.CANCELED


async def test_an_end_now_may_be_invoiced_and_credited(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        account.asked.clear()
        request = CancelSubscription(
            ref=ref, when="now", invoice_now=True, prorate=True, reason="too_expensive"
        )
        answer = await processor.subscriptions.cancel(request, key=KEY)

    assert account.asked[-1].values == {
        "invoice_now": "true",
        "prorate": "true",
        "cancellation_details[feedback]": "too_expensive",
        **WITH_INVOICE,
    }
    assert answer.main.cancel_reason == "too_expensive"
    assert [one.ref for one in answer.others] == [answer.main.latest_invoice]
    assert answer.others[0].total.minor == -1000


async def test_a_later_end_may_have_a_reason(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        request = CancelSubscription(ref=ref, when="period_end", reason="unused")
        answer = await processor.subscriptions.cancel(request, key=KEY)

    assert account.asked[-1].values["cancellation_details[feedback]"] == "unused"
    assert answer.main.cancel_reason == "unused"


async def test_an_end_at_a_date_needs_the_date(account: Account) -> None:
    async with asking(account) as processor:
        with pytest.raises(InvalidRequest):
            await processor.subscriptions.cancel(
                CancelSubscription(ref="sub_1", when="at"), key=KEY
            )
    assert account.asked == []


@pytest.mark.parametrize(("when", "requests"), [("period_end", 1), ("at", 2)])
async def test_keeping_undoes_whichever_end_is_pending(
    account: Account, when: Any, requests: int
) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        at = bench.now() + timedelta(days=14) if when == "at" else None
        end = CancelSubscription(ref=ref, when=when, at=at)
        await processor.subscriptions.cancel(end, key=bench.key())
        account.asked.clear()
        request = KeepSubscription(ref=ref)
        answer = await processor.subscriptions.keep(request, key=KEY)

    path = f"POST /v1/subscriptions/{ref}"
    period = {"cancel_at_period_end": "false", "proration_behavior": "none", **READABLE}
    date = {"cancel_at": "", "proration_behavior": "none", **READABLE}
    expected = [(path, "key-1-period", period), (path, "key-1-date", date)]
    assert sent(account) == expected[:requests]
    assert request.is_met_by(answer.main)


async def test_keeping_what_has_no_pending_end_is_as_asked(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        before = (await bench.subscribed(processor)).main
        answer = await processor.subscriptions.keep(
            KeepSubscription(ref=before.ref), key=bench.key()
        )

    assert answer.main == before
