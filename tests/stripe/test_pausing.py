"""Trials that end elsewhere, pauses, and rests: what is sent, and what becomes of the money."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from accrue_core.contracts.changes import PauseSubscription, ResumeSubscription, SetTrialEnd
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_stripe.processor import StripeProcessor
from tests.stripe.account.app import Account
from tests.stripe.asking import ASKING, DECLINED, GOOD, asking, bench_of, furnished, sent
from tests.stripe.test_changing import KEY, READABLE, WITH_INVOICE, subscribed, with_card


@pytest.fixture
def account() -> Account:
    return furnished()


@pytest.mark.parametrize("end", [40, None])
async def test_the_end_of_a_trial_prorates_nothing(account: Account, end: int | None) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = replace(bench.subscription(await bench.payer(processor)), trial_days=14)
        ref = (await processor.subscriptions.create(request, key=bench.key())).main.ref
        account.asked.clear()
        moment = None if end is None else bench.now() + timedelta(days=end)
        answer = await processor.subscriptions.set_trial_end(
            SetTrialEnd(ref=ref, trial_end=moment), key=KEY
        )

    at = "now" if moment is None else str(int(moment.timestamp()))
    values = {"trial_end": at, "proration_behavior": "none", **WITH_INVOICE}
    assert sent(account) == [(f"POST /v1/subscriptions/{ref}", "key-1", values)]
    assert [one.noun for one in answer.others] == ["invoice"]


async def test_a_trial_that_ends_without_its_money_is_past_due(account: Account) -> None:
    async with asking(account) as processor:
        bench = bench_of(account)
        request = replace(bench.subscription(await bench.payer(processor, ASKING)), trial_days=14)
        ref = (await processor.subscriptions.create(request, key=bench.key())).main.ref
        answer = await processor.subscriptions.set_trial_end(SetTrialEnd(ref=ref), key=KEY)

    assert answer.main.status == SubscriptionStatus.PAST_DUE
    assert answer.next_action is not None
    assert answer.next_action.kind == "authenticate"


async def test_a_pause_says_how_and_until_when(account: Account) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        until = bench_of(account).now() + timedelta(days=9)
        pause = PauseSubscription(ref=before.ref, behavior="mark_uncollectible", resumes_at=until)
        paused = await processor.subscriptions.pause(pause, key=KEY)
        resumed = await processor.subscriptions.resume(
            ResumeSubscription(ref=before.ref), key=Key("key-2", "aop_2")
        )

    path = f"POST /v1/subscriptions/{before.ref}"
    assert sent(account) == [
        (
            path,
            "key-1",
            {
                "pause_collection[behavior]": "mark_uncollectible",
                "pause_collection[resumes_at]": str(int(until.timestamp())),
                **READABLE,
            },
        ),
        (f"GET /v1/subscriptions/{before.ref}", "", READABLE),
        (path, "key-2", {"pause_collection": "", **WITH_INVOICE}),
    ]
    assert paused.main.collection_resumes_at == until
    assert (resumed.main.collection_paused, resumed.main.collection_resumes_at) == (None, None)


async def test_a_whole_pause_says_what_becomes_of_the_rest_of_the_period(
    account: Account,
) -> None:
    async with asking(account) as processor:
        before = await subscribed(processor, account)
        account.pass_time(account.now + 10 * 86_400)
        pause = PauseSubscription(ref=before.ref, behavior="none")
        paused = await processor.subscriptions.pause(pause, key=KEY)
        asked = sent(account)
        answer = await processor.subscriptions.resume(
            ResumeSubscription(ref=before.ref), key=Key("key-2", "aop_2")
        )

    values = {
        "type": "subscription",
        "bill_for[unused_time_from][type]": "now",
        "bill_for[outstanding_usage_through][type]": "now",
        "invoicing_behavior": "pending_invoice_item",
        **READABLE,
    }
    assert asked == [(f"POST /v1/subscriptions/{before.ref}/pause", "key-1", values)]
    assert paused.main.status == SubscriptionStatus.PAUSED
    assert pause.is_met_by(paused.main)
    assert paused.main.items[0].current_period_end == bench_of(account).now()
    assert answer.main.status == SubscriptionStatus.ACTIVE
    (invoice,) = (one for one in answer.others if one.noun == "invoice")
    assert 0 < invoice.amount_paid.minor < 1000


async def resting(processor: StripeProcessor, account: Account, card: str | None) -> str:
    """Return a subscription that rests since its trial ended without a card."""
    bench = bench_of(account)
    trial = replace(
        bench.subscription(await bench.customer(processor)),
        trial_days=14,
        trial_without_card="pause",
    )
    started = (await processor.subscriptions.create(trial, key=bench.key())).main
    end = SetTrialEnd(ref=started.ref)
    rests = await processor.subscriptions.set_trial_end(end, key=bench.key())
    assert (rests.main.status, rests.next_action) == (SubscriptionStatus.PAUSED, None)
    if card is not None:
        await with_card(processor, account, started.customer, card)
    account.asked.clear()
    return str(started.ref)


async def test_what_rests_is_asked_for_its_first_period(account: Account) -> None:
    async with asking(account) as processor:
        ref = await resting(processor, account, GOOD)
        answer = await processor.subscriptions.resume(ResumeSubscription(ref=ref), key=KEY)
        again = await processor.subscriptions.resume(ResumeSubscription(ref=ref), key=KEY)

    resumed = {
        "billing_cycle_anchor[type]": "now",
        "proration_behavior": "none",
        "payment_behavior": "resume_on_payment_success",
        **WITH_INVOICE,
    }
    path = f"/v1/subscriptions/{ref}"
    assert sent(account) == [
        (f"GET {path}", "", READABLE),
        (f"POST {path}/resume", "key-1-resume", resumed),
        (f"GET {path}", "", READABLE),
        (f"POST {path}", "key-1", {"pause_collection": "", **WITH_INVOICE}),
    ]
    assert answer.main.status == SubscriptionStatus.ACTIVE
    assert again.main == answer.main


@pytest.mark.parametrize(
    ("card", "expected"), [(DECLINED, "redirect"), (ASKING, "authenticate"), (None, "redirect")]
)
async def test_what_rests_goes_on_resting_until_it_is_paid_for(
    account: Account, card: str | None, expected: str
) -> None:
    async with asking(account) as processor:
        ref = await resting(processor, account, card)
        answer = await processor.subscriptions.resume(ResumeSubscription(ref=ref), key=KEY)
        fetched = await processor.subscriptions.fetch(ref)

    assert answer.main.status == SubscriptionStatus.PAUSED
    for one in (answer, fetched):
        assert one.next_action is not None
        assert one.next_action.kind == expected
