"""After a part of the deed nobody may say that nothing happened, or that it was refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.subscriptions import CancelSubscription, KeepSubscription, NewItem
from accrue_core.errors import (
    AccrueError,
    ProcessorMisconfigured,
    ProcessorRejected,
    ProcessorUnavailable,
    RateLimited,
    RemoteMissing,
)
from accrue_stripe.errors import afterwards, halfway
from tests.stripe.account.line import Fault
from tests.stripe.asking import GOOD, asking, bench_of, furnished
from tests.stripe.stand_in import problem

TOO_MANY = problem(429, "invalid_request_error", code="rate_limit")


@pytest.mark.parametrize("error", [RateLimited("x"), ProcessorMisconfigured("x")])
def test_after_the_deed_nobody_says_that_nothing_happened(error: AccrueError) -> None:
    for within in (halfway, afterwards):
        with pytest.raises(ProcessorUnavailable), within():
            raise error


def test_a_refusal_half_way_is_a_refusal_but_not_afterwards() -> None:
    with pytest.raises(ProcessorRejected), halfway():
        raise ProcessorRejected("x")
    with pytest.raises(ProcessorUnavailable), afterwards():
        raise ProcessorRejected("x")


async def test_a_missing_customer_is_not_a_missing_payment_method() -> None:
    missing = problem(404, "invalid_request_error", code="resource_missing", param="customer")
    account = furnished()
    async with asking(account) as processor:
        account.faults.append(Fault(missing))
        request = AttachPaymentMethod(customer="cus_1", payment_method=GOOD)
        with pytest.raises(ProcessorRejected) as caught:
            await processor.payment_methods.attach(request, key=bench_of(account).key())

        account.faults.append(Fault(missing))
        with pytest.raises(RemoteMissing, match="no customer cus_1"):
            await processor.subscriptions.create(
                bench_of(account).subscription("cus_1"), key=bench_of(account).key()
            )

    assert type(caught.value) is ProcessorRejected
    assert caught.value.param == "customer"


async def test_an_end_by_somebody_else_in_between_is_the_end_that_was_asked_for() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        request, key = CancelSubscription(ref=ref, when="now"), bench.key()
        account.faults.append(Fault(httpx.ReadError("reset"), to="DELETE"))
        with pytest.raises(ProcessorUnavailable):
            await processor.subscriptions.cancel(request, key=key)
        account.end(ref)

        answer = await processor.subscriptions.cancel(request, key=key)

    assert request.is_met_by(answer.main)


async def test_an_end_that_cannot_be_read_back_is_not_a_refusal() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        request, key = CancelSubscription(ref=ref, when="now"), bench.key()
        await processor.subscriptions.cancel(request, key=key)
        account.faults.append(Fault(TOO_MANY, to="GET /v1/subscriptions/"))

        with pytest.raises(ProcessorUnavailable, match="done, but not read"):
            await processor.subscriptions.cancel(request, key=key)


async def test_a_subscription_that_cannot_be_read_whole_is_not_a_refusal() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        for i in range(12):
            account.add_price(f"price_{i}", 100)
        items = tuple(NewItem(price=f"price_{i}") for i in range(12))
        request = replace(bench.subscription(await bench.payer(processor)), items=items)
        key = bench.key()
        for refusal in (TOO_MANY, problem(404, "invalid_request_error", code="resource_missing")):
            account.faults.append(Fault(refusal, to="GET /v1/subscription_items"))
            with pytest.raises(ProcessorUnavailable, match="done, but not read"):
                await processor.subscriptions.create(request, key=key)

        answer = await processor.subscriptions.create(request, key=key)

    assert len(answer.main.items) == 12
    (invoice,) = [other for other in answer.others if other.noun == "invoice"]
    assert len(invoice.lines) == 12
    assert len(account.books.all("subscription")) == 1


@pytest.mark.parametrize("when", ["now", "period_end", "kept"])
async def test_a_change_that_cannot_be_read_whole_is_not_a_refusal(when: Any) -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        item = account.books.at("subscription", ref)["items"]["data"][0]
        more = [{**item, "id": f"si_{i}"} for i in range(11)]
        account.books.at("subscription", ref)["items"]["data"] += more
        account.faults.append(Fault(TOO_MANY, to="GET /v1/subscription_items"))
        gateway, key = processor.subscriptions, bench.key()

        if when == "kept":
            changing = gateway.keep(KeepSubscription(ref=ref), key=key)
        else:
            changing = gateway.cancel(CancelSubscription(ref=ref, when=when), key=key)
        with pytest.raises(ProcessorUnavailable, match="done, but not read"):
            await changing


async def test_one_that_stripe_says_it_does_not_have_has_not_ended() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        ref = (await bench.subscribed(processor)).main.ref
        missing = problem(404, "invalid_request_error", code="resource_missing", param="id")
        account.faults.append(Fault(missing, to="DELETE"))

        request = CancelSubscription(ref=ref, when="now")
        with pytest.raises(RemoteMissing):
            await processor.subscriptions.cancel(request, key=bench.key())


async def test_a_default_that_is_refused_is_a_refusal() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request = AttachPaymentMethod(customer=await bench.customer(processor), payment_method=GOOD)
        refusal = problem(400, "invalid_request_error", code="resource_missing", param="customer")
        account.faults.append(Fault(refusal, to="POST /v1/customers/"))

        with pytest.raises(ProcessorRejected) as caught:
            await processor.payment_methods.attach(request, key=bench.key())

    assert not isinstance(caught.value, RemoteMissing)
    assert caught.value.param == "customer"
