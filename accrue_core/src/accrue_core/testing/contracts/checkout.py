"""What every processor promises about checkout sessions and about its portal."""

# ruff: noqa: S101
from __future__ import annotations

from collections.abc import Awaitable

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.checkout import (
    CheckoutSessionSnapshot,
    CheckoutStatus,
    CreateCheckoutSession,
)
from accrue_core.contracts.portal import CreatePortalSession, PortalSession
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Answer
from accrue_core.contracts.subscriptions import (
    NewItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import ProcessorRejected, ProcessorUnavailable, UnsupportedCapability
from accrue_core.testing.contracts.bench import Bench, is_supported, unless_unsupported

SUCCESS = "https://app.example.com/done?session={CHECKOUT_SESSION_ID}"
CANCEL = "https://app.example.com/plans"


@pytest.mark.anyio
class CheckoutContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_an_open_session_leads_to_its_page(
        self, processor: Processor, bench: Bench
    ) -> None:
        request = await self._request(processor, bench)
        answer = await self._created(processor, bench, request)
        if answer is None:
            return

        session = answer.main
        assert isinstance(session, CheckoutSessionSnapshot)
        assert session.status == CheckoutStatus.OPEN
        assert session.customer == request.customer
        assert session.subscription is None
        assert answer.next_action is not None
        assert answer.next_action.kind == "redirect"
        assert answer.next_action.url is not None
        assert session.ref not in repr(answer.next_action)
        fetched = await processor.fetch("checkout_session", session.ref)
        assert fetched.main == session
        assert fetched.next_action is not None
        assert fetched.next_action.url == answer.next_action.url

    async def test_opening_one_starts_nothing(self, processor: Processor, bench: Bench) -> None:
        request = await self._request(processor, bench)
        answer = await self._created(processor, bench, request)
        if answer is None:
            return

        assert [other for other in answer.others if other.noun == "subscription"] == []

    async def test_the_same_key_opens_one(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.CHECKOUT):
            return
        request, key = await self._request(processor, bench), bench.key()

        first = await processor.checkout.create(request, key=key)
        again = await processor.checkout.create(request, key=key)

        assert again.main.ref == first.main.ref

    async def test_what_does_not_exist_is_refused(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.CHECKOUT):
            return
        good = await self._request(processor, bench)
        for request in (
            self._for("never_made_00000", bench.price),
            self._for(good.customer, "never_made_00000"),
        ):
            with pytest.raises(ProcessorRejected):
                await processor.checkout.create(request, key=bench.key())

    async def test_a_lost_answer_is_not_a_lost_session(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.lose_next_answer is None:
            pytest.skip("the bench cannot lose an answer")
        if not is_supported(processor, Capability.CHECKOUT):
            return
        request = await self._request(processor, bench)
        key, since = bench.key(), bench.now()
        await bench.lose_next_answer()
        with pytest.raises(ProcessorUnavailable):
            await processor.checkout.create(request, key=key)

        repeated = await processor.checkout.create(request, key=key)

        assert processor.recovery["checkout.create"].is_findable
        found = await processor.find_created(request, key=key, since=since)
        assert found is not None
        assert found.main.ref == repeated.main.ref

    async def test_a_completed_one_brings_what_came_of_it(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.complete_checkout is None:
            pytest.skip("the bench cannot act on a checkout page")
        request, key = await self._request(processor, bench, metadata={"seat": "7"}), bench.key()
        opened = await processor.checkout.create(request, key=key)
        await bench.complete_checkout(opened)

        answer = await processor.fetch("checkout_session", opened.main.ref)

        assert answer.main.status == CheckoutStatus.COMPLETE
        assert answer.next_action is None
        (subscription,) = [other for other in answer.others if other.noun == "subscription"]
        assert isinstance(subscription, SubscriptionSnapshot)
        assert subscription.ref == answer.main.subscription
        assert subscription.status == SubscriptionStatus.ACTIVE
        assert subscription.customer == request.customer
        assert [item.price for item in subscription.items] == [bench.price]
        assert subscription.metadata["seat"] == "7"
        assert subscription.metadata[OPERATION_METADATA] == key.operation_id
        assert {other.noun for other in answer.others} >= {"invoice", "payment_method"}

    async def test_a_trial_is_started_on_the_page(self, processor: Processor, bench: Bench) -> None:
        request = await self._request(processor, bench, trial_days=14)
        asked = processor.checkout.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.CHECKOUT_WITH_TRIAL, asked)
        if answer is None or bench.complete_checkout is None:
            return
        await bench.complete_checkout(answer)

        completed = await processor.fetch("checkout_session", answer.main.ref)

        (subscription,) = [other for other in completed.others if other.noun == "subscription"]
        assert subscription.status == SubscriptionStatus.TRIALING
        assert subscription.trial_end is not None

    async def _created(
        self, processor: Processor, bench: Bench, request: CreateCheckoutSession
    ) -> Answer | None:
        asked = processor.checkout.create(request, key=bench.key())
        return await unless_unsupported(processor, Capability.CHECKOUT, asked)

    async def _request(
        self,
        processor: Processor,
        bench: Bench,
        *,
        trial_days: int | None = None,
        metadata: dict[str, str] | None = None,
    ) -> CreateCheckoutSession:
        supported = is_supported(processor, Capability.CREATE_CUSTOMER)
        customer = await bench.customer(processor) if supported else "never_made_00000"
        return self._for(customer, bench.price, trial_days=trial_days, metadata=metadata)

    def _for(
        self,
        customer: str,
        price: str,
        *,
        trial_days: int | None = None,
        metadata: dict[str, str] | None = None,
    ) -> CreateCheckoutSession:
        return CreateCheckoutSession(
            customer=customer,
            items=(NewItem(price=price),),
            success_url=SUCCESS,
            cancel_url=CANCEL,
            trial_days=trial_days,
            metadata=metadata or {},
        )


@pytest.mark.anyio
class PortalContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_a_session_leads_to_the_portal(self, processor: Processor, bench: Bench) -> None:
        session = await self._opened(processor, bench)
        if session is None:
            return

        assert session.url.reveal().startswith("http")
        assert session.url.reveal() not in repr(session)

    async def test_two_sessions_are_two(self, processor: Processor, bench: Bench) -> None:
        first = await self._opened(processor, bench)
        second = await self._opened(processor, bench)
        if first is None or second is None:
            return

        assert first.url != second.url

    async def test_it_opens_on_the_end_of_a_subscription(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.BILLING_PORTAL):
            return
        subscription = (await bench.subscribed(processor)).main
        request = CreatePortalSession(
            customer=subscription.customer,
            return_url=CANCEL,
            flow="subscription_cancel",
            subscription=subscription.ref,
        )

        session = await processor.portal.create(request, key=bench.key())

        assert session.url.reveal()

    async def test_nobody_has_no_portal(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.BILLING_PORTAL):
            return
        request = CreatePortalSession(customer="never_made_00000", return_url=CANCEL)
        with pytest.raises(ProcessorRejected):
            await processor.portal.create(request, key=bench.key())

    async def _opened(self, processor: Processor, bench: Bench) -> PortalSession | None:
        if not is_supported(processor, Capability.BILLING_PORTAL):
            request = CreatePortalSession(customer="never_made_00000", return_url=CANCEL)
            await self._refused(processor.portal.create(request, key=bench.key()))
            return None
        request = CreatePortalSession(customer=await bench.customer(processor), return_url=CANCEL)
        return await processor.portal.create(request, key=bench.key())

    async def _refused(self, asked: Awaitable[PortalSession]) -> None:
        with pytest.raises(UnsupportedCapability):
            await asked
