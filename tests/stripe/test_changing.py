"""Changes of running subscriptions at Stripe: what is sent, and what becomes of the money."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
)
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.errors import CardDeclined, ProcessorRejected, ProcessorUnavailable
from accrue_stripe.processor import StripeProcessor
from tests.stripe import objects
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.asking import (
    ASKING,
    DECLINED,
    OTHER_PRICE,
    PRICE,
    asking,
    bench_of,
    furnished,
    sent,
)
from tests.stripe.stand_in import problem

KEY = Key("key-1", "aop_1")
READABLE = {"expand[0]": "discounts"}
WITH_INVOICE = {**READABLE, "expand[1]": "latest_invoice.payments"}
BROKEN = problem(500, "api_error")


@pytest.fixture
def account() -> Account:
    return furnished()


async def subscribed(processor: StripeProcessor, account: Account) -> SubscriptionSnapshot:
    snapshot: SubscriptionSnapshot = (await bench_of(account).subscribed(processor)).main
    account.asked.clear()
    account.now += 10 * 86_400
    return snapshot


async def with_card(processor: StripeProcessor, account: Account, payer: str, card: str) -> None:
    request = AttachPaymentMethod(customer=payer, payment_method=card)
    await processor.payment_methods.attach(request, key=Key(f"card-{card}", "aop_card"))
    account.asked.clear()


def to(
    before: SubscriptionSnapshot, proration: Any = "always_invoice", **changes: Any
) -> ChangeSubscription:
    target = ItemTarget(ref=before.items[0].ref, price=OTHER_PRICE, quantity=3)
    return replace(
        ChangeSubscription(ref=before.ref, items=(target,), proration=proration), **changes
    )


@pytest.mark.parametrize(
    ("proration", "behavior"),
    [
        ("always_invoice", "pending_if_incomplete"),
        ("create_prorations", "error_if_incomplete"),
        ("none", "error_if_incomplete"),
    ],
)
async def test_a_change_says_everything_that_stripe_would_choose(
    account: Account, proration: Any, behavior: str
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        moment = bench_of(account).now() - timedelta(days=1)
        request = to(before, proration, proration_at=moment)
        await processor.subscriptions.change(request, key=KEY)

    path = f"/v1/subscriptions/{before.ref}"
    at = {} if proration == "none" else {"proration_date": str(int(moment.timestamp()))}
    assert sent(account) == [
        (f"GET {path}", "", READABLE),
        (
            f"POST {path}",
            "key-1",
            {
                "items[0][id]": before.items[0].ref,
                "items[0][price]": OTHER_PRICE,
                "items[0][quantity]": "3",
                "proration_behavior": proration,
                "payment_behavior": behavior,
                **at,
                **WITH_INVOICE,
            },
        ),
    ]


async def test_new_items_have_no_id_and_removed_ones_are_named(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        request = ChangeSubscription(
            ref=before.ref,
            items=(ItemTarget(price=OTHER_PRICE, quantity=2),),
            removed=(before.items[0].ref,),
            proration="none",
        )
        answer = await processor.subscriptions.change(request, key=KEY)

    values = account.asked[-1].values
    assert {key: value for key, value in values.items() if key.startswith("items")} == {
        "items[0][price]": OTHER_PRICE,
        "items[0][quantity]": "2",
        "items[1][id]": before.items[0].ref,
        "items[1][deleted]": "true",
    }
    assert [(item.price, item.quantity) for item in answer.main.items] == [(OTHER_PRICE, 2)]


async def test_a_metered_item_that_stays_is_told_no_quantity(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        item = account.books.at("subscription", before.ref)["items"]["data"][0]
        item["price"] = objects.price() | {"id": "price_Metered"}
        item["price"]["recurring"]["usage_type"] = "metered"
        account.books.put(item["price"])
        del item["quantity"]
        kept = ItemTarget(ref=before.items[0].ref, price="price_Metered")
        both = (kept, ItemTarget(price=OTHER_PRICE))
        answer = await processor.subscriptions.change(to(before, "none", items=both), key=KEY)

    values = account.asked[-1].values
    assert {key: value for key, value in values.items() if key.startswith("items")} == {
        "items[0][id]": before.items[0].ref,
        "items[0][price]": "price_Metered",
        "items[1][price]": OTHER_PRICE,
        "items[1][quantity]": "1",
    }
    assert [item.quantity for item in answer.main.items] == [None, 1]


async def test_items_that_the_request_does_not_know_are_not_kept_silently(
    account: Account,
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        other = ItemTarget(ref="si_Other", price=PRICE, quantity=5)
        request = ChangeSubscription(ref=before.ref, items=(other,), proration="none")
        with pytest.raises(ProcessorRejected) as changed:
            await processor.subscriptions.change(request, key=KEY)
        with pytest.raises(ProcessorRejected) as previewed:
            await processor.subscriptions.preview(request)

    assert {changed.value.reason, previewed.value.reason} == {"items_changed"}
    assert {one.method for one in account.asked} == {"GET"}


async def test_repeated_under_its_key_it_is_answered_from_stripe_s_memory(
    account: Account,
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        added = ItemTarget(price=OTHER_PRICE)
        request = to(before, items=(added,), removed=(before.items[0].ref,))
        first = await processor.subscriptions.change(request, key=KEY)
        again = await processor.subscriptions.change(request, key=KEY)

    assert first == again
    assert len(account.requests("POST", f"/v1/subscriptions/{before.ref}")) == 2
    assert len([one for one in account.done if one.key == "key-1"]) == 1


async def test_a_change_brings_its_invoice_along(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        answer = await processor.subscriptions.change(to(before), key=KEY)

    (invoice,) = answer.others
    assert (invoice.noun, invoice.ref) == ("invoice", answer.main.latest_invoice)
    assert invoice.subscription == before.ref


async def test_a_refused_card_takes_the_change_back_and_says_why(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        await with_card(processor, account, before.customer, DECLINED)
        reasons = []
        for _ in range(2):
            with pytest.raises(CardDeclined) as caught:
                await processor.subscriptions.change(to(before), key=KEY)
            reasons.append((caught.value.reason, "not enough money" in caught.value.advice))
        after = (await processor.subscriptions.fetch(before.ref)).main
        invoice = (await processor.fetch("invoice", after.latest_invoice)).main

    assert reasons == [("insufficient_funds", True)] * 2
    voided = [one for one in account.asked if one.path.endswith("/void")]
    assert [(one.path, one.key) for one in voided] == [
        (f"/v1/invoices/{after.latest_invoice}/void", "key-1-void")
    ]
    assert (after.items, after.pending_until) == (before.items, None)
    assert (invoice.status, invoice.amount_paid.minor) == ("void", 0)


async def test_without_a_card_there_is_nothing_to_charge(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        customer = account.books.at("customer", before.customer)
        customer["invoice_settings"]["default_payment_method"] = None
        with pytest.raises(ProcessorRejected) as caught:
            await processor.subscriptions.change(to(before), key=KEY)

    assert caught.value.reason == "no_payment_method"
    assert account.books.at("subscription", before.ref)["pending_update"] is None


@pytest.mark.parametrize("to_", ["GET /v1/invoices/", "POST /v1/invoices/"])
async def test_a_change_whose_payment_cannot_be_seen_or_taken_back_is_not_called_refused(
    account: Account, to_: str
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        await with_card(processor, account, before.customer, DECLINED)
        account.faults.append(Fault(problem(403, "invalid_request_error"), to=to_))
        with pytest.raises(ProcessorUnavailable):
            await processor.subscriptions.change(to(before), key=KEY)
        pending = (await processor.subscriptions.fetch(before.ref)).main
        with pytest.raises(CardDeclined):
            await processor.subscriptions.change(to(before), key=KEY)

    assert to(before).is_met_by(pending)


async def test_a_change_that_the_bank_asks_about_waits_until_it_is_paid(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        await with_card(processor, account, before.customer, ASKING)
        waiting = await processor.subscriptions.change(to(before), key=KEY)
        assert waiting.next_action is not None
        assert waiting.next_action.kind == "authenticate"
        assert waiting.next_action.client_secret is not None
        assert waiting.main.pending_until == bench_of(account).now() + timedelta(hours=23)
        assert waiting.main.items == before.items

        account.authenticate(before.ref)
        repeated = await processor.subscriptions.change(to(before), key=KEY)
        fetched = await processor.subscriptions.fetch(before.ref)

    assert (repeated.main, repeated.next_action) == (fetched.main, None)
    assert fetched.main.pending_until is None
    assert [(item.price, item.quantity) for item in fetched.main.items] == [(OTHER_PRICE, 3)]


async def test_a_change_that_has_lapsed_meanwhile_is_over(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        await with_card(processor, account, before.customer, ASKING)
        waiting = await processor.subscriptions.change(to(before), key=KEY)
        account.void(waiting.main.latest_invoice)
        with pytest.raises(ProcessorRejected) as caught:
            await processor.subscriptions.change(to(before), key=KEY)

    assert caught.value.reason == "lapsed"


@pytest.mark.parametrize("status", ["draft", "uncollectible"])
async def test_only_a_void_invoice_says_that_a_change_is_over(
    account: Account, status: str
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        await with_card(processor, account, before.customer, ASKING)
        waiting = await processor.subscriptions.change(to(before), key=KEY)
        account.books.at("invoice", str(waiting.main.latest_invoice))["status"] = status
        repeated = await processor.subscriptions.change(to(before), key=KEY)

    assert repeated.main.pending_until == waiting.main.pending_until is not None
    assert repeated.main.items == before.items


async def test_a_new_period_that_is_not_paid_for_does_not_begin(account: Account) -> None:
    account.add_price("price_Yearly", 10_000, interval="year")
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        await with_card(processor, account, before.customer, DECLINED)
        yearly = ItemTarget(ref=before.items[0].ref, price="price_Yearly")
        with pytest.raises(CardDeclined):
            await processor.subscriptions.change(
                to(before, "create_prorations", items=(yearly,)), key=KEY
            )
        after = (await processor.subscriptions.fetch(before.ref)).main

    assert after == before


async def test_an_invoice_that_is_sent_is_no_reason_to_wait(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        request = replace(bench.subscription(customer), collection="invoice", days_until_due=14)
        before = (await processor.subscriptions.create(request, key=bench.key())).main
        answer = await processor.subscriptions.change(to(before), key=KEY)

    assert "payment_behavior" not in account.asked[-1].values
    assert [item.price for item in answer.main.items] == [OTHER_PRICE]
    assert answer.main.pending_until is None
