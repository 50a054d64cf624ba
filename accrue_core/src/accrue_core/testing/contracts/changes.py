"""What every processor promises about changes of running subscriptions."""

# ruff: noqa: S101
from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
    PauseSubscription,
    PreviewedChange,
    Proration,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import Answer
from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_core.errors import (
    CardDeclined,
    ProcessorRejected,
    ProcessorUnavailable,
    UnsupportedCapability,
)
from accrue_core.money import Money
from accrue_core.testing.contracts.bench import Bench, is_supported, unless_unsupported

PRORATIONS: tuple[Proration, ...] = ("create_prorations", "always_invoice", "none")


def items_of(snapshot: SubscriptionSnapshot) -> list[tuple[str, int]]:
    """Return what a subscription is for, in a form to compare."""
    return sorted((item.price, item.quantity or 1) for item in snapshot.items)


@pytest.mark.anyio
class ChangingContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_the_items_become_what_was_asked_for(
        self, processor: Processor, bench: Bench
    ) -> None:
        before = await self._subscribed(processor, bench)
        if before is None or bench.other_price is None:
            return
        request = self._to(before, bench.other_price, 3, "none")
        asked = processor.subscriptions.change(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.CHANGE_ITEMS, asked)
        if answer is None:
            return

        assert items_of(answer.main) == [(bench.other_price, 3)]
        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert request.is_met_by(answer.main)
        assert not request.is_met_by(before)
        assert (await processor.subscriptions.fetch(before.ref)).main == answer.main

    async def test_items_are_added_and_removed(self, processor: Processor, bench: Bench) -> None:
        before = await self._subscribed(processor, bench)
        if before is None or bench.other_price is None:
            return
        kept = ItemTarget(ref=before.items[0].ref, price=bench.price)
        added = ItemTarget(price=bench.other_price, quantity=2)
        both = ChangeSubscription(ref=before.ref, items=(kept, added), proration="none")
        asked = processor.subscriptions.change(both, key=bench.key())
        answer = await unless_unsupported(processor, Capability.SEVERAL_ITEMS, asked)
        if answer is None:
            return
        assert items_of(answer.main) == sorted([(bench.price, 1), (bench.other_price, 2)])

        (new,) = [item for item in answer.main.items if item.price == bench.other_price]
        target = ItemTarget(ref=new.ref, price=new.price, quantity=2)
        left = ChangeSubscription(
            ref=before.ref, items=(target,), removed=(before.items[0].ref,), proration="none"
        )
        answer = await processor.subscriptions.change(left, key=bench.key())
        assert items_of(answer.main) == [(bench.other_price, 2)]

    async def test_the_same_key_changes_once(self, processor: Processor, bench: Bench) -> None:
        before = await self._changeable(processor, bench, Capability.CHANGE_WITH_INVOICE)
        if before is None or bench.other_price is None:
            return
        request, key = self._to(before, bench.other_price, 1, "always_invoice"), bench.key()

        first = await processor.subscriptions.change(request, key=key)
        again = await processor.subscriptions.change(request, key=key)

        assert again.main.latest_invoice == first.main.latest_invoice
        assert first.main.latest_invoice != before.latest_invoice

    async def test_what_was_previewed_is_what_is_charged(
        self, processor: Processor, bench: Bench
    ) -> None:
        before = await self._changeable(processor, bench, Capability.CHANGE_WITH_INVOICE)
        if before is None or bench.other_price is None:
            return
        moment = bench.now().replace(microsecond=0)
        request = self._to(before, bench.other_price, 4, "always_invoice", at=moment)
        said = await self._said(processor, request)
        if said is None:
            return
        assert (await processor.subscriptions.fetch(before.ref)).main == before

        answer = await processor.subscriptions.change(request, key=bench.key())

        assert answer.main.latest_invoice is not None
        invoice = (await processor.fetch("invoice", answer.main.latest_invoice)).main
        assert (invoice.total, invoice.amount_due) == (said.total, said.amount_due)
        assert invoice.amount_paid == said.amount_due
        assert [line.amount for line in invoice.lines] == [line.amount for line in said.lines]
        assert said.due_now
        assert said.proration_at == moment

    async def test_lines_add_up(self, processor: Processor, bench: Bench) -> None:
        before = await self._changeable(processor, bench, Capability.PREVIEW_CHANGE)
        if before is None or bench.other_price is None:
            return
        for proration in PRORATIONS:
            request = self._to(before, bench.other_price, 2, proration)
            said = await self._said(processor, request)
            assert said is not None
            lines = sum((line.amount for line in said.lines), Money(0, said.currency))
            assert said.subtotal == lines
            assert said.total == said.subtotal - said.discount + said.tax

    async def test_a_declined_change_has_changed_nothing(
        self, processor: Processor, bench: Bench
    ) -> None:
        before = await self._changeable(processor, bench, Capability.CHANGE_WITH_INVOICE)
        token = bench.declined_payment_method
        if before is None or token is None or bench.other_price is None:
            return
        before = await self._with_card(processor, bench, before, token)
        request = self._to(before, bench.other_price, 5, "always_invoice")

        with pytest.raises(CardDeclined):
            await processor.subscriptions.change(request, key=bench.key())

        after = (await processor.subscriptions.fetch(before.ref)).main
        assert items_of(after) == items_of(before)
        assert after.status == SubscriptionStatus.ACTIVE
        assert after.pending_until is None

    async def test_a_change_waits_for_the_bank(self, processor: Processor, bench: Bench) -> None:
        before = await self._changeable(processor, bench, Capability.CHANGE_WITH_INVOICE)
        token = bench.authenticating_payment_method
        if before is None or token is None or bench.other_price is None:
            return
        before = await self._with_card(processor, bench, before, token)
        request = self._to(before, bench.other_price, 5, "always_invoice")

        answer = await processor.subscriptions.change(request, key=bench.key())

        assert items_of(answer.main) == items_of(before)
        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert answer.main.pending_until is not None
        assert answer.next_action is not None
        assert request.is_met_by(answer.main)
        assert (await processor.subscriptions.fetch(before.ref)).next_action is not None

    async def test_a_lost_answer_is_not_a_lost_change(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.lose_next_answer is None:
            pytest.skip("the bench cannot lose an answer")
        before = await self._changeable(processor, bench, Capability.CHANGE_WITH_INVOICE)
        if before is None or bench.other_price is None:
            return
        request, key = self._to(before, bench.other_price, 2, "always_invoice"), bench.key()
        await bench.lose_next_answer()
        with pytest.raises(ProcessorUnavailable):
            await processor.subscriptions.change(request, key=key)

        seen = (await processor.subscriptions.fetch(before.ref)).main
        assert request.is_met_by(seen)
        repeated = await processor.subscriptions.change(request, key=key)
        assert repeated.main.latest_invoice == seen.latest_invoice

    async def test_what_does_not_exist_is_refused(self, processor: Processor, bench: Bench) -> None:
        before = await self._changeable(processor, bench, Capability.CHANGE_ITEMS)
        if before is None:
            return
        for request in (
            self._to(before, "never_made_00000", 1, "none"),
            ChangeSubscription(
                ref=before.ref,
                items=(ItemTarget(ref="never_made_00000", price=bench.price),),
                proration="none",
            ),
        ):
            with pytest.raises(ProcessorRejected):
                await processor.subscriptions.change(request, key=bench.key())
        assert (await processor.subscriptions.fetch(before.ref)).main == before

    def _to(
        self,
        before: SubscriptionSnapshot,
        price: str,
        quantity: int,
        proration: Proration,
        *,
        at: datetime | None = None,
    ) -> ChangeSubscription:
        target = ItemTarget(ref=before.items[0].ref, price=price, quantity=quantity)
        return ChangeSubscription(
            ref=before.ref,
            items=(target,),
            proration=proration,
            proration_at=at,
        )

    async def _said(
        self, processor: Processor, request: ChangeSubscription
    ) -> PreviewedChange | None:
        asked: Awaitable[PreviewedChange] = processor.subscriptions.preview(request)
        if is_supported(processor, Capability.PREVIEW_CHANGE):
            return await asked
        with pytest.raises(UnsupportedCapability):
            await asked
        return None

    async def _subscribed(self, processor: Processor, bench: Bench) -> SubscriptionSnapshot | None:
        if not is_supported(processor, Capability.SUBSCRIBE):
            return None
        ref = (await bench.subscribed(processor)).main.ref
        snapshot: SubscriptionSnapshot = (await processor.subscriptions.fetch(ref)).main
        return snapshot

    async def _changeable(
        self, processor: Processor, bench: Bench, capability: Capability
    ) -> SubscriptionSnapshot | None:
        if not is_supported(processor, capability):
            return None
        return await self._subscribed(processor, bench)

    async def _with_card(
        self, processor: Processor, bench: Bench, before: SubscriptionSnapshot, token: str
    ) -> SubscriptionSnapshot:
        request = AttachPaymentMethod(customer=before.customer, payment_method=token)
        await processor.payment_methods.attach(request, key=bench.key())
        snapshot: SubscriptionSnapshot = (await processor.subscriptions.fetch(before.ref)).main
        return snapshot


@pytest.mark.anyio
class TrialEndContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_a_trial_ends_when_it_is_said_to(
        self, processor: Processor, bench: Bench
    ) -> None:
        trial = await self._trial(processor, bench)
        if trial is None:
            return
        moment = (bench.now() + timedelta(days=40)).replace(microsecond=0)
        request = SetTrialEnd(ref=trial.ref, trial_end=moment)
        asked = processor.subscriptions.set_trial_end(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.SET_TRIAL_END, asked)
        if answer is None:
            return

        assert answer.main.trial_end == moment
        assert answer.main.status == SubscriptionStatus.TRIALING
        assert request.is_met_by(answer.main)
        assert not request.is_met_by(trial)

    async def test_a_trial_that_ends_now_is_paid_for(
        self, processor: Processor, bench: Bench
    ) -> None:
        trial = await self._trial(processor, bench)
        if trial is None or not is_supported(processor, Capability.SET_TRIAL_END):
            return
        request, key = SetTrialEnd(ref=trial.ref), bench.key()

        answer = await processor.subscriptions.set_trial_end(request, key=key)
        again = await processor.subscriptions.set_trial_end(request, key=key)

        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert again.main.latest_invoice == answer.main.latest_invoice
        invoice = (await processor.fetch("invoice", str(answer.main.latest_invoice))).main
        assert invoice.amount_paid == bench.amount

    async def _trial(self, processor: Processor, bench: Bench) -> SubscriptionSnapshot | None:
        if not is_supported(processor, Capability.SUBSCRIBE_WITH_TRIAL):
            return None
        customer = await bench.payer(processor)
        request = replace(bench.subscription(customer), trial_days=14)
        answer = await processor.subscriptions.create(request, key=bench.key())
        snapshot: SubscriptionSnapshot = answer.main
        return snapshot


@pytest.mark.anyio
class PausingContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_a_pause_keeps_the_status_and_ends(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.SUBSCRIBE):
            return
        ref = (await bench.subscribed(processor)).main.ref
        pause = PauseSubscription(ref=ref, behavior="void")
        asked: Awaitable[Answer] = processor.subscriptions.pause(pause, key=bench.key())
        answer = await unless_unsupported(processor, Capability.PAUSE, asked)
        if answer is None:
            return
        assert answer.main.collection_paused == "void"
        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert pause.is_met_by(answer.main)

        resume = ResumeSubscription(ref=ref)
        answer = await processor.subscriptions.resume(resume, key=bench.key())
        assert answer.main.collection_paused is None
        assert resume.is_met_by(answer.main)
        assert not pause.is_met_by(answer.main)

    async def test_a_pause_until_a_moment_says_so(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.SUBSCRIBE):
            return
        ref = (await bench.subscribed(processor)).main.ref
        moment = (bench.now() + timedelta(days=10)).replace(microsecond=0)
        pause = PauseSubscription(ref=ref, behavior="keep_as_draft", resumes_at=moment)
        asked = processor.subscriptions.pause(pause, key=bench.key())
        answer = await unless_unsupported(processor, Capability.PAUSE_UNTIL, asked)
        if answer is None:
            return

        assert answer.main.collection_resumes_at == moment
        assert (await processor.subscriptions.fetch(ref)).main == answer.main

    async def test_a_whole_pause_is_a_status_and_ends_the_period(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.SUBSCRIBE):
            return
        ref = (await bench.subscribed(processor)).main.ref
        before = (await processor.subscriptions.fetch(ref)).main
        pause, key = PauseSubscription(ref=ref, behavior="none"), bench.key()
        asked = processor.subscriptions.pause(pause, key=key)
        answer = await unless_unsupported(processor, Capability.PAUSE_WHOLE, asked)
        if answer is None:
            return
        again = await processor.subscriptions.pause(pause, key=key)

        assert answer.main.status == SubscriptionStatus.PAUSED
        assert answer.main.collection_paused is None
        assert answer.main.latest_invoice == before.latest_invoice
        assert answer.main.items[0].current_period_end < before.items[0].current_period_end
        assert pause.is_met_by(answer.main)
        assert not pause.is_met_by(before)
        assert (again.main, (await processor.subscriptions.fetch(ref)).main) == (answer.main,) * 2

    async def test_who_goes_on_pays_for_a_period_less_what_was_not_used(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.PAUSE_WHOLE):
            return
        ref = (await bench.subscribed(processor)).main.ref
        if bench.pass_time is not None:
            await bench.pass_time(bench.now() + timedelta(days=10))
        pause = PauseSubscription(ref=ref, behavior="none")
        rests = (await processor.subscriptions.pause(pause, key=bench.key())).main
        resume, key = ResumeSubscription(ref=ref), bench.key()

        answer = await processor.subscriptions.resume(resume, key=key)
        again = await processor.subscriptions.resume(resume, key=key)

        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert (resume.is_met_by(answer.main), resume.is_met_by(rests)) == (True, False)
        assert again.main.latest_invoice == answer.main.latest_invoice != rests.latest_invoice
        assert answer.main.items[0].current_period_start >= rests.items[0].current_period_end
        invoice = (await processor.fetch("invoice", str(answer.main.latest_invoice))).main
        credit = sum(
            (line.amount for line in invoice.lines if line.is_proration),
            Money(0, bench.amount.currency),
        )
        assert -bench.amount <= credit < Money(0, bench.amount.currency)
        assert invoice.amount_paid == invoice.total == bench.amount + credit
