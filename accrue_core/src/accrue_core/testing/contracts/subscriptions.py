"""What every processor promises about subscriptions."""

# ruff: noqa: S101
from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Answer
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    KeepSubscription,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import ProcessorRejected, ProcessorUnavailable
from accrue_core.testing.contracts.bench import Bench, is_supported, unless_unsupported

LATER = timedelta(days=10)


@pytest.mark.anyio
class SubscribingContract:
    """How subscriptions begin. Give it the fixtures ``processor`` and ``bench``."""

    async def test_a_paid_subscription_is_active_and_brings_what_belongs_to_it(
        self, processor: Processor, bench: Bench
    ) -> None:
        customer, key = await bench.payer(processor), bench.key()
        request = replace(bench.subscription(customer), metadata={"plan": "pro"})
        asked = processor.subscriptions.create(request, key=key)
        answer = await unless_unsupported(processor, Capability.SUBSCRIBE, asked)
        if answer is None:
            return

        subscription = answer.main
        assert isinstance(subscription, SubscriptionSnapshot)
        assert (subscription.customer, subscription.status) == (
            customer,
            SubscriptionStatus.ACTIVE,
        )
        assert [(item.price, item.quantity) for item in subscription.items] == [(bench.price, 1)]
        assert subscription.metadata["plan"] == "pro"
        assert subscription.metadata[OPERATION_METADATA] == key.operation_id
        assert answer.next_action is None
        assert "customer" in {other.noun for other in answer.others}
        fetched = await processor.subscriptions.fetch(subscription.ref)
        assert fetched.main == subscription

    async def test_its_items_have_a_period_that_runs_now(
        self, processor: Processor, bench: Bench
    ) -> None:
        answer = await bench.subscribed(processor)

        for item in answer.main.items:
            assert item.current_period_start is not None
            assert item.current_period_start < item.current_period_end

    async def test_the_same_key_subscribes_once(self, processor: Processor, bench: Bench) -> None:
        request, key = bench.subscription(await bench.payer(processor)), bench.key()

        first = await processor.subscriptions.create(request, key=key)
        again = await processor.subscriptions.create(request, key=key)

        assert again.main.ref == first.main.ref
        assert [item.ref for item in again.main.items] == [item.ref for item in first.main.items]

    async def test_quantity(self, processor: Processor, bench: Bench) -> None:
        request = bench.subscription(await bench.payer(processor), quantity=3)
        asked = processor.subscriptions.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.SUBSCRIBE_WITH_QUANTITY, asked)

        if answer is not None:
            assert [item.quantity for item in answer.main.items] == [3]

    async def test_a_trial_starts_without_a_card(self, processor: Processor, bench: Bench) -> None:
        request = replace(bench.subscription(await bench.customer(processor)), trial_days=14)
        asked = processor.subscriptions.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.SUBSCRIBE_WITH_TRIAL, asked)
        if answer is None:
            return

        assert answer.main.status == SubscriptionStatus.TRIALING
        assert answer.main.trial_end - answer.main.trial_start == timedelta(days=14)

    async def test_collection_by_invoice(self, processor: Processor, bench: Bench) -> None:
        customer = await bench.customer(processor)
        request = replace(bench.subscription(customer), collection="invoice", days_until_due=14)
        asked = processor.subscriptions.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.COLLECT_BY_INVOICE, asked)

        if answer is not None:
            assert answer.main.collection == "invoice"
            assert answer.main.status == SubscriptionStatus.ACTIVE

    async def test_no_invoice_is_sent_to_nobody(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.COLLECT_BY_INVOICE):
            return
        nobody = CreateCustomer(owner=bench.owner())
        customer = (await processor.customers.create(nobody, key=bench.key())).main.ref
        request = replace(bench.subscription(customer), collection="invoice", days_until_due=14)

        with pytest.raises(ProcessorRejected) as refused:
            await processor.subscriptions.create(request, key=bench.key())

        assert refused.value.reason == "no_email"

    async def test_a_declined_first_payment_leaves_it_incomplete(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.declined_payment_method is None:
            pytest.skip("the bench has no card that is declined")
        customer = await bench.payer(processor, bench.declined_payment_method)

        answer = await processor.subscriptions.create(bench.subscription(customer), key=bench.key())

        assert answer.main.status == SubscriptionStatus.INCOMPLETE

    async def test_a_first_payment_that_waits_says_what_the_customer_has_to_do(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.authenticating_payment_method is None:
            pytest.skip("the bench has no card that asks for its customer")
        customer = await bench.payer(processor, bench.authenticating_payment_method)

        answer = await processor.subscriptions.create(bench.subscription(customer), key=bench.key())
        fetched = await processor.subscriptions.fetch(answer.main.ref)

        assert answer.main.status == SubscriptionStatus.INCOMPLETE
        for action in (answer.next_action, fetched.next_action):
            assert action is not None
            assert action.kind == "authenticate"
            assert action.url is not None or action.client_secret is not None

    async def test_what_does_not_exist_is_refused(self, processor: Processor, bench: Bench) -> None:
        customer = await bench.payer(processor)
        unknown_price = replace(bench.subscription(customer).items[0], price="never_made_00000")
        for request in (
            bench.subscription("never_made_00000"),
            replace(bench.subscription(customer), items=(unknown_price,)),
            replace(bench.subscription(customer), payment_method="never_made_00000"),
        ):
            with pytest.raises(ProcessorRejected):
                await processor.subscriptions.create(request, key=bench.key())

    async def test_a_lost_answer_is_not_a_lost_subscription(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.lose_next_answer is None:
            pytest.skip("the bench cannot lose an answer")
        request = bench.subscription(await bench.payer(processor))
        key, since = bench.key(), bench.now()
        assert await processor.find_created(request, key=key, since=since) is None
        await bench.lose_next_answer()
        with pytest.raises(ProcessorUnavailable):
            await processor.subscriptions.create(request, key=key)

        repeated = await processor.subscriptions.create(request, key=key)

        assert repeated.main.status == SubscriptionStatus.ACTIVE
        if processor.recovery["subscriptions.create"].is_findable:
            found = await processor.find_created(request, key=key, since=since)
            assert found is not None
            assert found.main.ref == repeated.main.ref


@pytest.mark.anyio
class EndingContract:
    """How subscriptions end, and how that is undone. The same two fixtures.

    A request and the processor must agree on what was asked for: ``is_met_by`` is false before
    and true after, of the answer and of what is fetched. Recovery relies on nothing else.
    """

    async def test_now(self, processor: Processor, bench: Bench) -> None:
        ref = (await bench.subscribed(processor)).main.ref
        request = CancelSubscription(ref=ref, when="now")

        answer = await self._met(processor, bench, Capability.CANCEL_NOW, request)

        if answer is not None:
            assert answer.main.status == SubscriptionStatus.CANCELED
            assert answer.main.ended_at is not None

    async def test_at_the_end_of_the_period(self, processor: Processor, bench: Bench) -> None:
        subscription = (await bench.subscribed(processor)).main
        request = CancelSubscription(ref=subscription.ref, when="period_end")

        answer = await self._met(processor, bench, Capability.CANCEL_AT_PERIOD_END, request)

        if answer is not None:
            assert answer.main.status == SubscriptionStatus.ACTIVE
            assert answer.main.ended_at is None
            assert answer.main.cancel_at_period_end
            assert answer.main.cancel_at in (None, subscription.items[0].current_period_end)

    async def test_at_a_date(self, processor: Processor, bench: Bench) -> None:
        ref = (await bench.subscribed(processor)).main.ref
        moment = (bench.now() + LATER).replace(microsecond=0)
        request = CancelSubscription(ref=ref, when="at", at=moment)

        answer = await self._met(processor, bench, Capability.CANCEL_AT_DATE, request)

        if answer is not None:
            assert answer.main.cancel_at == moment
            assert not answer.main.cancel_at_period_end

    @pytest.mark.parametrize("when", ["period_end", "at"])
    async def test_a_pending_end_is_undone(
        self, processor: Processor, bench: Bench, when: str
    ) -> None:
        ref = (await bench.subscribed(processor)).main.ref
        ending = CancelSubscription(ref=ref, when="period_end")
        capability = Capability.CANCEL_AT_PERIOD_END
        if when == "at":
            moment = (bench.now() + LATER).replace(microsecond=0)
            ending = CancelSubscription(ref=ref, when="at", at=moment)
            capability = Capability.CANCEL_AT_DATE
        if await self._met(processor, bench, capability, ending) is None:
            return

        answer = await self._met(processor, bench, Capability.KEEP, KeepSubscription(ref=ref))

        if answer is not None:
            assert answer.main.status == SubscriptionStatus.ACTIVE
            assert not ending.is_met_by(answer.main)

    async def test_what_has_ended_cannot_be_ended_or_kept(
        self, processor: Processor, bench: Bench
    ) -> None:
        ref = (await bench.subscribed(processor)).main.ref
        ending = CancelSubscription(ref=ref, when="now")
        if await self._met(processor, bench, Capability.CANCEL_NOW, ending) is None:
            return

        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.cancel(ending, key=bench.key())
        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.keep(KeepSubscription(ref=ref), key=bench.key())

    async def test_a_repeated_end_under_its_key_is_an_answer(
        self, processor: Processor, bench: Bench
    ) -> None:
        ref = (await bench.subscribed(processor)).main.ref
        request, key = CancelSubscription(ref=ref, when="now"), bench.key()
        asked = processor.subscriptions.cancel(request, key=key)
        if await unless_unsupported(processor, Capability.CANCEL_NOW, asked) is None:
            return

        again = await processor.subscriptions.cancel(request, key=key)

        assert request.is_met_by(again.main)

    async def _met(
        self,
        processor: Processor,
        bench: Bench,
        capability: Capability,
        request: CancelSubscription | KeepSubscription,
    ) -> Answer | None:
        before = await processor.subscriptions.fetch(request.ref)
        assert not request.is_met_by(before.main)
        if isinstance(request, CancelSubscription):
            asked = processor.subscriptions.cancel(request, key=bench.key())
        else:
            asked = processor.subscriptions.keep(request, key=bench.key())
        answer = await unless_unsupported(processor, capability, asked)
        after = await processor.subscriptions.fetch(request.ref)
        if answer is None:
            assert after.main == before.main
            return None
        assert answer.main.ref == request.ref
        assert request.is_met_by(answer.main)
        assert request.is_met_by(after.main)
        return answer
