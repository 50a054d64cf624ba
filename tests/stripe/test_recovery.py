"""What became of a command is found out at Stripe: by lists, and by the refs that are known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.processor import REQUESTS
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Answer
from accrue_core.contracts.schedules import CreateSchedule, PlannedPhase
from accrue_core.contracts.subscriptions import CreateSubscription, KeepSubscription, NewItem
from accrue_core.errors import ProcessorUnavailable
from accrue_core.owners import Owner
from accrue_stripe import listing
from accrue_stripe.processor import StripeProcessor
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.asking import ASKING, GOOD, PRICE, StripeBench, asking, bench_of, furnished
from tests.stripe.stand_in import problem

HOME = "https://app.example.com/"
BROKEN = problem(500, "api_error")


async def creations(processor: StripeProcessor, bench: StripeBench) -> dict[str, Any]:
    """Return a request of every kind whose effect is found by our operation id."""
    payer = await bench.payer(processor)
    items = (NewItem(price=PRICE),)
    return {
        "customers.create": CreateCustomer(owner=Owner("team", "9")),
        "subscriptions.create": CreateSubscription(customer=payer, items=items),
        "schedules.create": CreateSchedule(
            customer=payer, phases=(PlannedPhase(items=items, periods=3),)
        ),
        "checkout.create": CreateCheckoutSession(
            customer=payer, items=items, success_url=HOME, cancel_url=HOME
        ),
    }


KINDS = ["customers.create", "subscriptions.create", "schedules.create", "checkout.create"]


async def send(processor: StripeProcessor, request: Any, key: Any) -> Answer:
    gateway = getattr(processor, request.gateway)
    answer: Answer = await getattr(gateway, request.method)(request, key=key)
    return answer


async def test_everything_that_can_be_lost_is_promised_to_be_found() -> None:
    async with asking(furnished()) as processor:
        for method in REQUESTS:
            promise = processor.recovery[method]
            assert (promise.key_lifetime, promise.is_findable) == (timedelta(hours=24), True)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_500_that_is_remembered_is_found_out_by_looking(kind: str) -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request, key, since = (await creations(processor, bench))[kind], bench.key(), bench.now()
        account.faults.append(Fault(BROKEN, is_done=True, is_kept=True))
        for _ in range(2):
            with pytest.raises(ProcessorUnavailable):
                await send(processor, request, key)

        found = await processor.find_created(request, key=key, since=since)

    assert found is not None
    assert found.main.noun == request.noun


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_looked_for_by_its_operation_in_what_was_created_since(kind: str) -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request = (await creations(processor, bench))[kind]
        key, other_key = bench.key(), bench.key()
        await send(processor, request, other_key)
        created = await send(processor, request, key)
        now = bench.now()

        found = await processor.find_created(request, key=key, since=now)
        other = await processor.find_created(request, key=other_key, since=now)
        later = await processor.find_created(request, key=key, since=now + timedelta(seconds=1))

    assert found is not None
    assert (found.main, found.next_action) == (created.main, created.next_action)
    assert {one.noun for one in found.others} == {one.noun for one in created.others}
    assert other is not None
    assert other.main.ref != found.main.ref
    assert later is None
    assert all("search" not in one.path for one in account.asked)
    lists = [one.values for one in account.asked if "created[gte]" in one.values]
    assert len(lists) == 3
    parent = getattr(request, "customer", None)
    assert {one.get("customer") for one in lists} == {parent}


async def test_an_ended_subscription_is_found_too() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request, key = bench.subscription(await bench.payer(processor)), bench.key()
        created = await processor.subscriptions.create(request, key=key)
        account.end(created.main.ref)

        found = await processor.find_created(request, key=key, since=bench.now())

    assert found is not None
    assert found.main.ref == created.main.ref
    assert found.main.ended_at is not None


async def test_one_that_waits_is_found_with_what_its_customer_has_to_do() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request, key = bench.subscription(await bench.payer(processor, ASKING)), bench.key()
        created = await processor.subscriptions.create(request, key=key)

        found = await processor.find_created(request, key=key, since=bench.now())

    assert found is not None
    assert found == created
    assert found.next_action == created.next_action
    assert found.next_action is not None


def crowd(account: Account, size: int) -> None:
    """Let many other customers have been created."""
    for i in range(size):
        account.books.put(
            {
                **account.books.all("customer")[0],
                "id": f"cus_crowd_{i}",
                "metadata": {OPERATION_METADATA: f"aop_{i}"},
            }
        )


async def test_it_is_found_on_a_later_page() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request, key = CreateCustomer(owner=bench.owner()), bench.key()
        created = await processor.customers.create(request, key=key)
        crowd(account, 250)
        account.asked.clear()

        found = await processor.find_created(request, key=key, since=bench.now())

    assert found == created
    *pages, read = account.asked
    assert [one.values.get("starting_after") for one in pages] == [
        None,
        "cus_crowd_150",
        "cus_crowd_50",
    ]
    assert {one.values["limit"] for one in pages} == {"100"}
    assert read.path == f"/v1/customers/{created.main.ref}"


async def test_a_list_too_long_to_be_read_is_not_taken_for_an_empty_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "MOST_PAGES", 2)
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request, key = CreateCustomer(owner=bench.owner()), bench.key()
        await processor.customers.create(request, key=key)
        crowd(account, 199)
        assert await processor.find_created(request, key=key, since=bench.now()) is not None

        crowd(account, 200)
        with pytest.raises(ProcessorUnavailable, match="more than 200 customers"):
            await processor.find_created(request, key=key, since=bench.now())


async def test_a_card_is_found_by_its_ref_once_it_is_attached_and_the_default() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        request = AttachPaymentMethod(customer=customer, payment_method=GOOD)
        key, since = bench.key(), bench.now()
        assert await processor.find_created(request, key=key, since=since) is None

        account.faults.append(Fault(httpx.ReadError("reset"), to="POST /v1/customers/"))
        with pytest.raises(ProcessorUnavailable):
            await processor.payment_methods.attach(request, key=key)
        assert await processor.find_created(request, key=key, since=since) is None

        attached = await processor.payment_methods.attach(request, key=key)
        assert await processor.find_created(request, key=key, since=since) == attached

        elsewhere = AttachPaymentMethod(customer="cus_Other", payment_method=GOOD)
        assert await processor.find_created(elsewhere, key=key, since=since) is None


async def test_a_card_that_is_attached_besides_is_found_without_being_the_default() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request = AttachPaymentMethod(
            customer=await bench.customer(processor), payment_method=GOOD, make_default=False
        )
        attached = await processor.payment_methods.attach(request, key=bench.key())
        found = await processor.find_created(request, key=bench.key(), since=bench.now())

    assert found == attached
    assert [one.noun for one in attached.others] == ["customer"]


async def test_a_card_that_the_customer_has_already_is_as_asked_long_after() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        customer = await bench.customer(processor)
        besides = AttachPaymentMethod(customer=customer, payment_method=GOOD, make_default=False)
        await processor.payment_methods.attach(besides, key=bench.key())
        account.now += 30 * 86_400

        request = AttachPaymentMethod(customer=customer, payment_method=GOOD)
        answer = await processor.payment_methods.attach(request, key=bench.key())

    assert answer.main.ref == GOOD
    assert [one.default_payment_method for one in answer.others] == [GOOD]


async def test_a_test_token_is_found_by_its_key_alone() -> None:
    account = furnished()
    async with asking(account) as processor:
        bench = bench_of(account)
        request = AttachPaymentMethod(
            customer=await bench.customer(processor), payment_method="pm_card_visa"
        )
        key = bench.key()
        first = await processor.payment_methods.attach(request, key=key)
        again = await processor.payment_methods.attach(request, key=key)

        assert await processor.find_created(request, key=key, since=bench.now()) is None

    assert first == again
    assert first.main.ref != "pm_card_visa"


async def test_a_change_is_not_looked_for_as_a_creation() -> None:
    account = furnished()
    async with asking(account) as processor:
        request = KeepSubscription(ref="sub_1")
        bench = bench_of(account)
        assert await processor.find_created(request, key=bench.key(), since=bench.now()) is None
    assert account.asked == []
