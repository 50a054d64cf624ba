"""What a change would cost: Stripe's preview, to the minor unit, and when it would be charged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget, PreviewedChange
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from accrue_stripe.processor import StripeProcessor
from tests.stripe.account.app import Account
from tests.stripe.asking import OTHER_PRICE, asking, bench_of, furnished, sent

KEY = Key("key-1", "aop_1")
YEARLY = "price_Yearly"


@pytest.fixture
def account() -> Account:
    account = furnished()
    account.add_price(YEARLY, 10_000, interval="year")
    return account


async def subscribed(
    processor: StripeProcessor, account: Account, **terms: Any
) -> SubscriptionSnapshot:
    bench = bench_of(account)
    request = replace(bench.subscription(await bench.payer(processor)), **terms)
    snapshot: SubscriptionSnapshot = (
        await processor.subscriptions.create(request, key=bench.key())
    ).main
    account.now += 10 * 86_400
    account.asked.clear()
    return snapshot


def to(
    before: SubscriptionSnapshot, proration: Any = "always_invoice", price: str = OTHER_PRICE
) -> ChangeSubscription:
    target = ItemTarget(ref=before.items[0].ref, price=price, quantity=3)
    return ChangeSubscription(ref=before.ref, items=(target,), proration=proration)


async def test_a_preview_asks_what_the_change_would_ask(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        moment = bench_of(account).now()
        request = replace(to(before), proration_at=moment)
        said = await processor.subscriptions.preview(request)

    assert [one[0] for one in sent(account)] == [
        f"GET /v1/subscriptions/{before.ref}",
        "POST /v1/invoices/create_preview",
    ]
    details = "subscription_details"
    assert account.asked[-1].values == {
        "subscription": before.ref,
        f"{details}[items][0][id]": before.items[0].ref,
        f"{details}[items][0][price]": OTHER_PRICE,
        f"{details}[items][0][quantity]": "3",
        f"{details}[proration_behavior]": "always_invoice",
        f"{details}[proration_date]": str(int(moment.timestamp())),
    }
    # Two thirds of the month are left: of 10.00 for one, and of 20.00 for each of three.
    assert [line.amount.minor for line in said.lines] == [-667, 4000]
    assert all(line.is_proration for line in said.lines)
    assert (said.amount_due, said.due_now) == (Money(3333, "usd"), True)


@pytest.mark.parametrize("balance", [0, -1000, -10_000, 700])
async def test_discount_tax_and_balance_are_in_it_as_on_the_invoice(
    account: Account, balance: int
) -> None:
    account.books.tax_percent = 19.0
    account.add_coupon("winter", 25)
    async with asking(account) as processor:
        before = await subscribed(processor, account, coupon="winter")
        account.books.at("customer", before.customer)["balance"] = balance
        request = replace(to(before), proration_at=bench_of(account).now())
        said = await processor.subscriptions.preview(request)
        answer = await processor.subscriptions.change(request, key=KEY)

    (invoice,) = answer.others
    assert (said.subtotal.minor, said.discount.minor, said.tax.minor) == (3333, 833, 475)
    assert said.total.minor == 2975
    assert said.amount_due.minor == max(0, 2975 + min(0, balance))
    for amount in ("subtotal", "discount", "tax", "total", "amount_due"):
        assert getattr(invoice, amount) == getattr(said, amount)
    assert [(line.amount, line.price, line.period_start) for line in invoice.lines] == [
        (line.amount, line.price, line.period_start) for line in said.lines
    ]


@pytest.mark.parametrize(
    ("proration", "price", "is_now", "prorations", "others"),
    [
        ("always_invoice", OTHER_PRICE, True, 2, 0),
        ("create_prorations", OTHER_PRICE, False, 2, 1),
        ("none", OTHER_PRICE, False, 0, 1),
        ("always_invoice", YEARLY, True, 1, 1),
        ("create_prorations", YEARLY, True, 1, 1),
        ("none", YEARLY, True, 0, 1),
    ],
)
async def test_it_is_due_now_if_it_is_invoiced_now(
    account: Account, proration: Any, price: str, is_now: bool, prorations: int, others: int
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        request = to(before, proration, price)
        for moment in (None, bench_of(account).now()):
            said = await processor.subscriptions.preview(replace(request, proration_at=moment))

            assert said.due_now == is_now
            marks = [line.is_proration for line in said.lines]
            assert (marks.count(True), marks.count(False)) == (prorations, others)
            if moment is not None or prorations:
                assert said.proration_at == bench_of(account).now()


@pytest.mark.parametrize("price", [OTHER_PRICE, YEARLY])
async def test_asked_again_a_few_minutes_later_it_says_the_same(
    account: Account, price: str
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        added = ItemTarget(price=price)
        kept = ItemTarget(ref=before.items[0].ref, price=price)
        moment = bench_of(account).now()
        request = replace(
            to(before),
            items=(kept, added) if price == OTHER_PRICE else (kept,),
            proration_at=moment,
        )
        first = await processor.subscriptions.preview(request)
        account.now += 300
        again = await processor.subscriptions.preview(request)

    def shown(said: PreviewedChange) -> PreviewedChange:
        return replace(said, lines=tuple(replace(line, ref="") for line in said.lines))

    assert shown(again) == shown(first)
    refs = {line.subscription_item for line in first.lines}
    assert refs <= {before.items[0].ref, None}


async def test_in_a_trial_nothing_is_due_now(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account, trial_days=14)
        said = await processor.subscriptions.preview(to(before))

    assert [line.is_proration for line in said.lines] == [False]
    assert said.lines[0].period_start == before.trial_end
    assert not said.due_now
    assert said.proration_at == before.items[0].current_period_start


async def test_prorations_that_wait_are_in_the_next_preview(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        await processor.subscriptions.change(to(before, "create_prorations"), key=KEY)
        said = await processor.subscriptions.preview(to(before, "create_prorations", YEARLY))

    assert said.lines[0].amount.minor == -667
    assert said.subtotal == sum((line.amount for line in said.lines), Money(0, "usd"))


async def test_a_preview_of_many_lines_is_read_whole(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        for i in range(7):
            account.add_price(f"price_{i}", 100)
        kept = ItemTarget(ref=before.items[0].ref, price=before.items[0].price)
        new = tuple(ItemTarget(price=f"price_{i}") for i in range(7))
        request = replace(to(before, "create_prorations"), items=(kept, *new))
        said = await processor.subscriptions.preview(request)

    assert len(said.lines) == 7 + 8
    assert said.subtotal == sum((line.amount for line in said.lines), Money(0, "usd"))


async def test_a_moment_outside_of_the_period_is_refused(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        early = replace(to(before), proration_at=bench_of(account).now() - timedelta(days=11))
        with pytest.raises(ProcessorRejected) as caught:
            await processor.subscriptions.preview(early)

    assert caught.value.param == "proration_date"
